"""Filters: which nodes meet the conditions on their columns."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, cast

import numpy as np

from latentlink.app.errors import InvalidRequestError, UnsupportedByModelError
from latentlink.app.schemas.filters import (
    DEEPEST,
    MOST_CONDITIONS,
    Bounds,
    Condition,
    Filter,
    Value,
    too_many_conditions,
)
from latentlink.app.services.steps import Steps
from latentlink.models.arrays import Bool
from latentlink.models.graph.filter_columns import (
    FilterColumn,
    FilterColumns,
    NumberColumn,
    TextColumn,
)
from latentlink.models.wording import listed, shortened

_AT_ONCE = 2**17  # rows of which a condition is evaluated in one step
_COMBINED = 1  # operations that take as long as to combine two answers for a node
_COMPARED = 4  # operations that take as long as to compare or look up a cell
_EQUATED = 2  # operations that take as long as to compare a number with another
_LOOKED_UP = 25  # operations that take as long as to halve the numbers among which one is searched for


def allowed_by(columns: FilterColumns, given: Filter, n: int) -> Steps[Bool]:
    """Whether each of the n nodes meets a filter that `filter_work` has checked, bool (n,)."""
    allowed = np.empty(n, np.bool_)
    for start in range(0, n, _AT_ONCE):
        rows = slice(start, min(start + _AT_ONCE, n))
        allowed[rows] = yield from _allowed(columns, given, rows)
    return allowed


def _allowed(columns: FilterColumns, given: Filter, rows: slice) -> Steps[Bool]:
    """As `allowed_by`, of m rows, bool (m,)."""
    allowed = np.ones(rows.stop - rows.start, np.bool_)
    for name, condition in given.conditions.items():
        allowed &= _meets(columns[name], condition, rows)
        yield b""
    for part in given.and_ or ():
        allowed &= yield from _allowed(columns, part, rows)
    if given.or_ is not None:
        either = np.zeros_like(allowed)
        for part in given.or_:
            either |= yield from _allowed(columns, part, rows)
        allowed &= either
    if given.not_ is not None:
        allowed &= ~(yield from _allowed(columns, given.not_, rows))
    return allowed


def filter_work(columns: FilterColumns, given: Filter, n: int) -> int:
    """Operations of `allowed_by`.

    Raises:
        InvalidRequestError: the filter is too large or deep, or has a condition on an unknown column, or of another kind.
        UnsupportedByModelError: it has a condition, and the model has no columns.
    """
    work = count = 0
    for where, part in _parts(given, "filter", 1):
        work += _COMBINED
        count += 1 + len(part.conditions)
        if count > MOST_CONDITIONS:
            raise too_many_conditions()
        for name, condition in part.conditions.items():
            work += _work(f"{where}.{shortened(name)}", _column(columns, where, name), condition)
    return n * work


def _parts(given: Filter, where: str, depth: int) -> Iterator[tuple[str, Filter]]:
    """A filter and all filters in it, with where they stand."""
    if depth > DEEPEST:
        raise InvalidRequestError.of("filter", f"filters at most {DEEPEST} deep within each other", "deeper ones")
    yield where, given
    for place, part in given.parts:
        yield from _parts(part, f"{where}.{place}", depth + 1)


def _column(columns: FilterColumns, where: str, name: str) -> FilterColumn:
    if not columns:
        raise UnsupportedByModelError("filter: expected columns to filter by, found none; train with --filter-columns")
    if name not in columns:
        close = get_close_matches(shortened(name), columns, 3) or [*columns]
        named = listed(repr(shortened(column)) for column in close)
        raise InvalidRequestError.of(
            f"{where}.{shortened(name)}", f"a column to filter by, such as {named}", "no such column"
        )
    return columns[name]


def _work(where: str, column: FilterColumn, condition: Condition) -> int:
    """Operations a node of one condition; raises InvalidRequestError if it is of another kind than its column."""
    if isinstance(condition, Bounds):
        if condition.bounds and not isinstance(column, NumberColumn):
            raise InvalidRequestError.of(where, _expected(column), "a range")
        return _COMPARED * max(1, len(condition.bounds))
    values = _values(condition)
    for value in values:
        if not _fits(column, value):
            raise InvalidRequestError.of(where, _expected(column), _shown(value))
    if isinstance(column, NumberColumn):
        return min(_EQUATED * len(values), _LOOKED_UP * len(values).bit_length())
    return _COMPARED


def _fits(column: FilterColumn, value: Value) -> bool:
    if isinstance(column, TextColumn):
        return isinstance(value, str)
    if isinstance(column, NumberColumn):
        return isinstance(value, float)
    return value in (0, 1)  # true and false among them


def _shown(value: Value) -> str:
    """A value as JSON has it, a text in quotes."""
    if isinstance(value, str):
        return shortened(repr(value))
    return f"{value}".lower() if isinstance(value, bool) else f"{value:g}"


def _expected(column: FilterColumn) -> str:
    if isinstance(column, TextColumn):
        return "a text or a list of texts"
    if isinstance(column, NumberColumn):
        return "a number, a list of numbers or a range"
    return "true, false or a list of these"


def _meets(column: FilterColumn, condition: Condition, rows: slice) -> Bool:
    """Whether the cell of each of m rows meets a condition, bool (m,); a missing cell never does."""
    if not isinstance(condition, Bounds):
        return column.any_of(cast(Sequence[Any], _values(condition)), rows)  # whose kind `_fits` has checked
    met = column.known(rows)
    if isinstance(column, NumberColumn):
        for compare, bound in condition.bounds:
            met &= compare(column.numbers[rows], bound)
    return met


def _values(condition: Value | list[Value]) -> Sequence[Value]:
    return condition if isinstance(condition, list) else [condition]
