"""GraphML, in any namespace or none: nested graphs are read with the graph that holds them."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple
from xml.etree import ElementTree

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.guards.entities import refuse_entities
from latentlink.models.sources.formats.networks.network import Attributes, Link, Network, Node, network
from latentlink.models.wording import MOST_LISTED, count, listed, listed_names

_WHOLE, _REAL = ("int", "integer", "long", "short"), ("float", "double", "real")
_KINDS = ("node", "edge", "hyperedge", "graph", "NodeLabel", "EdgeLabel")
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
Element = ElementTree.Element


class Key(NamedTuple):
    """An attribute that the file declares: of nodes or edges (or all), its name, type and default text."""

    domain: str
    name: str
    kind: str
    default: str | None


def read_graphml(path: Path, file: BinaryIO) -> Network:
    """Read the one graph of a file; entities are refused before anything expands them.

    Raises:
        DataError: it isn't XML or no GraphML, has several graphs or hyperedges, or a value isn't of its declared type.
    """
    refuse_entities(path, file)
    file.seek(0)
    try:
        root = ElementTree.parse(file).getroot()
    except ElementTree.ParseError as error:
        raise DataError(f"{path}: expected XML, found {str(error)!r}; write the file again, whole") from None
    graph = _only_graph(path, root)
    keys = {element.get("id", ""): _key(element) for element in root.iter() if _local(element) == "key"}
    elements = {kind: [e for e in graph.iter() if _local(e) == kind] for kind in _KINDS}
    if elements["hyperedge"]:
        raise DataError(
            f"{path}: expected links between two nodes, found {len(elements['hyperedge']):,} hyperedges; write each as links"
        )
    nodes = [Node(_required(path, e, "id"), _attributes(path, e, "node", keys)) for e in elements["node"]]
    links = [
        Link(_required(path, e, "source"), _required(path, e, "target"), _attributes(path, e, "edge", keys))
        for e in elements["edge"]
    ]
    notes = (*_nested(elements["graph"]), *_labels(elements))
    return network(path, nodes, links, notes, directions=_directions(graph, elements["edge"]))


def _only_graph(path: Path, root: Element) -> Element:
    graphs = [child for child in root if _local(child) == "graph"]
    if _local(root) != "graphml" or not graphs:
        raise DataError(f"{path}: expected a <graph> in <graphml>, found <{_local(root)}>; write the file as GraphML")
    if len(graphs) > 1:
        sizes = listed(
            f"{g.get('id')!r} with {count(sum(_local(e) == 'node' for e in g.iter()), 'node')}" for g in graphs
        )
        raise DataError(f"{path}: expected one graph, found {len(graphs)}: {sizes}; write each to a file of its own")
    return graphs[0]


def _key(element: Element) -> Key:
    default = next((child.text or "" for child in element if _local(child) == "default"), None)
    name = element.get("attr.name") or element.get("id") or ""
    return Key(element.get("for", "all"), name, (element.get("attr.type") or "string").strip().lower(), default)


def _attributes(path: Path, element: Element, domain: str, keys: Mapping[str, Key]) -> Attributes:
    """Those of a node or an edge, defaults among them; data that hold more XML, as yFiles writes them, are left out."""
    own = {child.get("key", ""): child for child in element if _local(child) == "data" and len(child) == 0}
    if unknown := own.keys() - keys.keys():
        known = listed_names(keys, MOST_LISTED) or "none"
        raise DataError(
            f"{path}, {_called(element)}: expected data of a declared key ({known}), found {min(unknown)!r}; declare it in <key>"
        )
    texts = {
        key: own[name].text or "" if name in own else key.default
        for name, key in keys.items()
        if name in own or (key.default is not None and key.domain in (domain, "all"))
    }
    return {key.name: _value(path, element, key, text) for key, text in texts.items() if text is not None}


def _value(path: Path, element: Element, key: Key, text: str) -> object:
    """A text as the value of its declared type; an empty one is missing, blanks around numbers and truth values don't count."""
    bare = text.strip()
    if key.kind not in (*_WHOLE, *_REAL, "boolean", "bool"):
        return text
    if not bare:
        return None
    try:
        if key.kind in _WHOLE:
            return int(bare)
        return float(bare) if key.kind in _REAL else _TRUTH[bare.lower()]
    except (ValueError, KeyError):
        raise DataError(
            f"{path}, {_called(element)}: {key.name}: expected a value of type {key.kind}, found {text!r}; correct it"
        ) from None


def _directions(graph: Element, edges: Iterable[Element]) -> Iterator[bool]:
    """Whether each link is directed: GraphML says so of it, or of all by default."""
    usual = "true" if graph.get("edgedefault") == "directed" else "false"
    return (_TRUTH.get(edge.get("directed", usual).strip().lower(), False) for edge in edges)


def _nested(graphs: list[Element]) -> list[str]:
    """A note on graphs inside of nodes; the first of `graphs` is the whole."""
    inner = {id(e) for graph in graphs[1:] for e in graph.iter() if _local(e) == "node"}
    note = (
        f"Nested graphs ({len(graphs) - 1:,}, with {count(len(inner), 'node')}) are read as parts of the whole graph."
    )
    return [note] * (len(graphs) > 1)


def _labels(elements: Mapping[str, list[Element]]) -> list[str]:
    """A note on the texts that yEd draws beside nodes and links."""
    nodes, links = (
        sum(bool("".join(label.itertext()).strip()) for label in elements[kind]) for kind in ("NodeLabel", "EdgeLabel")
    )
    note = (
        f"Labels that yEd draws, {nodes:,} of nodes and {links:,} of links, are not read, and nodes are called by their ids; to "
        "read them, write them as <data> of a key of their own, as yEd's custom properties are."
    )
    return [note] * (nodes + links > 0)


def _required(path: Path, element: Element, name: str) -> str:
    value = element.get(name)
    if value is None:
        raise DataError(f"{path}, {_called(element)}: expected an attribute {name!r}, found none; add it")
    return value


def _called(element: Element) -> str:
    """What a message calls a node or an edge."""
    if _local(element) == "node":
        return f"node {element.get('id')!r}"
    return f"edge {element.get('source')!r} - {element.get('target')!r}"


def _local(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]
