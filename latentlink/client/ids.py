"""Ids of nodes, as the API takes them: texts."""

from collections.abc import Iterable

import numpy as np


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
