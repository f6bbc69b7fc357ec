"""Unknown ids in batch routes: refused, or null in their places."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from latentlink.app.services.scorer import Scorer
from latentlink.models.arrays import Int64
from latentlink.models.checkpoint import Texts

T = TypeVar("T")


def resolve(model: Scorer, nodes: Sequence[str] | Texts, on_unknown: str) -> Int64:
    """int64 (m,): the row of each id; −1 for an unknown one if `on_unknown` is "null".

    Raises:
        UnknownNodesError: some are unknown and `on_unknown` is "error".
    """
    return model.nodes.rows(nodes) if on_unknown == "null" else model.rows(nodes)


def align(values: Iterable[T | None], found: npt.NDArray[np.bool_]) -> list[T | None]:
    """The values spread over the places where `found` holds, None in the others."""
    remaining = iter(values)
    return list(remaining) if found.all() else [next(remaining) if known else None for known in found.tolist()]


def column(values: npt.NDArray[Any], found: npt.NDArray[np.bool_]) -> list[Any]:
    """As `align`, of numbers: an array where nothing is missing, which becomes the same JSON in half the time."""
    return cast(list[Any], values) if found.all() else align(values.tolist(), found)
