"""Whole graphs in GraphML, GML and node-link JSON, parsed by networkx, plain or with .gz behind the name.

Ids are `str(node)`, links lose their direction, and attributes that every node has become features. What a parser
refuses is a `DataError` that names the file and quotes the parser's message with its line.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.parsers import expat

import networkx as nx
import numpy as np

from latentlink.models.arrays import Float32, Float64
from latentlink.models.errors import DataError
from latentlink.models.graph.columns import Column, Columns
from latentlink.models.sources.formats.moments import Moments
from latentlink.models.sources.formats.numbers import LARGEST, SMALLEST
from latentlink.models.sources.formats.rows import File, format_suffix, opened
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, EdgeTable

Attributes = Mapping[str, object]


def read_network(path: Path, columns: EdgeColumns = COLUMNS) -> EdgeTable:
    """Read a graph of any kind that networkx knows as an undirected one.

    Args:
        path: a .graphml, .gml or .json file, also with .gz behind it.
        columns: attributes of the edges with weights and times; without a name "weight" is taken if every edge has it.
            The ends of a link have no names in a graph file.

    Returns:
        All nodes in the file's order, those without links too; columns are the attributes that every node has, in sorted
        order, if they are numbers (or true and false), texts, or lists of texts and whole numbers; null, and NaN among
        numbers, are missing values. Notes name directions, attributes and weights that were left out.

    Raises:
        DataError: the file can't be read or parsed, ids coincide as strings, or a weight or feature isn't finite.
    """
    if columns[:2] != COLUMNS[:2]:
        raise DataError(
            f"{path}: expected a table beside --source and --target, found {format_suffix(path)!r}; drop them"
        )
    network = _parsed(path)
    row_of = {node: row for row, node in enumerate(network)}
    links = list(network.edges(data=True))
    if not links:
        raise DataError(f"{path}: expected edges, found {len(row_of):,} nodes without; add some")
    weights, weight_notes = _weights(path, links, columns.weight)
    facts, column_notes = _columns(path, dict(network.nodes(data=True)))
    directed = network.is_directed()
    return EdgeTable(
        ids=_ids(path, network),
        pairs=np.array([(row_of[one], row_of[other]) for one, other, _ in links], np.int64),
        weights=weights,
        times=None if columns.time is None else _times(path, links, columns.time),
        columns=facts,
        notes=(*_directed_notes(directed=directed), *weight_notes, *column_notes),
    )


def _parsed(path: Path) -> Any:
    """The graph as networkx reads it."""
    parse = NETWORKS[format_suffix(path)]
    try:
        with opened(path) as file:
            return parse(path, file)
    except DataError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{path}: expected a readable file, found {reason!r}; check the path") from None
    except Exception as error:  # The parsers raise anything.
        kind = format_suffix(path)[1:]
        raise DataError(
            f"{path}: expected a graph in {kind}, found {type(error).__name__} {str(error)!r}; "
            f"write it again, for instance with networkx"
        ) from None


def _graphml(path: Path, file: File) -> Any:
    """GraphML; entities are refused before anything expands them."""
    _refuse_entities(path, file)
    file.seek(0)
    return nx.read_graphml(file, node_type=str)


def _refuse_entities(path: Path, file: File) -> None:
    """Read up to the first element: entities are declared before it or nowhere."""
    parser = expat.ParserCreate()
    started = False

    def start(*_: object) -> None:
        nonlocal started
        started = True

    def refuse(name: str, *_: object) -> None:
        raise DataError(
            f"{path}, line {parser.CurrentLineNumber}: entity: expected none declared, found {name!r}; "
            "write its text where it is used"
        )

    parser.StartElementHandler = start
    parser.EntityDeclHandler = refuse
    with contextlib.suppress(expat.ExpatError):  # The parser of the whole file gives the better message.
        while not started and (chunk := file.read(1 << 16)):
            parser.Parse(chunk)


def _gml(_: Path, file: File) -> Any:
    """GML; nodes are called by their labels if all have one, else by their numbers."""
    network = nx.read_gml(file, label="id")
    labels = [attributes.pop("label", None) for _, attributes in network.nodes(data=True)]
    if None in labels:
        return network
    if len(set(labels)) < len(labels):
        raise ValueError("a label that stands at two nodes")
    return nx.relabel_nodes(network, dict(zip(network, labels, strict=True)))


def _json(_: Path, file: File) -> Any:
    """Node-link JSON; the links are in "edges" or, as networkx wrote until 3.3, in "links"."""
    data = json.load(file)
    if not isinstance(data, dict) or "nodes" not in data or not {"edges", "links"} & data.keys():
        raise ValueError('no object with "nodes" and "edges" (or "links")')
    return nx.node_link_graph(data, edges="edges" if "edges" in data else "links")


NETWORKS: dict[str, Callable[[Path, File], Any]] = {".graphml": _graphml, ".gml": _gml, ".json": _json}


def _ids(path: Path, nodes: Iterator[object]) -> list[str]:
    """`str(node)` for each, which must be distinct, not empty and Unicode text."""
    seen: dict[str, object] = {}
    for node in nodes:
        name = str(node)
        if name in seen:
            raise DataError(
                f"{path}, node {name!r}: expected ids that differ as text, found {seen[name]!r} and {node!r}; rename one"
            )
        if not name or any("\ud800" <= character <= "\udfff" for character in name):
            raise DataError(f"{path}, node {name!r}: expected an id of Unicode text, found {node!r}; rename it")
        seen[name] = node
    return list(seen)


def _times(path: Path, links: list[tuple[object, object, Attributes]], time: str) -> Float64:
    """The times, float64 (m,)."""
    moments = Moments(time)
    for one, other, attributes in links:
        moments.append(f"{path}, edge {str(one)!r} - {str(other)!r}", str(attributes.get(time, "")))
    return moments.values()


def _weights(
    path: Path, links: list[tuple[object, object, Attributes]], weight: str | None
) -> tuple[Float32 | None, list[str]]:
    """The weights, float32 (m,) or None, and a note where "weight" stands on some edges only."""
    name = weight or "weight"
    having = sum(name in attributes for _, _, attributes in links)
    if weight is None and having < len(links):
        note = f'Weights are ignored: only {having:,} of {len(links):,} edges have a "weight".'
        return None, [note] if having else []
    for one, other, attributes in links:
        value = attributes.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not SMALLEST <= value <= LARGEST:
            found = repr(value) if name in attributes else "none"
            raise DataError(
                f"{path}, edge {str(one)!r} - {str(other)!r}: {name}: expected a finite number > 0, found {found}; "
                "correct it or drop the edge"
            )
    return np.array([attributes[name] for _, _, attributes in links], np.float32), []


def _columns(path: Path, nodes: Mapping[object, Attributes]) -> tuple[Columns, list[str]]:
    """The attributes that are of one kind on all nodes, and a note on the others."""
    names = sorted({name for attributes in nodes.values() for name in attributes})
    columns: dict[str, Column] = {}
    for name in names:
        values = {str(node): attributes[name] for node, attributes in nodes.items() if name in attributes}
        if len(values) == len(nodes) and (column := _column(path, name, values)) is not None:
            columns[_unicode(name)] = column
    others = ", ".join(repr(name) for name in names if _unicode(name) not in columns)
    return columns, [f"Node attributes that aren't of one kind on every node are ignored: {others}."] if others else []


def _column(path: Path, name: str, values: Mapping[str, object]) -> Column | None:
    """The values of the nodes, or None where they are neither numbers nor texts nor lists throughout."""
    filled = [value for value in values.values() if value is not None]
    if all(isinstance(value, int | float) for value in filled):
        for node, value in values.items():
            if isinstance(value, int | float) and abs(value) > LARGEST:
                raise DataError(f"{path}, node {node!r}: {name}: expected a finite number, found {value!r}; correct it")
        return np.array(list(values.values()), np.float64)
    if all(isinstance(value, str) for value in filled):
        return [_unicode(value) if value else None for value in values.values()]
    if all(isinstance(value, list) and all(isinstance(entry, str | int) for entry in value) for value in filled):
        return [tuple(map(_unicode, value)) if isinstance(value, list) else None for value in values.values()]
    return None


def _unicode(text: object) -> str:
    """As text; JSON can hold halves of characters, which nothing else can write."""
    return str(text).encode("utf-8", "replace").decode()


def _directed_notes(*, directed: bool) -> list[str]:
    return ["The file's links are directed; they are read as undirected, so no direction is predicted."] * directed
