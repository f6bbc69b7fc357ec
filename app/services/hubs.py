"""Hubs: the nodes with the most known links."""

from collections.abc import Mapping

import numpy as np

from latentlink.models.arrays import Int64

_HUBS = 10


def hubs(degrees: Int64) -> Mapping[int, int]:
    """Up to ten rows of the most links by degrees (N,), and how many each has: most first, of equal ones the first by row."""
    least = np.partition(degrees, -_HUBS)[-_HUBS] if len(degrees) > _HUBS else 0
    rows = np.concatenate([np.flatnonzero(degrees > least), np.flatnonzero(degrees == least)[:_HUBS]])
    first = rows[np.argsort(-degrees[rows], kind="stable")][:_HUBS]
    return dict(zip(first.tolist(), degrees[first].tolist(), strict=True))
