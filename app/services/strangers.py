"""A node that was not there at training: its vector, as the encoder would give it on the graph with the node. Nothing is kept."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from app.errors import ConflictError, FieldError, InvalidRequestError, UnsupportedByModelError
from app.services.scorer import Scorer
from app.services.twin import require_small_ball
from models.checkpoint import Checkpoint
from models.columns import Column
from models.csr import CSR, Float32, Int64
from models.errors import DataError
from models.scoring import LARGEST, Float64
from models.twins import GCNTwin, PropagationTwin

Cell = bool | float | str | Sequence[str] | None
Given = Mapping[str, Cell] | Sequence[float]


class Stranger(NamedTuple):
    """Its vector, float32 (D,), and whether something that the encoder looks at was not there to be looked at."""

    z: Float32
    approximate: bool


def embed(model: Scorer, given: Given | None, neighbors: Int64, weights: Float64) -> Stranger:
    """Embed one stranger.

    Args:
        model: whose encoder.
        given: its features: cells by column as in the node table, or the F encoded numbers; None without.
        neighbors: int64 (m,), distinct rows.
        weights: float64 (m,) > 0.

    Raises:
        ConflictError: there are neither features nor neighbours.
        InvalidRequestError: the features aren't those of the model.
        UnsupportedByModelError: as `Scorer.twin`; features for a model without; or too many links around the neighbours.
    """
    if given is None and not len(neighbors):
        raise ConflictError("neighbors: expected one that the model knows, since there are no features, found none")
    twin, checkpoint = model.twin, model.checkpoint
    if isinstance(twin, GCNTwin):
        require_small_ball(checkpoint.graph, neighbors)
    x = None if given is None else encode(checkpoint, given)
    z, whole = twin.embed_stranger(x, neighbors, weights)
    if not np.abs(z).max() < LARGEST:
        raise InvalidRequestError([FieldError("features", f"a vector below {LARGEST:.0e}", "a larger one")])
    learned = isinstance(twin, PropagationTwin) and twin.rows is not None
    return Stranger(z.astype(np.float32), learned or x is None or not whole)


def encode(checkpoint: Checkpoint, given: Given) -> Float32:
    """The F numbers, float32 (F,), that an encoder takes.

    Raises:
        InvalidRequestError: a column is missing or unknown, or a cell is missing or of another kind.
        UnsupportedByModelError: the model takes no features.
    """
    width, preprocessing = checkpoint.manifest.counts.features, checkpoint.preprocessing
    if not width:
        raise UnsupportedByModelError("model: expected one that was trained with features, found one without")
    if not isinstance(given, Mapping):
        if len(given) != width:
            raise _invalid("features", f"{width:,} numbers", f"{len(given):,}")
        encoded = np.asarray(given, np.float64)
    elif preprocessing is None:
        raise _invalid("features", f"a list of {width:,} numbers, since the model has no table", "columns")
    else:
        known = [column.name for column in preprocessing.columns]
        if unknown := [name for name in given if name not in known and name not in preprocessing.ignored]:
            raise _invalid(f"features.{unknown[0]}", f"one of {', '.join(known[:20])}", "an unknown column")
        try:
            kinds = {column.name: column.kind for column in preprocessing.columns}
            row = preprocessing.transform({name: _column(cell, kinds.get(name)) for name, cell in given.items()})
        except DataError as error:
            raise _invalid("features", "a row of the node table", str(error)) from None
        encoded = (row.to_dense() if isinstance(row, CSR) else row)[0].astype(np.float64)
    if len(missing := np.flatnonzero(~(np.abs(encoded) < np.finfo(np.float32).max))):
        raise _invalid("features", "a finite number in every column", f"none in column {missing[0]}")
    return encoded.astype(np.float32)


def _column(cell: Cell, kind: str | None) -> Column:
    """A column of one row; the words of a CSV file stand for true and false where those were numbers."""
    if kind in ("binary", "number") and cell in ("true", "false"):
        cell = cell == "true"
    if isinstance(cell, (int, float)):
        return np.array([cell], np.float64)
    return [cell if cell is None or isinstance(cell, str) else tuple(cell)]


def _invalid(field: str, expected: str, found: str) -> InvalidRequestError:
    return InvalidRequestError([FieldError(field, expected, found)])
