"""GML: text of keys and values, where `[` begins a list of more of them."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.networks.decoded import decoded
from latentlink.models.sources.formats.networks.network import Attributes, Link, Network, Node, network
from latentlink.models.sources.formats.numbers import parsed
from latentlink.models.wording import MOST_LISTED, listed_names

_TOKEN = re.compile(
    r'(?P<text>"[^"]*")|(?P<open>\[)|(?P<close>\])|(?P<comment>#[^\n]*)|(?P<word>[^\s\[\]"]+)|(?P<other>\S)'
)
_DEEPEST = 100  # lists in lists
_SINGLE = "_networkx_list_start"  # what networkx writes before the only entry of a list
_EMPTY = ("[]", "()")
Token = tuple[str, str, int]  # kind, text, line
Pairs = list[tuple[str, object]]


def read_gml(path: Path, file: BinaryIO) -> Network:
    """Read the one graph of a file; parallel links need no `multigraph 1`, since repeated links are merged.

    Nodes are called by their labels if all have one, else by their numbers.

    Raises:
        DataError: it is no GML, has several graphs, or a node has no id or a label of another.
    """
    content = _Reader(path, decoded(path, file)).pairs()
    graphs = [value for key, value in content if key == "graph" and isinstance(value, list)]
    if len(graphs) != 1:
        raise DataError(f"{path}: expected one `graph [ … ]`, found {len(graphs)}; write each to a file of its own")
    graph: Pairs = graphs[0]
    nodes = [_attributes(value) for key, value in graph if key == "node"]
    labels = [str(node.get("label", "")) for node in nodes]
    links = [_attributes(value) for key, value in graph if key == "edge"]
    numbers = [_required(path, "node", place, node, "id") for place, node in enumerate(nodes, 1)]
    names = labels if all(labels) and len(set(numbers)) == len(numbers) else numbers
    called = dict(zip(numbers, names, strict=True))
    ends = [
        [_required(path, "edge", place, link, end) for end in ("source", "target")]
        for place, link in enumerate(links, 1)
    ]
    return network(
        path,
        [
            Node(name, _without(node, "id", *["label"] * (names is labels)))
            for name, node in zip(names, nodes, strict=True)
        ],
        [
            Link(called.get(one, f"id {one}"), called.get(other, f"id {other}"), _without(link, "source", "target"))
            for (one, other), link in zip(ends, links, strict=True)
        ],
        directions=[dict(graph).get("directed", 0) == 1],
    )


class _Reader:
    """The keys and values of a text, in order."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._text, self._line = path, text, 1
        self._tokens = self._scan()

    def pairs(self, depth: int = 0) -> Pairs:
        """Up to the end of the list, or of the text where `depth` is 0."""
        found: Pairs = []
        while (token := next(self._tokens, None)) and token[0] != "close":
            if token[0] != "word":
                self._refuse("a key", token)
            found.append((token[1], self._value(token[1], depth)))
        if (token is None) != (depth == 0):
            self._refuse("as many [ as ]", token)
        return found

    def _value(self, key: str, depth: int) -> object:
        token = next(self._tokens, None)
        if token is None or depth > _DEEPEST:
            self._refuse(f"a value of {key!r}", token)
        kind, text, _ = token
        if kind == "open":
            return self.pairs(depth + 1)
        if kind == "text":
            return [] if text[1:-1] in _EMPTY else html.unescape(text[1:-1])
        if (number := _number(text)) is not None:
            return number
        return self._refuse(f"a number or a text in quotes as the value of {key!r}", token)

    def _scan(self) -> Iterator[Token]:
        at = 0
        for match in _TOKEN.finditer(self._text):
            self._line += self._text.count("\n", at, match.start())
            at = match.start()
            if match.lastgroup != "comment":
                yield str(match.lastgroup), match.group(), self._line

    def _refuse(self, expected: str, token: Token | None) -> NoReturn:
        found = "the end of the file" if token is None else repr(token[1])
        raise DataError(f"{self._path}, line {self._line}: expected {expected}, found {found}; correct the line")


def _number(text: str) -> float | None:
    """A whole or a real number, or None."""
    try:
        return int(text)
    except ValueError:
        return parsed(text)


def _attributes(pairs: object) -> dict[str, object]:
    """Keys with their values; a key that is repeated has a list of them."""
    lists: dict[str, list[object]] = {}
    for key, value in pairs if isinstance(pairs, list) else []:
        lists.setdefault(key, []).append(value)
    return {
        key: values[0] if len(values) == 1 else [value for value in values if value != _SINGLE]
        for key, values in lists.items()
    }


def _required(path: Path, what: str, place: int, attributes: Attributes, key: str) -> str:
    value = attributes.get(key)
    if isinstance(value, list | None):
        found = listed_names(attributes, MOST_LISTED) or "nothing"
        raise DataError(f"{path}, {what} {place}: expected one {key!r}, found {found}; add it")
    return str(value)


def _without(attributes: Attributes, *keys: str) -> Attributes:
    return {key: value for key, value in attributes.items() if key not in keys}
