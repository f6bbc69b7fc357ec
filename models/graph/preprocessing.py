"""Encode the columns of a node table as features, the same way for new nodes.

Numbers are standardised, numbers that are all 0 or 1 stay the same, categories become one column for each value, lists one
for each entry. Other columns are ignored, each for a `Reason`. The fitted encoding is stored in the checkpoint as JSON, with
"constant" or "text" as the reason: the two that every reader of the format knows. Files are read by
`latentlink.models.sources`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, pairwise
from typing import Annotated, Literal, get_args

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from latentlink.models.arrays import Float32, Float64
from latentlink.models.errors import DataError
from latentlink.models.graph.columns import (
    Binary,
    Category,
    Cell,
    Column,
    Columns,
    Encoder,
    Entries,
    List,
    Number,
    cells_of,
    is_of_numbers,
    numbers_of,
    split_cell,
)
from latentlink.models.graph.csr import CSR
from latentlink.models.wording import MOST_LISTED, listed_names

MAX_VALUES = 10_000
DELIMITERS = ("|", ";")
SPARSE = 1 / 3  # share of stored entries below which CSR is the smaller and faster layout

Reason = Literal["constant", "text", "distinct", "date", "type", "row number", "named"]


def _known(reason: object) -> object:
    """A reason as it is read: "text" in place of one that a later version wrote."""
    return "text" if isinstance(reason, str) and reason not in get_args(Reason) else reason


def _stored(reason: Reason) -> Literal["constant", "text"]:
    """A reason as it is written."""
    return "constant" if reason == "constant" else "text"


class Preprocessing(BaseModel):
    """How each column of a node table is encoded, in the table's order.

    Attributes:
        columns: one encoder for each column that is used.
        ignored: the reason for leaving out each other column: "constant" without two values; "text" of many values, "distinct"
            if no two nodes share one; a "date"; a "type" that is no feature; a "row number"; "named" by the user. JSON has
            "text" for all but the first.
        types: of nodes whose types have tables of their own the preprocessing of each, in the order of the types: the columns
            of one type stand together, and a node has 0 in those of others. `columns` and `ignored` are empty then.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    columns: tuple[Encoder, ...]
    ignored: dict[str, Annotated[Reason, BeforeValidator(_known), PlainSerializer(_stored)]] = Field(
        default_factory=dict
    )
    types: dict[str, "Preprocessing"] = Field(
        default_factory=dict,
        exclude_if=lambda types: not types,  # files of one table stay what they were
    )

    @classmethod
    def fit(cls, columns: Columns, left_out: Mapping[str, Reason] | None = None) -> "Preprocessing":
        """Choose an encoder for each column; those that are `left_out` already are ignored for that reason.

        A column of texts is a list if `|` or `;` splits it into few distinct entries, else a category if it has few distinct
        values, else ignored. Few means at most 10,000, and at most half the number of filled cells (or entries). An entry of
        every list is left out.

        Raises:
            DataError: two encoded columns would have the same name.
        """
        fitted = {name: _fitted(name, column) for name, column in columns.items()}
        preprocessing = cls(
            columns=tuple(encoder for encoder in fitted.values() if not isinstance(encoder, str)),
            ignored={name: reason for name, reason in fitted.items() if isinstance(reason, str)} | {**(left_out or {})},
        )
        _require_distinct(preprocessing)
        return preprocessing

    @classmethod
    def named(cls, names: Iterable[str]) -> "Preprocessing":
        """Names for the columns of a matrix that is encoded already: as numbers that stay as they are."""
        return cls(columns=tuple(Number(name=name, mean=0, deviation=1) for name in names))

    @property
    def fitted(self) -> bool:
        """Whether a column was encoded by what was learned of the table; else its columns only have names."""
        if self.types:
            return any(part.fitted for part in self.types.values())
        return self != Preprocessing.named(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each of the F encoded columns: `age`, `city=Rome`."""
        return tuple(name for column, _ in self.blocks() for name in column.names)

    def blocks(self) -> Iterator[tuple[Encoder, slice]]:
        """Each encoder with the slice of its columns among the F."""
        columns = [*chain(self.columns, *(part.columns for part in self.types.values()))]
        yield from zip(columns, _slices(len(column.names) for column in columns), strict=True)

    def of_type(self, kind: str | None) -> tuple["Preprocessing", slice]:
        """That of the nodes of a type, with the slice of its columns among the F; itself for all F, where one table has all."""
        if not self.types:
            return self, slice(0, len(self.names))
        slices = _slices(len(part.names) for part in self.types.values())
        of = dict(zip(self.types, zip(self.types.values(), slices, strict=True), strict=True))
        return of.get(kind or "", (Preprocessing(columns=()), slice(0, 0)))

    def transform(self, table: Columns) -> Float32 | CSR:
        """Encode the fitted columns of a table; other columns are ignored.

        Returns:
            (n, F): CSR if less than a third of the entries are non-zero and none is missing, else a float32 array, where
            NaN is a missing value.

        Raises:
            DataError: a column is missing, of another kind or length, or a number isn't finite.
        """
        n, width = self._length(table), len(self.names)
        stored = missing = 0
        for entries in self._entries(table):
            stored += len(entries.values)
            missing += int(np.isnan(entries.values).sum())
        if stored < SPARSE * n * width and not missing:
            rows, columns, values = (np.concatenate(parts) for parts in zip(*self._entries(table), strict=True))
            return CSR.from_coo(rows, columns, values.astype(np.float32), (n, width))
        x = np.zeros((n, width), np.float32)
        for rows, columns, values in self._entries(table):
            x[rows, columns] = values
        return x

    def in_units(self, encoded: Float32) -> list[Float32 | Float64]:
        """Decode rows (m, F) into F columns (m,): numbers as float64 in the units of the table, other columns unchanged.

        float32 keeps seven digits of a number's distance from the mean: of all numbers that `transform` encodes alike, the
        one of fewest decimals is returned.
        """
        return [
            column.decoded(x) if isinstance(column, Number) else x
            for column, block in self.blocks()
            for x in encoded[:, block].T
        ]

    def _length(self, table: Columns) -> int:
        """n, the common length of all used columns."""
        names = [column.name for column in self.columns]
        if absent := [name for name in names if name not in table]:
            found = listed_names(table, MOST_LISTED) or "none"
            raise DataError(f"features: expected a column {absent[0]!r}, found {found}; add it")
        lengths = {name: len(table[name]) for name in names}
        first, n = next(iter(lengths.items()), ("", 0))
        for name, length in lengths.items():
            if length != n:
                raise DataError(
                    f"features, {name}: expected as many cells as {first!r} has, {n}, found {length}; give each row one"
                )
        return n

    def _entries(self, table: Columns) -> Iterator[Entries]:
        """The entries of each column in turn, shifted to its place among the F."""
        for column, block in self.blocks():
            rows, columns, values = column.entries(table[column.name])
            yield Entries(rows, columns + block.start, values)


def _slices(widths: Iterable[int]) -> Iterator[slice]:
    """The places of parts of some widths that stand one after another."""
    return (slice(*pair) for pair in pairwise(accumulate(widths, initial=0)))


def _require_distinct(preprocessing: Preprocessing) -> None:
    """Raise DataError if two encoded columns share a name, as a number `a=b` and the value `b` of a category `a` do."""
    source_of: dict[str, str] = {}
    for column in preprocessing.columns:
        for name in column.names:
            if (other := source_of.setdefault(name, column.name)) != column.name:
                raise DataError(
                    f"features: expected encoded columns of distinct names, found {name!r} of both {other!r} and "
                    f"{column.name!r}; rename one of these columns"
                )


def _fitted(name: str, column: Column) -> Number | Binary | Category | List | Reason:
    if is_of_numbers(column):
        return _fitted_number(name, numbers_of(name, column))
    cells = cells_of(name, column)
    filled = [cell for cell in cells if cell is not None]
    if any(isinstance(cell, tuple) for cell in filled):
        return _fitted_list(name, filled, None)
    for delimiter in _delimiters_in(filled):
        if (fitted := _fitted_list(name, cells, delimiter)) != "text":
            return fitted
    counts = Counter(map(str, filled))
    if len(counts) < 2:
        return "constant"
    if _few(counts):
        return Category(name=name, values=tuple(sorted(counts)))
    return "distinct" if len(counts) == counts.total() else "text"


def _fitted_list(name: str, cells: Sequence[Cell], delimiter: str | None) -> List | Reason:
    """Fit a list encoder; entries of every cell are left out."""
    counts = Counter(value for cell in cells for value in split_cell(cell, delimiter))
    values = tuple(sorted(value for value, times in counts.items() if times < len(cells)))
    if not values:
        return "constant"
    return List(name=name, values=values, delimiter=delimiter) if _few(counts) else "text"


def _fitted_number(name: str, column: Float64) -> Number | Binary | Reason:
    filled = column[~np.isnan(column)]
    if len(filled) == 0 or filled.min() == filled.max() or not (deviation := float(filled.std())):
        return "constant"
    if np.isin(filled, (0, 1)).all():
        return Binary(name=name)
    return Number(name=name, mean=float(filled.mean()), deviation=deviation)


def _few(counts: Counter[str]) -> bool:
    """Whether values recur, at least twice on average, and are at most `MAX_VALUES`."""
    return 0 < len(counts) <= min(MAX_VALUES, counts.total() / 2)


def _delimiters_in(cells: Iterable[Cell]) -> list[str]:
    """Those of `DELIMITERS` that occur in a cell."""
    texts = [str(cell) for cell in cells]
    return [delimiter for delimiter in DELIMITERS if any(delimiter in text for text in texts)]
