"""Searches for neighbours and their answers, and the selection of the best among scored candidates."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from latentlink.models.arrays import Bool, Float64, Int64, Ints
from latentlink.models.inference.scoring import sigmoid


@dataclass(frozen=True)
class Query:
    """A search for the neighbours of one node.

    Attributes:
        k: how many neighbours at most.
        known: whether known links may be among them.
        min_probability: raw probability that a neighbour must reach.
        candidates: int64, the only rows to choose from, or None for all.
        exclude: int64, rows never to choose.
        exact: whether to scan all nodes instead of using an index.
        allowed: bool (N,), whether each row may be an answer; None for all.
    """

    k: int
    known: bool = False
    min_probability: float = 0.0
    candidates: Int64 | None = None
    exclude: Int64 | None = None
    exact: bool = False
    allowed: Bool | None = None

    @cached_property
    def count_allowed(self) -> int | None:
        """How many rows are allowed; None for all."""
        return None if self.allowed is None else int(np.count_nonzero(self.allowed))


class Neighbors(NamedTuple):
    """Up to k neighbours of one node, best first: int64, float64, float64 and bool arrays of one length.

    `exact`: no other node scores higher; without it, one may have been overlooked.
    """

    rows: Int64
    logits: Float64
    probabilities: Float64
    known: npt.NDArray[np.bool_]
    exact: bool = True


def select(
    candidates: Int64, logits: Float64, owners: Int64, searches: Sequence[tuple[Ints, Query]]
) -> list[Neighbors]:
    """The best of the candidates of each search.

    Args:
        candidates: int64 (m,), rows of nodes.
        logits: float64 (m,).
        owners: int64 (m,), the place in `searches` of the search that each candidate belongs to.
        searches: for each a node's known links, rising, and its query.
    """
    order = np.lexsort((candidates, -logits, owners))
    candidates, logits = candidates[order], logits[order]
    probabilities = sigmoid(logits)
    answers, start = [], 0
    ends = np.cumsum(np.bincount(owners, minlength=len(searches))).tolist()
    for (linked, query), end in zip(searches, ends, strict=True):
        enough = int(np.count_nonzero(probabilities[start:end] >= query.min_probability))
        part = slice(start, start + min(query.k, enough))
        best = candidates[part]
        known = np.isin(best, linked) if query.known else np.zeros(len(best), np.bool_)  # else they were barred
        answers.append(Neighbors(best, logits[part], probabilities[part], known))
        start = end
    return answers
