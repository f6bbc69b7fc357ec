"""Ids of nodes, as the API takes them: texts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

Frame = Any
"""A table with columns by name: a mapping, or a frame of pandas, polars or pyarrow."""


def id_of(given: object) -> str:
    """A text as it is, a whole number in decimal digits.

    Raises:
        TypeError: it is neither, such as a truth value or a fraction.
    """
    if isinstance(given, str):
        return given
    if isinstance(given, int | np.integer) and not isinstance(given, bool):
        return str(int(given))
    raise TypeError(f"expected ids, texts or whole numbers, found {given!r}; drop or convert it")


def texts(given: Iterable[object]) -> list[str]:
    """Each id as a text.

    Raises:
        TypeError: as `id_of`.
    """
    return [id_of(one) for one in given]


def is_table(given: object) -> bool:
    """Whether it has columns by name, as a mapping or a frame of whatever library, and is no sequence of rows."""
    return isinstance(given, Mapping) or (hasattr(given, "columns") and not isinstance(given, Sequence))


def ends_of(pairs: Any) -> dict[str, Any]:
    """The columns `source` and `target`, and `relation` if there is one, of a table; or the ends of pairs.

    Raises:
        ValueError: the table has other columns.
    """
    if not is_table(pairs):
        return {"source": [id_of(source) for source, _ in pairs], "target": [id_of(target) for _, target in pairs]}
    names = [
        str(name) for name in (pairs if isinstance(pairs, Mapping) else getattr(pairs, "column_names", pairs.columns))
    ]
    if not {"source", "target"} <= {*names}:
        raise ValueError(f"pairs: expected a table with the columns source and target, found {', '.join(names)}")
    return {name: np.asarray(pairs[name]) for name in ("source", "target", "relation") if name in names}
