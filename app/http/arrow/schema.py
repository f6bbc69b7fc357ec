"""The columns of an Arrow stream by its schema: those of ids alone are read."""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from latentlink.app.errors import InvalidRequestError
from latentlink.app.http.arrow.flatbuffers import FlatTable, malformed
from latentlink.models.wording import listed_names, shortened

EXPECTED = "ids: texts, integers or dictionaries of them"

_ENDIANNESS, _FIELDS = 0, 1  # places in a schema, by Arrow's Schema.fbs
_NAME, _TYPE, _TYPE_TABLE, _DICTIONARY = 0, 2, 3, 4  # in a field
_WIDTH, _IS_SIGNED = 0, 1  # in a type of integers
_ID, _INDEX = 0, 1  # in a dictionary's encoding
_MOST = 16  # columns that are looked at


class Layout(IntEnum):
    """How values lie in buffers, by Arrow's numbers of types."""

    INTEGER = 2
    TEXT = 5
    LARGE_TEXT = 20
    TEXT_VIEW = 24


class Column(NamedTuple):
    """A column of ids.

    Attributes:
        name: of it.
        layout: of its values, or of those of its dictionary.
        dtype: of its integers; or of the offsets of its texts.
        dictionary: the number of its dictionary, or None.
        places: the dtype of the places in that.
    """

    name: str
    layout: Layout
    dtype: npt.DTypeLike
    dictionary: int | None = None
    places: npt.DTypeLike = np.int32

    @property
    def values(self) -> "Column":
        """The values of the dictionary, as a column."""
        return self._replace(dictionary=None)


def columns_of(schema: FlatTable, required: Sequence[str], optional: Sequence[str]) -> tuple[Column, ...]:
    """The columns of a schema.

    Raises:
        InvalidRequestError: there are others than these, or they hold no ids.
        MalformedBodyError: it is none.
    """
    if schema.number(_ENDIANNESS, "<h"):
        raise InvalidRequestError.of("body", "little-endian Arrow, as nearly every machine writes it", "big-endian")
    if (count := schema.count(_FIELDS)) > _MOST:
        raise _other_columns(required, optional, f"{count:,} columns")
    fields = list(schema.tables(_FIELDS))
    names = [field.text(_NAME).decode(errors="replace") for field in fields]
    known = {*required, *optional}
    if len({*names}) < len(names) or not {*required} <= {*names} <= known:
        raise _other_columns(required, optional, listed_names([shortened(name) for name in names]) if names else "none")
    return tuple(_column(name, field) for name, field in zip(names, fields, strict=True))


def _other_columns(required: Sequence[str], optional: Sequence[str], found: str) -> InvalidRequestError:
    more = f" and perhaps {listed_names(optional)}" if optional else ""
    return InvalidRequestError.of("body", f"the columns {listed_names(required)}{more}", found)


def _column(name: str, field: FlatTable) -> Column:
    number = field.number(_TYPE, "<B")
    if number not in tuple(Layout):
        raise InvalidRequestError.of(name, EXPECTED, f"another type, number {number} of Arrow's")
    layout = Layout(number)
    dtype = _integer(field.table(_TYPE_TABLE)) if layout == Layout.INTEGER else _offset(layout)
    encoding = field.table(_DICTIONARY)
    if encoding is None:
        return Column(name, layout, dtype)
    index = encoding.table(_INDEX)
    return Column(name, layout, dtype, encoding.number(_ID, "<q"), np.int32 if index is None else _integer(index))


def _offset(layout: Layout) -> npt.DTypeLike:
    return np.int64 if layout == Layout.LARGE_TEXT else np.int32


def _integer(kind: FlatTable | None) -> npt.DTypeLike:
    width = 0 if kind is None else kind.number(_WIDTH, "<i")
    if kind is None or width not in (8, 16, 32, 64):
        raise malformed(f"integers of {width} bits")
    return np.dtype(f"<{'i' if kind.number(_IS_SIGNED, '<B') else 'u'}{width // 8}")
