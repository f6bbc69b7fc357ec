"""What the service must answer, computed a second way: pure Python, exact sums, sorting."""

import math
from collections.abc import Collection, Iterable
from typing import NamedTuple

from latentlink.models.arrays import Float32
from tests.support import Small


def logit(mu: Float32, i: int, j: int) -> float:
    """zᵢᵀzⱼ: products of two float32 are exact in float64, and `fsum` rounds their sum once."""
    return math.fsum(a * b for a, b in zip(mu[i].tolist(), mu[j].tolist(), strict=True))


def sigma(x: float) -> float:
    """1 / (1 + e⁻ˣ), for |x| under 700."""
    return 1 / (1 + math.exp(-x))


def links(edges: Iterable[Iterable[int]] | None) -> set[tuple[int, int]]:
    """Edges in both directions."""
    pairs = [tuple(map(int, edge)) for edge in edges] if edges is not None else []
    return {(a, b) for a, b in pairs} | {(b, a) for a, b in pairs}


class Search(NamedTuple):
    """A search, as `app.services.search.selection.Query` has it."""

    k: int = 10
    known: bool = False
    min_probability: float = 0.0
    candidates: Collection[int] | None = None
    exclude: Collection[int] = ()
    allowed: Collection[bool] | None = None


def top(small: Small, row: int, search: Search) -> list[int]:
    """The rows that a search must answer with: all partners sorted by (−logit, row), cut at k, then filtered."""
    barred = {row, *search.exclude}
    if not search.known:
        barred |= {b for a, b in links(small.edges) | links(small.heldout) if a == row}
    if search.allowed is not None:
        barred |= {other for other, may in enumerate(search.allowed) if not may}
    allowed = set(range(len(small.mu)) if search.candidates is None else search.candidates) - barred
    logits = {other: logit(small.mu, row, other) for other in allowed}
    best = sorted(allowed, key=lambda other: (-logits[other], other))[: search.k]
    return [other for other in best if sigma(logits[other]) >= search.min_probability]
