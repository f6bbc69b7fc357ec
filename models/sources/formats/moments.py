"""Times of edges: a column of numbers or a column of dates."""

import math
from array import array
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np

from latentlink.models.arrays import Float64
from latentlink.models.errors import DataError
from latentlink.models.graph.columns import Cell
from latentlink.models.sources.formats.numbers import NUMERIC, parsed

# Texts that DuckDB and Python read as one moment. Both read more, each its own.
_MOMENT = r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{6})?Z?)?"


class Moments:
    """The cells of a column of times, read one by one; the first decides whether all are numbers or all are dates."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._values = array("d")
        self._numbers = True

    def append(self, place: str, cell: str) -> None:
        """Add a cell: a finite number, which is kept, or a date or time in ISO 8601, as seconds since 1970 in UTC.

        Args:
            place: file and line, for the error.
            cell: its text. Without a zone it is in UTC.

        Raises:
            DataError: it is neither, or of another kind than the first.
        """
        if not self._values:
            self._numbers = parsed(cell) is not None
        value = parsed(cell) if self._numbers else _seconds(cell)
        if value is None or not math.isfinite(value):
            kind = "a finite number" if self._numbers and self._values else "a finite number, or a date as 2026-01-31"
            kind = kind if self._numbers or not self._values else "a date as 2026-01-31, like the first"
            raise DataError(f"{place}: {self._name}: expected {kind}, found {cell!r}; correct it or drop the row")
        self._values.append(value)

    def values(self) -> Float64:
        """float64 (m,), finite."""
        return np.frombuffer(self._values, np.float64)


def are_dates(cells: Iterable[Cell]) -> bool:
    """Whether nine in ten of the filled cells are dates or times in ISO 8601, and there is one."""
    counts = Counter(str(cell) for cell in cells if cell is not None)
    dates = sum(times for text, times in counts.items() if _seconds(text) is not None)
    return bool(counts) and dates >= NUMERIC * counts.total()


def seconds_sql(cell: str) -> str:
    """SQL for a date or time in UTC as seconds since 1970; NULL where Python might read another one, or none."""
    moment = f"TRY_CAST(rtrim({cell}, 'Z') AS TIMESTAMP)"
    return f"CASE WHEN regexp_full_match({cell}, '{_MOMENT}') THEN epoch({moment}) END"


def _seconds(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
