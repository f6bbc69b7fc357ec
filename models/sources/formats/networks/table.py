"""A network as links and node columns: weights and times of its links, and the attributes that every node has."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float32, Float64
from latentlink.models.errors import DataError
from latentlink.models.graph.columns import Column, Columns
from latentlink.models.sources.formats.moments import Moments
from latentlink.models.sources.formats.names import found
from latentlink.models.sources.formats.networks.network import Attributes, Network
from latentlink.models.sources.formats.numbers import LARGEST, SMALLEST, numbers_among, parsed
from latentlink.models.sources.formats.tables import LABELS, EdgeColumns, EdgeTable, Labels, Layout
from latentlink.models.wording import MOST_LISTED, listed_names, shortened


class _Link(NamedTuple):
    """A link of a file, for messages: its two ends, and its attributes."""

    place: str
    attributes: Attributes


def edge_table(what: Path | str, network: Network, columns: EdgeColumns, form: str) -> EdgeTable:
    """The links and the nodes of a graph.

    Args:
        what: the file or the object, with which errors begin.
        network: the graph.
        columns: attributes of the links with weights, times, relations and parts of the split; without a name "weight" is
            taken if every link has it. The ends of a link have no names.
        form: what the report calls the format.

    Returns:
        All nodes in the graph's order, those without links too; columns are the attributes that every node has, in sorted
        order, if they are numbers (or true and false), texts, or lists of texts and whole numbers; null, and NaN among
        numbers, are missing values. Notes name attributes and weights that were left out.

    Raises:
        DataError: a weight or feature isn't finite, a time is none, or a link has no text for a relation or a part.
    """
    ids, nodes, pairs, attributes, notes, directions = network
    links = [
        _Link(f"{what}, edge {ids[one]!r} - {ids[other]!r}", link)
        for (one, other), link in zip(pairs.tolist(), attributes, strict=True)
    ]
    names = sorted({name for link in attributes for name in link})
    weight = found(columns.weight or "weight", names) or columns.weight
    weights, weight_notes = _weights(links, weight, named=columns.weight is not None)
    labels = {label: found(name, names) or name for label in LABELS if (name := getattr(columns, label)) is not None}
    facts, others = _columns(what, dict(zip(ids, nodes, strict=True)))
    return EdgeTable(
        ids=ids,
        pairs=pairs,
        weights=weights,
        times=None if columns.time is None else _times(links, columns.time),
        columns=facts,
        booleans=frozenset(name for name in facts if {type(node.get(name)) for node in nodes} - {type(None)} == {bool}),
        left_out=dict.fromkeys(others, "type"),
        notes=(*notes, *weight_notes, *_ignored(others)),
        layout=_layout(form, attributes, names, None if weights is None else weight, columns.time, labels),
        directions=directions,
        labels={label: _labels(what, links, label, name, names) for label, name in labels.items()},
    )


def _layout(
    form: str,
    links: Sequence[Attributes],
    names: Sequence[str],
    weight: str | None,
    time: str | None,
    labels: Mapping[str, str],
) -> Layout:
    """What each of the attributes `names` of the links became."""
    unused = [name for name in names if name not in (weight, time, *labels.values())]
    numbers = numbers_among({name: [link.get(name) for link in links] for name in unused})
    return Layout(
        form,
        weight=weight,
        time=time,
        relation=labels.get("relation"),
        split=labels.get("split"),
        unused=tuple(map(_unicode, unused)),
        numbers=tuple(map(_unicode, numbers)),
        lists_nodes=True,
    )


def _labels(what: Path | str, links: Sequence[_Link], label: str, name: str, names: Sequence[str]) -> Labels:
    """The texts of an attribute that every link has."""
    if name not in names:
        known = listed_names(names, MOST_LISTED) or "none"
        raise DataError(
            f"{what}: attributes of links: expected {shortened(name)!r}, found {known}; correct --{label}-column"
        )
    place_of: dict[str, int] = {}
    places = []
    for link in links:
        text = _unicode(link.attributes.get(name, ""))
        if not text:
            raise DataError(f"{link.place}: {name}: expected a text, found none; fill it or drop the link")
        places.append(place_of.setdefault(text, len(place_of)))
    return Labels(tuple(place_of), np.array(places, np.int64))


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


def _columns(what: Path | str, nodes: Mapping[object, Attributes]) -> tuple[Columns, list[str]]:
    """The attributes that are of one kind on all nodes, and the names of the others."""
    names = sorted({name for attributes in nodes.values() for name in attributes})
    columns: dict[str, Column] = {}
    for name in names:
        values = {str(node): attributes[name] for node, attributes in nodes.items() if name in attributes}
        if len(values) == len(nodes) and (column := _column(what, name, values)) is not None:
            columns[_unicode(name)] = column
    return columns, [_unicode(name) for name in names if _unicode(name) not in columns]


def _ignored(names: Sequence[str]) -> list[str]:
    """A note on node attributes, if there are any."""
    return (
        [f"Node attributes that aren't of one kind on every node are ignored: {listed_names(names, MOST_LISTED)}."]
        if names
        else []
    )


def _column(what: Path | str, name: str, values: Mapping[str, object]) -> Column | None:
    """The values of the nodes, or None where they are neither numbers nor texts nor lists throughout."""
    filled = [value for value in values.values() if value is not None]
    if all(isinstance(value, int | float) for value in filled):
        for node, value in values.items():
            if isinstance(value, int | float) and abs(value) > LARGEST:
                raise DataError(f"{what}, node {node!r}: {name}: expected a finite number, found {value!r}; correct it")
        return np.array(list(values.values()), np.float64)
    if all(isinstance(value, str) for value in filled):
        return [_unicode(value) if value else None for value in values.values()]
    if all(isinstance(value, list) and all(isinstance(entry, str | int) for entry in value) for value in filled):
        return [tuple(map(_unicode, value)) if isinstance(value, list) else None for value in values.values()]
    return None


def _unicode(text: object) -> str:
    """As text; JSON can hold halves of characters, which nothing else can write."""
    return str(text).encode("utf-8", "replace").decode()
