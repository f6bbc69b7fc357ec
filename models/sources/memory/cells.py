"""Columns of arrays and lists as Arrow holds them: cells of one kind each."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt
from arro3.core import Array, DataType

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.arrays import read_ids
from latentlink.models.wording import shortened

_KINDS: tuple[tuple[type, str, DataType], ...] = (
    (str, "a text", DataType.string()),
    (Integral, "a whole number", DataType.int64()),
    (Real, "a number", DataType.float64()),
)


def of_array(where: str, cells: npt.NDArray[Any]) -> Array:
    """A column, (n,): numbers without a copy, or texts; raises as `of_list`."""
    if cells.dtype.kind in "iuf":
        return Array.from_numpy(np.ascontiguousarray(cells))
    return of_list(where, cells.tolist())


def of_list(where: str, cells: Sequence[Any]) -> Array:
    """A column of texts, whole numbers or numbers; None is a missing cell.

    Args:
        where: what messages call the object.
        cells: n of them.

    Raises:
        DataError: a cell is none of these, of another kind than the first, or too large.
    """
    filled = [cell for cell in cells if cell is not None]
    kinds = [one for one in _KINDS if filled and isinstance(filled[0], one[0]) and not isinstance(filled[0], bool)]
    kind, called, dtype = next((one for one in kinds if _all_are(one[0], filled)), (*kinds, _KINDS[0])[0])
    for at, cell in enumerate(cells):
        if cell is not None and not _all_are(kind, [cell]):
            like = f"{called}, like the first" if kinds else "a text or a number"
            raise DataError(f"{where}, row {at}: expected {like}, found {shortened(repr(cell))}; convert it")
    try:
        return Array(list(cells), dtype)
    except OverflowError:
        raise DataError(f"{where}: expected whole numbers below 2^63, found larger ones; write ids as texts") from None


def _all_are(kind: type, cells: Sequence[object]) -> bool:
    """Whether all cells are of a kind; a truth value is no number."""
    return all(isinstance(cell, kind) and not isinstance(cell, bool) for cell in cells)


def texts_of(where: str, cells: Sequence[Any]) -> list[str]:
    """Ids of nodes: texts, or whole numbers, which become their decimals.

    Raises:
        DataError: a cell is neither, or an id is empty or stands twice.
    """
    of_list(where, cells)
    return read_ids(where, {"ids": np.array(["" if cell is None else str(cell) for cell in cells], np.str_)})
