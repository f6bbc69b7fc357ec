"""Whole graphs in GraphML, GML and JSON, plain or packed: links, weights, times and node attributes.

A module for each format reads what a file lists; `network` checks it. Attributes that every node has become features.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from latentlink.models.arrays import Float32, Float64
from latentlink.models.errors import DataError
from latentlink.models.graph.columns import Column, Columns
from latentlink.models.sources.formats.moments import Moments
from latentlink.models.sources.formats.names import found
from latentlink.models.sources.formats.networks.gml import read_gml
from latentlink.models.sources.formats.networks.graphml import read_graphml
from latentlink.models.sources.formats.networks.network import Attributes, Network
from latentlink.models.sources.formats.networks.node_link import read_json
from latentlink.models.sources.formats.numbers import LARGEST, SMALLEST, numbers_among, parsed
from latentlink.models.sources.formats.packing import DAMAGED, format_suffix, unpacked
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, EdgeTable, Layout
from latentlink.models.wording import MOST_LISTED, listed_names

NETWORKS: dict[str, Callable[[Path, BinaryIO], Network]] = {
    ".graphml": read_graphml,
    ".gml": read_gml,
    ".json": read_json,
}
_NAMES = {".graphml": "GraphML", ".gml": "GML", ".json": "JSON"}


class _Link(NamedTuple):
    """A link of a file, for messages: its two ends, and its attributes."""

    place: str
    attributes: Attributes


def read_network(path: Path, columns: EdgeColumns = COLUMNS) -> EdgeTable:
    """Read a graph.

    Args:
        path: a .graphml, .gml or .json file, also packed.
        columns: attributes of the edges with weights and times; without a name "weight" is taken if every edge has it.
            The ends of a link have no names in a graph file.

    Returns:
        All nodes in the file's order, those without links too; columns are the attributes that every node has, in sorted
        order, if they are numbers (or true and false), texts, or lists of texts and whole numbers; null, and NaN among
        numbers, are missing values. Notes name attributes and weights that were left out.

    Raises:
        DataError: the file can't be read or parsed, a node is listed twice or an end of a link not at all, or a weight or
            feature isn't finite.
    """
    suffix = format_suffix(path)
    if columns[:2] != COLUMNS[:2]:
        raise DataError(f"{path}: expected a table beside --source and --target, found {suffix!r}; drop them")
    ids, nodes, pairs, attributes, notes, directions = _parsed(path)
    links = [
        _Link(f"{path}, edge {ids[one]!r} - {ids[other]!r}", link)
        for (one, other), link in zip(pairs.tolist(), attributes, strict=True)
    ]
    names = sorted({name for link in attributes for name in link})
    weight = found(columns.weight or "weight", names) or columns.weight
    weights, weight_notes = _weights(links, weight, named=columns.weight is not None)
    facts, others = _columns(path, dict(zip(ids, nodes, strict=True)))
    return EdgeTable(
        ids=ids,
        pairs=pairs,
        weights=weights,
        times=None if columns.time is None else _times(links, columns.time),
        columns=facts,
        booleans=frozenset(name for name in facts if {type(node.get(name)) for node in nodes} - {type(None)} == {bool}),
        left_out=dict.fromkeys(others, "type"),
        notes=(*notes, *weight_notes, *_ignored(others)),
        layout=_layout(_NAMES[suffix], attributes, names, None if weights is None else weight, columns.time),
        directions=directions,
    )


def _layout(
    form: str, links: Sequence[Attributes], names: Sequence[str], weight: str | None, time: str | None
) -> Layout:
    """What each of the attributes `names` of the links became."""
    unused = [name for name in names if name not in (weight, time)]
    numbers = numbers_among({name: [link.get(name) for link in links] for name in unused})
    return Layout(
        form,
        weight=weight,
        time=time,
        unused=tuple(map(_unicode, unused)),
        numbers=tuple(map(_unicode, numbers)),
        lists_nodes=True,
    )


def _parsed(path: Path) -> Network:
    try:
        with path.open("rb") as file:
            return NETWORKS[format_suffix(path)](path, unpacked(path, file))
    except DAMAGED as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path}: expected a readable file, found {reason!r}; check the path") from None


def _times(links: Sequence[_Link], time: str) -> Float64:
    """The times, float64 (m,)."""
    moments = Moments(time)
    for link in links:
        moments.append(link.place, str(link.attributes.get(time, "")))
    return moments.values()


def _weights(links: Sequence[_Link], name: str | None, *, named: bool) -> tuple[Float32 | None, list[str]]:
    """The weights, float32 (m,) or None, and a note where they stand on some edges only and the caller doesn't name them."""
    having = sum(name in link.attributes for link in links)
    if name is None or (not named and having < len(links)):
        note = f"Weights are ignored: only {having:,} of {len(links):,} edges have a {name!r}."
        return None, [note] if having else []
    weights = []
    for link in links:
        value = link.attributes.get(name)
        number = parsed(value) if isinstance(value, str) else value
        if not isinstance(number, int | float) or isinstance(number, bool) or not SMALLEST <= number <= LARGEST:
            shown = repr(value) if name in link.attributes else "none"
            raise DataError(
                f"{link.place}: {name}: expected a finite number > 0, found {shown}; correct it or drop the edge"
            )
        weights.append(number)
    return np.array(weights, np.float32), []


def _columns(path: Path, nodes: Mapping[object, Attributes]) -> tuple[Columns, list[str]]:
    """The attributes that are of one kind on all nodes, and the names of the others."""
    names = sorted({name for attributes in nodes.values() for name in attributes})
    columns: dict[str, Column] = {}
    for name in names:
        values = {str(node): attributes[name] for node, attributes in nodes.items() if name in attributes}
        if len(values) == len(nodes) and (column := _column(path, name, values)) is not None:
            columns[_unicode(name)] = column
    return columns, [_unicode(name) for name in names if _unicode(name) not in columns]


def _ignored(names: Sequence[str]) -> list[str]:
    """A note on node attributes, if there are any."""
    return (
        [f"Node attributes that aren't of one kind on every node are ignored: {listed_names(names, MOST_LISTED)}."]
        if names
        else []
    )


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
