"""Graphs in JSON: networkx's node-link data, D3, graphology, Cytoscape.js, vis.js and JSON Graph Format."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.networks.network import Attributes, Link, Network, Node, network
from latentlink.models.sources.formats.unread import json_lines
from latentlink.models.wording import MOST_LISTED, listed_names, shortened

Object = dict[str, Any]  # what others wrote
_IDS = ("id", "key", "name", "label")  # what may identify a node, in this order
_ENDS = ("source", "target", "from", "to")
_NESTED = ("data", "attributes", "metadata", "properties")  # where some programs keep the attributes
_TYPES = {"directed": True, "mixed": True, "undirected": False}  # graphology's, of links that don't say it themselves
_WRITE = 'write it as {"nodes": [{"id": "a"}, ...], "links": [{"source": "a", "target": "b"}, ...]}'


def read_json(path: Path, file: BinaryIO) -> Network:
    """Read nodes and links; the ends of a link are ids (or keys, names, labels) of nodes, or their places in the list.

    Raises:
        DataError: it is no JSON, an object has a key twice, there are no lists of nodes and links, a node has no id, or the
            ends of the links are no nodes.
    """
    data = _parsed(path, file)
    nodes, links, directions = _parts(path, data)
    ends = [_ends(path, place, link) for place, link in enumerate(links, 1)]
    key, places = _identified(path, nodes, ends)
    names = [str(row) if key is None else _text(path, f"node {row + 1}", node[key]) for row, node in enumerate(nodes)]

    def called(end: Any) -> str:
        return _at(names, end) if places else _end(path, end, key)

    return network(
        path,
        [Node(name, _without(node, str(key))) for name, node in zip(names, nodes, strict=True)],
        [
            Link(called(one), called(other), _without(link, "id", "key", *_ENDS))
            for (one, other), link in zip(ends, links, strict=True)
        ],
        _note(key, nodes, places=places),
        directions=directions,
    )


def _parsed(path: Path, file: BinaryIO) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> Object:
        found = dict(pairs)
        if len(found) < len(pairs):
            [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
            raise DataError(f"{path}: expected each key of an object once, found {twice!r} twice; drop one of them")
        return found

    try:
        return json.loads(file.read(), object_pairs_hook=once)
    except RecursionError:
        raise DataError(f"{path}: expected nodes and links, found lists too deep to be read; {_WRITE}") from None
    except json.JSONDecodeError as error:
        way = _lines(path) if error.msg == "Extra data" else "write the file again, whole"
        raise DataError(f"{path}: expected JSON, found {str(error)!r}; {way}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: text: expected UTF-8, found other bytes; save it as UTF-8") from None


def _lines(path: Path) -> str:
    return f"for one link a line or a list of links: {json_lines(path)}"


def _parts(path: Path, data: Any) -> tuple[list[Object], list[Object], set[bool]]:
    """Nodes and links with their attributes at one level, and what is said of the links: whether they are directed."""
    if isinstance(data, list):
        raise DataError(f"{path}: expected an object with nodes and links, found a list; {_lines(path)}")
    outer = data if isinstance(data, dict) else {}
    body = next((outer[key] for key in ("graph", "elements") if _has_nodes(outer.get(key))), outer)
    if isinstance(body, list):  # Cytoscape.js may write nodes and edges as one list.
        mixed = [_flat(element) for element in body if isinstance(element, dict)]
        body = {"nodes": [e for e in mixed if "source" not in e], "edges": [e for e in mixed if "source" in e]}
    nodes = body.get("nodes")
    if isinstance(nodes, dict):  # JSON Graph Format: ids are the keys.
        nodes = [{"id": key, **(node if isinstance(node, dict) else {})} for key, node in nodes.items()]
    lists = [body[key] for key in ("edges", "links") if isinstance(body.get(key), list)]
    links = next((entries for entries in lists if entries), lists[0] if lists else None)
    if not isinstance(nodes, list) or links is None or sum(map(bool, lists)) > 1:
        found = listed_names(outer, MOST_LISTED) or shortened(json.dumps(data))
        raise DataError(f'{path}: expected lists "nodes" and "edges" (or "links", not both), found {found}; {_WRITE}')
    links = [_flat(link) if isinstance(link, dict) else {} for link in links]
    return (
        [_flat(node) if isinstance(node, dict) else {"id": node} for node in nodes],
        links,
        _directions(outer, body, links),
    )


def _has_nodes(value: object) -> bool:
    """Whether this is the part that holds nodes: an object, or Cytoscape's list of elements."""
    if isinstance(value, list):
        return any(isinstance(entry, dict) and "data" in entry for entry in value)
    return isinstance(value, dict) and "nodes" in value


