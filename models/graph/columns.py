"""Encoders of one column of a node table, one for each kind of column, and the reading of its cells."""

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.errors import DataError

Cell = str | tuple[str, ...] | None  # a text, a list of texts, or a missing value
Column = npt.NDArray[Any] | Sequence[Cell] | Sequence[float | None]  # (n,) cells; NaN and None are missing numbers
Columns = Mapping[str, Column]

_NUMBERS = (Real, np.bool_)
_LARGEST = float(np.finfo(np.float32).max)
_DIGITS = 16  # of a float64


class Entries(NamedTuple):
    """The entries of an encoded column (n, width) that aren't 0: rows, columns and values, (nnz,) each."""

    rows: Int64
    columns: Int64
    values: Float64


class _Part(BaseModel):
    """Base of the encoders; unknown fields are ignored, as in the manifest."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    name: str

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each encoded column."""
        return (self.name,)


class Number(_Part):
    """(x − mean) / deviation; missing values stay NaN."""

    kind: Literal["number"] = "number"
    mean: float
    deviation: float = Field(gt=0)

    def entries(self, column: Column) -> Entries:
        """Encode a column of numbers."""
        return _nonzero(self._standardised(numbers_of(self.name, column)))

    def decoded(self, encoded: Float32) -> Float64:
        """Invert the encoding, (m,) -> (m,): of all numbers with the same float32 encoding, the one of fewest decimals."""
        exact = encoded.astype(np.float64) * self.deviation + self.mean
        most = _DIGITS - math.ceil(math.log10(abs(self.mean) + self.deviation))
        numbers = exact
        for decimals in range(most, most - _DIGITS - 1, -1):
            rounded = exact.round(decimals)
            numbers = np.where(self._standardised(rounded).astype(np.float32) == encoded, rounded, numbers)
        return numbers

    def _standardised(self, numbers: Float64) -> Float64:
        return (numbers - self.mean) / self.deviation


class Binary(_Part):
    """0 and 1, unchanged; missing values stay NaN."""

    kind: Literal["binary"] = "binary"

    def entries(self, column: Column) -> Entries:
        """Encode a column of numbers."""
        return _nonzero(numbers_of(self.name, column))


class _Values(_Part):
    """One encoded column for each of the distinct, sorted `values`."""

    values: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """`column=value` for each."""
        return tuple(f"{self.name}={value}" for value in self.values)


class Category(_Values):
    """One-hot: 1 where a cell has the value, else 0; a missing cell is NaN for all values, an unknown value 0 for all."""

    kind: Literal["category"] = "category"

    def entries(self, column: Column) -> Entries:
        """Encode a column of texts."""
        code_of = {value: code for code, value in enumerate(self.values)}
        cells = cells_of(self.name, column)
        codes = np.array([-2 if cell is None else code_of.get(str(cell), -1) for cell in cells], np.int64)
        known, missing = np.flatnonzero(codes >= 0), np.flatnonzero(codes == -2)
        return _with_missing(known, codes[known], missing, len(self.values))


class List(_Values):
    """Multi-hot: 1 where a cell's list has the entry, else 0; a missing list is NaN for all entries.

    With a delimiter, cells are texts to split, and a missing cell counts as an empty list: texts can't tell them apart.
    """

    kind: Literal["list"] = "list"
    delimiter: str | None = None

    def entries(self, column: Column) -> Entries:
        """Encode a column of lists, or of texts with the delimiter."""
        code_of = {value: code for code, value in enumerate(self.values)}
        cells = cells_of(self.name, column)
        found = [
            (row, code_of[value])
            for row, cell in enumerate(cells)
            for value in split_cell(cell, self.delimiter) & code_of.keys()
        ]
        rows, columns = np.array(found, np.int64).reshape(-1, 2).T
        missing = [] if self.delimiter else [row for row, cell in enumerate(cells) if cell is None]
        return _with_missing(rows, columns, missing, len(self.values))


Encoder = Annotated[Number | Binary | Category | List, Field(discriminator="kind")]


def split_cell(cell: Cell, delimiter: str | None) -> set[str]:
    """The entries of a list, each once."""
    if cell is None:
        return set()
    values = (cell.split(delimiter) if delimiter else [cell]) if isinstance(cell, str) else cell
    return {value.strip() for value in values} - {""}


def is_of_numbers(column: Column) -> bool:
    """Whether the first filled cell is a number; a column without filled cells counts as numbers."""
    return isinstance(next((cell for cell in column if cell is not None), math.nan), _NUMBERS)


def numbers_of(name: str, column: Column) -> Float64:
    """The cells as float64 (n,), NaN where one is missing.

    Raises:
        DataError: a cell is no number or exceeds float32, or the column has several axes.
    """
    if not isinstance(column, np.ndarray) or column.dtype.kind not in "biuf":
        _require(name, "numbers", column, _NUMBERS)
    values = np.asarray(column, np.float64)
    if values.ndim != 1:
        raise DataError(f"features, {name}: expected one number a row, found an array of shape {values.shape}; cut it")
    if len(large := np.flatnonzero(np.abs(values) > _LARGEST)):
        row = int(large[0])
        raise DataError(
            f"features, row {row + 1}: {name}: expected a finite number or NaN, found {values[row]}; correct it"
        )
    return values


def cells_of(name: str, column: Column) -> Sequence[Cell]:
    """The cells as texts and lists.

    Raises:
        DataError: a cell is neither.
    """
    cells: Sequence[Any] = column.tolist() if isinstance(column, np.ndarray) else column
    _require(name, "texts", cells, (str, tuple))
    return cells


def _require(name: str, what: str, column: Column, kinds: tuple[type, ...]) -> None:
    """Raise DataError unless every cell is one of `kinds` or None."""
    for row, cell in enumerate(column, 1):
        if cell is not None and not isinstance(cell, kinds):
            raise DataError(f"features, row {row}: {name}: expected {what}, found {cell!r}; correct it")


def _with_missing(rows: Int64, columns: Int64, missing: npt.ArrayLike, width: int) -> Entries:
    """1 at each (row, column), and NaN in all `width` columns of the `missing` rows."""
    absent = np.asarray(missing, np.int64)
    return Entries(
        np.concatenate([rows, np.repeat(absent, width)]),
        np.concatenate([columns, np.tile(np.arange(width), len(absent))]),
        np.concatenate([np.ones(len(rows)), np.full(len(absent) * width, np.nan)]),
    )


def _nonzero(values: Float64) -> Entries:
    """The non-zero entries of one encoded column; NaN is not 0."""
    rows = np.flatnonzero(values)
    return Entries(rows, np.zeros(len(rows), np.int64), values[rows])
