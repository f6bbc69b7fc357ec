"""Frames of a user's library, read and answered in the same kind: pandas, polars, pyarrow and all else that narwhals knows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from latentlink.client.ids import texts
from latentlink.models.arrays import Array
from latentlink.models.errors import DataError
from latentlink.models.wording import listed_names

Pair = tuple[str, str]
Frame = Any
"""A data frame or a series of a library that narwhals knows."""

_ENDS = ("source", "target")


def is_frame(given: object) -> bool:
    """Whether it is neither a sequence nor an array nor made by an iteration, and so a frame or a series."""
    if isinstance(given, str | np.ndarray | Sequence) or not hasattr(type(given), "__getitem__"):
        return False
    import narwhals as nw

    return not hasattr(given, "tolist") or nw.dependencies.is_into_series(given)  # else a tensor or an index


def pairs_of(given: Frame | Iterable[Sequence[str | int]]) -> list[Pair]:
    """The pairs of ids in two columns of a frame, in a sequence, or in the rows of an array.

    Raises:
        DataError: it has other columns, more than two ids in a pair, or ids that are neither texts nor whole numbers.
    """
    if not is_frame(given):
        listed = _listed(given)
        if (text := next((pair for pair in listed if isinstance(pair, str)), None)) is not None:
            raise DataError(
                f"pairs: expected a source and a target in each, as in [('ann', 'bob')], found the text {text!r}"
            )
        try:
            pairs = [(one, other) for one, other in listed]
        except (TypeError, ValueError) as error:
            raise DataError(f"pairs: expected a source and a target in each, found: {error}") from None
        ids = iter(_ids("pairs", (one for pair in pairs for one in pair)))
        return list(zip(ids, ids, strict=True))
    frame = _native("pairs", given)
    names = _ENDS if set(_ENDS) <= {*frame.columns} else tuple(frame.columns)
    if len(names) != 2:
        raise DataError(
            f"pairs: expected a frame with the columns source and target, or with two columns, found {listed_names(names)}; "
            "select two"
        )
    places = [frame.columns.index(name) for name in names]
    return list(
        zip(
            *(_ids(f"column {name}", frame[:, at].to_list()) for name, at in zip(names, places, strict=True)),
            strict=True,
        )
    )


def ids_of(given: Frame | Iterable[str | int]) -> list[str]:
    """The ids in a series, a frame of one column, or a sequence.

    Raises:
        DataError: it has several columns, or ids that are neither texts nor whole numbers; or it is none of these.
    """
    if not is_frame(given):
        if not isinstance(given, Iterable):
            raise DataError(f"nodes: expected an id or several, texts, found {given!r}")
        return _ids("nodes", _listed(given))
    import narwhals as nw

    frame = _native("nodes", given)
    series = frame if isinstance(frame, nw.Series) else frame[frame.columns[0]] if len(frame.columns) == 1 else None
    if series is None:
        raise DataError(f"nodes: expected one column, found {listed_names(frame.columns)}; select one")
    return _ids(f"column {series.name or 'nodes'}", series.to_list())


def with_columns(given: Frame, columns: Mapping[str, Array | list[Any]]) -> Frame:
    """The frame with these columns, (m,) each, behind its own, or in the place of those with their names."""
    import narwhals as nw

    frame = _native("pairs", given)
    made = (nw.new_series(name, column, backend=frame.implementation) for name, column in columns.items())
    return frame.with_columns(*made).to_native()


def frame_like(given: Frame, columns: Mapping[str, Array]) -> Frame:
    """A frame of the kind of another one, with these columns, (m,) each."""
    import narwhals as nw

    return nw.from_dict(dict(columns), backend=_native("nodes", given).implementation).to_native()


def _native(what: str, given: Frame) -> Any:
    """The frame or the series as narwhals has it."""
    import narwhals as nw

    try:
        return nw.from_native(given, eager_only=True, allow_series=True)
    except TypeError:
        raise DataError(
            f"{what}: expected a list or a frame in memory that narwhals knows, such as of pandas, polars or pyarrow, found "
            f"{type(given).__name__}; pass a list"
        ) from None


def _listed(given: Any) -> list[Any]:
    """What a sequence, an array, a tensor or an index holds."""
    return given.tolist() if hasattr(given, "tolist") else list(given)


def _ids(where: str, found: Iterable[object]) -> list[str]:
    """The cells as ids: texts as they are, whole numbers in decimal digits."""
    try:
        return texts(found)
    except TypeError as error:
        raise DataError(f"{where}: {error}") from None