def _flat(element: Object) -> Object:
    """The attributes with those that stand one level below, as Cytoscape.js, graphology and JSON Graph Format write them."""
    nested = next((element[key] for key in _NESTED if isinstance(element.get(key), dict)), None)
    if nested is None:
        return element
    own = {} if "data" in element else {k: v for k, v in element.items() if k not in _NESTED}
    return {**nested, **own}


def _directions(outer: Object, body: Object, links: Sequence[Object]) -> set[bool]:
    """Whether links are directed, as each says itself, or graphology's type or a member `directed` says of all."""
    options = outer.get("options")
    usual = _TYPES.get(str(options.get("type"))) if isinstance(options, dict) else None
    for part in (outer, body):
        usual = part["directed"] if isinstance(part.get("directed"), bool) else usual
    return {said for link in links if (said := _says(link, usual)) is not None}


def _says(link: Object, usual: bool | None) -> bool | None:
    """Whether a link is directed: graphology says `undirected` of it, JSON Graph Format `directed`."""
    if isinstance(link.get("undirected"), bool):
        return not link["undirected"]
    return link["directed"] if isinstance(link.get("directed"), bool) else usual


def _ends(path: Path, place: int, link: Object) -> tuple[Any, Any]:
    """The two ends as the link gives them."""
    for one, other in (_ENDS[:2], _ENDS[2:]):
        if one in link and other in link:
            return link[one], link[other]
    found = listed_names(link, MOST_LISTED) or "none"
    raise DataError(
        f'{path}, link {place}: expected "source" and "target" (or "from" and "to"), found {found}; add them'
    )


def _identified(path: Path, nodes: Sequence[Object], ends: Sequence[tuple[Any, Any]]) -> tuple[str | None, bool]:
    """The key that identifies nodes, and whether the links give places in the list of nodes instead.

    It is the first that all nodes have and that the links use; where they use none, as in D3, an id, or what differs between
    all nodes. No key stands for the places.
    """
    having = sum("id" in node for node in nodes)
    if 0 < having < len(nodes):
        raise DataError(
            f"{path}: expected an id at every node, found none at {len(nodes) - having:,} of {len(nodes):,}; add it"
        )
    keys = [key for key in _IDS if nodes and all(key == "id" or isinstance(node.get(key), str | int) for node in nodes)]
    if not having:
        keys = [key for key in keys if key != "id"]
    names = {key: {_text(path, f"node {place}", node[key]) for place, node in enumerate(nodes, 1)} for key in keys}
    flat = [end for pair in ends for end in pair]
    for key, known in names.items():
        if all(_end(path, end, key) in known for end in flat):
            return key, False
    distinct = next((key for key in keys if key == "id" or len(names[key]) == len(nodes)), None)
    whole = all(isinstance(end, int) and not isinstance(end, bool) for end in flat)
    return distinct, whole and (distinct != "id" or all(0 <= end < len(nodes) for end in flat))


def _note(key: str | None, nodes: Sequence[Object], *, places: bool) -> list[str]:
    """What isn't the usual way to name the ends of links."""
    if places and key is not None:
        return [f"Links give places in the list of nodes, from 0; nodes are called by their {key!r}."]
    usual = key in (None, "id", "key") or "id" not in nodes[0]
    return [] if usual else [f"Links call nodes by their {key!r}, not by their 'id'."]


def _at(names: Sequence[str], place: int) -> str:
    return names[place] if 0 <= place < len(names) else f"place {place}"


def _end(path: Path, value: Any, key: str | None) -> str:
    """The end of a link as text; D3 puts the whole node there."""
    if isinstance(value, dict) and key in value:
        value = value[key]
    return _text(path, "link", value)


def _without(element: Object, *keys: str) -> Attributes:
    return {key: value for key, value in element.items() if key not in keys}


def _text(path: Path, what: str, value: Any) -> str:
    if isinstance(value, list):
        return str(tuple(value))  # networkx writes ids that are tuples as lists
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise DataError(
            f"{path}, {what}: expected an id, a text or a number, found {shortened(str(value))!r}; correct it"
        )
    return str(value)
