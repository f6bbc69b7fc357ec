"""Pajek: a list of vertices, and sections of arcs and edges, of lists of them, or with a matrix."""

import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.guards.library import reading
from latentlink.models.sources.formats.networks.network import Link, Network, Node, network

_SECTION = re.compile(r"\*(network|vertices|arcslist|edgeslist|arcs|edges|matrix)\b(.*)\n?", re.IGNORECASE)
_LEAST = 1 << 20  # vertices that a file of any length may have


def read_pajek(path: Path, file: BinaryIO) -> Network:
    """Read the one network of a file; partitions and vectors behind it, and places and shapes of vertices, are not read.

    Vertices are called by their labels, else by their numbers; old files are Latin-1. Edges have no direction.

    Raises:
        DataError: it has no or several networks, a label stands twice, or an end of a link is no vertex.
    """
    content = file.read()
    with reading(path, "a network of Pajek"):
        sections = _sections(content)
        lists = [(int(words[0]), body) for kind, words, body in sections if kind == "vertices"]
        if len(lists) != 1 or lists[0][0] > max(_LEAST, len(content)):
            sizes = " and ".join(f"{size:,}" for size, _ in lists) or "none"
            raise DataError(f"{path}: expected one *Vertices with their number, found {sizes}; write a file a network")
        [(size, lines)] = lists
        listed = [(2 * shlex.split(line))[:2] for line in lines]
        names = {str(number): str(number) for number in range(1, size + 1)} | dict(listed)
        if len(names) > size or len({number for number, _ in listed}) < len(listed):
            raise DataError(f"{path}: expected vertices 1 to {size:,}, each once, found others; correct *Vertices")
        links, directions = list[Link](), set[bool]()
        for kind, words, body in sections:
            for one, other, attributes in _links(kind, words, body):
                source, target = (names.get(number, f"number {number}") for number in (one, other))
                links.append(Link(source, target, attributes))
                directions.add(not kind.startswith("edges"))
    return network(path, [Node(name, {}) for name in names.values()], links, directions=directions)


def _sections(content: bytes) -> list[tuple[str, list[str], list[str]]]:
    """The kind of each section of the network, the words behind it, and its lines."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    text = "\n".join(line for line in text.splitlines() if line.strip() and not line.startswith("%"))
    parts = (_SECTION.match(part) for part in re.split(r"(?m)^(?=\*)", text) if part)
    return [(m[1].lower(), shlex.split(m[2]), m.string[m.end() :].splitlines()) for m in takewhile(bool, parts) if m]


def _links(kind: str, words: list[str], body: list[str]) -> Iterator[Link]:
    """The links of a section between numbers of vertices; of `*Arcs :2 "likes"` the relation is `likes`."""
    facts: dict[str, object] = {"relation": words[-1].strip(":")} if words else {}
    for number, row in enumerate(map(shlex.split, body), 1):
        if kind == "matrix":
            weights = enumerate(map(float, row), 1)
            yield from (Link(str(number), str(at), {**facts, "weight": weight}) for at, weight in weights if weight)
        elif kind.endswith("list"):
            yield from (Link(row[0], other, facts) for other in row[1:])
        elif kind in ("arcs", "edges"):
            yield Link(row[0], row[1], {**facts, "weight": float(row[2])} if len(row) > 2 else facts)
