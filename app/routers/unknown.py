"""Unknown ids in batch routes: refused, or null in their places."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from latentlink.app.services.scorer import Scorer
from latentlink.models.arrays import Int64
from latentlink.models.checkpoint import Texts

T = TypeVar("T")

PAIR_TYPES = ("source_type", "target_type")
"""The parameters that name the types of a pair."""


def resolve(
    model: Scorer,
    nodes: Sequence[str] | Texts,
    on_unknown: str,
    kind: int | None = None,
    parameters: Sequence[str] = ("type",),
    field: str = "nodes",
) -> Int64:
    """int64 (m,): the row of each id, as `Scorer.find`; −1 for an unknown one if `on_unknown` is "null".

    Raises:
        UnknownNodesError: some are unknown and `on_unknown` is "error".
        AmbiguousNodesError: nodes of several types have some of the ids, and none is named.
    """
    if on_unknown != "null":
        return model.rows(nodes, kind, parameters, field)
    rows = model.find(nodes, kind, parameters, field)
    if unknown := int(np.count_nonzero(rows < 0)):
        model.observer.ids_unknown(model.name, unknown)
    return rows


def resolve_pairs(
    model: Scorer, nodes: Sequence[str] | Texts, on_unknown: str, kinds: tuple[int | None, int | None]
) -> Int64:
    """int64 (m, 2): the rows of 2m ids, the two of each pair behind each other, of which types may be named, as `resolve`."""
    if kinds == (None, None):
        return resolve(model, nodes, on_unknown, parameters=PAIR_TYPES).reshape(-1, 2)
    parts = (slice(None, None, 2), slice(1, None, 2))
    ends = [nodes.take(part) if isinstance(nodes, Texts) else nodes[part] for part in parts]
    named = zip(ends, kinds, PAIR_TYPES, strict=True)
    return np.stack([resolve(model, end, on_unknown, kind, [name]) for end, kind, name in named], axis=1)


def align(values: Iterable[T | None], found: npt.NDArray[np.bool_]) -> list[T | None]:
    """The values spread over the places where `found` holds, None in the others."""
    remaining = iter(values)
    return list(remaining) if found.all() else [next(remaining) if known else None for known in found.tolist()]


def column(values: npt.NDArray[Any], found: npt.NDArray[np.bool_]) -> list[Any]:
    """As `align`, of numbers: an array where nothing is missing, which becomes the same JSON in half the time."""
    return cast(list[Any], values) if found.all() else align(values.tolist(), found)
