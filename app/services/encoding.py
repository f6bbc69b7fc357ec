"""A stranger's features as an encoder takes them, by what was fitted at training."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.errors import FieldError, InvalidRequestError, UnsupportedByModelError
from models.checkpoint import Checkpoint
from models.columns import Column
from models.csr import CSR, Float32
from models.errors import DataError

Cell = bool | float | str | Sequence[str] | None
Given = Mapping[str, Cell] | Sequence[float]


def encode(checkpoint: Checkpoint, given: Given, field: str = "features") -> Float32:
    """The F numbers, float32 (F,), that an encoder takes; `field` is what errors call the features.

    Raises:
        InvalidRequestError: a column is missing or unknown, or a cell is missing or of another kind.
        UnsupportedByModelError: the model takes no features.
    """
    width, preprocessing = checkpoint.manifest.counts.features, checkpoint.preprocessing
    if not width:
        raise UnsupportedByModelError("model: expected one that was trained with features, found one without")
    if not isinstance(given, Mapping):
        if len(given) != width:
            raise _invalid(field, f"{width:,} numbers", f"{len(given):,}")
        encoded = np.asarray(given, np.float64)
    elif preprocessing is None:
        raise _invalid(field, f"a list of {width:,} numbers, since the model has no table", "columns")
    else:
        kinds = {column.name: column.kind for column in preprocessing.columns}
        known = {*kinds, *preprocessing.ignored}
        if (unknown := next((name for name in given if name not in known), None)) is not None:
            raise _invalid(f"{field}.{unknown}", f"one of {', '.join([*kinds][:20])}", "an unknown column")
        try:
            row = preprocessing.transform({name: _column(cell, kinds.get(name)) for name, cell in given.items()})
        except DataError as error:
            raise _invalid(field, "a row of the node table", str(error)) from None
        encoded = (row.to_dense() if isinstance(row, CSR) else row)[0].astype(np.float64)
    if len(missing := np.flatnonzero(~(np.abs(encoded) < np.finfo(np.float32).max))):
        raise _invalid(field, "a finite number in every column", f"none in column {missing[0]}")
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
