"""New nodes (inductive prediction): the encoder embeds them on the graph that they extend. Nothing is stored."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from latentlink.app.errors import InvalidRequestError, UnsupportedByModelError
from latentlink.app.services.encoder import Embedded, require_small_subgraph
from latentlink.app.services.scorer import Scorer
from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.errors import DataError
from latentlink.models.fields import FieldError
from latentlink.models.graph.columns import Column
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.inference.encoders import NewNodeGroup, NumpyGCN, NumpyPropagation, embed_new_nodes
from latentlink.models.inference.scoring import LARGEST
from latentlink.models.wording import MOST_LISTED, listed, shortened

Cell = bool | float | str | Sequence[str] | None
Given = Mapping[str, Cell] | Sequence[float]

_LARGEST_FEATURE = 1e15  # the squares of ten thousand of them add up in float32
_WIDEST = 80.0  # |log σ²| of a new node: beyond it intervals leave float64


@dataclass(frozen=True)
class NodeInput:
    """The features and links of a new node.

    Attributes:
        features: cells by column as in the node table, or the F encoded numbers; None without.
        neighbors: int64 (m,), distinct known rows, rising.
        weights: float64 (m,) > 0, of its links to them.
        where: the field of the request that it stands in, with a dot behind it; nothing of one alone.
        type: its own, in typed models.
    """

    features: Given | None
    neighbors: Int64
    weights: Float64
    where: str = ""
    type: str | None = None


def embed(model: Scorer, new_nodes: Sequence[NodeInput], links: Int64, weights: Float64) -> Iterator[Embedded]:
    """Embed new nodes: those that are linked to each other together, all others alone.

    All are checked first. Each is then embedded when it is asked for, in the order of `new_nodes`, so that a caller can stop
    between two.

    Args:
        model: whose encoder.
        new_nodes: the new nodes.
        links: int64 (c, 2), distinct pairs of places in `new_nodes`, the lower one first.
        weights: float64 (c,) > 0.

    Raises:
        InvalidRequestError: the features aren't those of the model; or there are none, and the model knows no neighbour.
        UnsupportedByModelError: as `Scorer.encoder`; features for a model without; or too many links around the neighbours.

    The iterator raises InvalidRequestError where features are so far from those of the training that a vector isn't finite.
    """
    _ = model.encoder  # a model without an encoder is refused first
    encoded = [
        None if n.features is None else encode(model.checkpoint, n.features, f"{n.where}features", n.type)
        for n in new_nodes
    ]
    group_of: dict[int, Iterator[Embedded]] = {}
    for members in groups(len(new_nodes), links):
        group = _checked_group(model, new_nodes, encoded, members, links, weights)
        group_of.update(dict.fromkeys(members, _embed_group(model, new_nodes, members, group)))
    return (next(group_of[at]) for at in range(len(new_nodes)))  # members rise, and so do those of a group here


def groups(count: int, links: Int64) -> list[list[int]]:
    """The connected parts of a graph of `count` nodes, each rising."""
    group = {at: [at] for at in range(count)}
    for one, other in links.tolist():
        if group[one] is not group[other]:
            group[one] += group[other]
            group.update(dict.fromkeys(group[other], group[one]))
    return [sorted(members) for at, members in group.items() if min(members) == at]


def _checked_group(
    model: Scorer,
    new_nodes: Sequence[NodeInput],
    encoded: Sequence[Float32 | None],
    members: list[int],
    links: Int64,
    weights: Float64,
) -> NewNodeGroup:
    """The new nodes with these places, which are linked to each other."""
    encoder, n = model.encoder, len(model.checkpoint.mu)
    near = np.concatenate([new_nodes[at].neighbors for at in members])
    if not len(near) and all(encoded[at] is None for at in members):
        expected = "one that the model knows, since there are no features"
        raise InvalidRequestError.of(f"{new_nodes[members[0]].where}neighbors", expected, "none")
    own = np.isin(links[:, 0], members)
    if isinstance(encoder, NumpyGCN):
        among = 0 if len(members) == 1 else len(near) + int(own.sum())
        for at in members:
            require_small_subgraph(encoder, new_nodes[at].neighbors, more=among)
    return NewNodeGroup(
        [encoded[at] for at in members],
        np.concatenate([_to_known(new_nodes, members, near, n), n + np.searchsorted(members, links[own])]),
        np.concatenate([*(new_nodes[at].weights for at in members), weights[own]]),
    )


def _embed_group(
    model: Scorer, new_nodes: Sequence[NodeInput], members: list[int], group: NewNodeGroup
) -> Iterator[Embedded]:
    encoder, n = model.encoder, len(model.checkpoint.mu)
    with_rows = isinstance(encoder, NumpyPropagation) and encoder.rows is not None
    for at, found in enumerate(embed_new_nodes(encoder, group)):
        linked, degree = new_nodes[members[at]].neighbors, int((group.links == n + at).sum())
        z = np.concatenate([found.z, model.link_columns.of_new_node(linked, degree)])
        _require_bounded(z, LARGEST, new_nodes[members[at]].where)
        if found.logvar is not None:
            _require_bounded(found.logvar, _WIDEST, new_nodes[members[at]].where)
        bare = any(group.features[met] is None for met in found.met.tolist())
        logvar = None if found.logvar is None else found.logvar.astype(np.float32)
        approximate = with_rows or bare or not found.whole
        yield Embedded(z.astype(np.float32), logvar, approximate, linked, group, members, at)


def _to_known(new_nodes: Sequence[NodeInput], members: list[int], near: Int64, n: int) -> Int64:
    """int64 (c, 2): from known rows to the new nodes of a group, numbered from N on."""
    return np.stack([near, np.repeat(n + np.arange(len(members)), [len(new_nodes[at].neighbors) for at in members])], 1)


def _require_bounded(vector: Float64, limit: float, where: str) -> None:
    if not np.abs(vector).max() < limit:
        expected = "numbers that are not far from those of the training, so that its vector stays finite"
        raise InvalidRequestError.of(f"{where}features", expected, "a larger one")


def encode(checkpoint: Checkpoint, given: Given, field: str = "features", kind: str | None = None) -> Float32:
    """The F numbers, float32 (F,), that an encoder takes.

    Args:
        checkpoint: of the model.
        given: a cell for each column of the node table, or a number for each encoded one. Where types have tables of their own
            these are the columns of its type alone, and numbers in the columns of others are 0.
        field: what errors call the features.
        kind: the type of the node, in typed models.

    Raises:
        InvalidRequestError: a column is missing or unknown, or a cell is missing or of another kind.
        UnsupportedByModelError: the model takes no features.
    """
    whole, preprocessing, own = checkpoint.manifest.counts.features, checkpoint.preprocessing, slice(None)
    if not whole:
        raise UnsupportedByModelError("model: expected one that was trained with features, found one without")
    if preprocessing is not None:
        preprocessing, own = preprocessing.of_type(kind)
    x = np.zeros(whole, np.float32)
    width = len(x[own])
    if not width:
        expected = f"none, since nodes of type {shortened(repr(kind))} had no features in the training"
        raise InvalidRequestError.of(field, expected, "some")
    if isinstance(given, Mapping):
        if preprocessing is None:
            raise InvalidRequestError.of(field, f"a list of {width:,} numbers, since the model has no table", "columns")
        encoded = _encoded_cells(preprocessing, given, field)
    elif len(given) == width:
        encoded = np.asarray(given, np.float64)
    else:
        raise InvalidRequestError.of(field, f"{width:,} numbers", f"{len(given):,}")
    if len(wrong := np.flatnonzero(~(np.abs(encoded) < _LARGEST_FEATURE))):
        found = "none" if np.isnan(encoded[wrong[0]]) else f"{encoded[wrong[0]]:g}"
        raise InvalidRequestError.of(
            field, f"a number below {_LARGEST_FEATURE:g} in every column", f"{found} in column {wrong[0]}"
        )
    x[own] = encoded
    return x


def _encoded_cells(preprocessing: Preprocessing, given: Mapping[str, Cell], field: str) -> Float64:
    """One row of a node table as its encoded numbers, float64 (f,); raises as `encode`."""
    kinds = {column.name: column.kind for column in preprocessing.columns}
    if absent := [name for name in kinds if name not in given]:
        raise InvalidRequestError([FieldError(f"{field}.{name}", "a cell", "none") for name in absent[:MOST_LISTED]])
    known = {*kinds, *preprocessing.ignored}
    if (unknown := next((name for name in given if name not in known), None)) is not None:
        raise InvalidRequestError.of(f"{field}.{unknown}", f"one of {listed(kinds, MOST_LISTED)}", "an unknown column")
    try:
        row = preprocessing.transform({name: _column(cell, kinds.get(name)) for name, cell in given.items()})
    except DataError as error:
        raise InvalidRequestError.of(field, "a row of the node table", str(error)) from None
    return np.asarray((row.to_dense() if isinstance(row, CSR) else row)[0], np.float64)


def _column(cell: Cell, kind: str | None) -> Column:
    """A column of one row; the words of a CSV file stand for true and false where those were numbers."""
    if kind in ("binary", "number") and cell in ("true", "false"):
        cell = cell == "true"
    if isinstance(cell, (int, float)):
        return np.array(
            [cell if abs(cell) < _LARGEST_FEATURE else math.inf], np.float64
        )  # an integer may be of any length
    return [cell if cell is None or isinstance(cell, str) else tuple(cell)]
