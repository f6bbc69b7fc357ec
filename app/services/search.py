"""Exact top-k neighbours: a float32 scan over all nodes proposes, the kernel of `models.scoring` decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.checkpoint import Checkpoint
from models.csr import CSR, Float32, Int64, Ints
from models.graph import adjacency
from models.scoring import Float64, pair_logits, sigmoid, vector_logits

_SCAN_CELLS = 4_000_000  # scores held at once: 16 MiB of float32


@dataclass(frozen=True)
class Query:
    """What is asked of each node.

    Attributes:
        k: how many neighbours at most.
        known: whether known links may be among them.
        min_probability: raw probability that a neighbour must reach.
        candidates: int64, the only rows to choose from, or None for all.
        exclude: int64, rows never to choose.
    """

    k: int
    known: bool = False
    min_probability: float = 0.0
    candidates: Int64 | None = None
    exclude: Int64 | None = None


class Neighbors(NamedTuple):
    """Up to k neighbours of one node, best first: int64, float64, float64 and bool arrays of one length."""

    rows: Int64
    logits: Float64
    probabilities: Float64
    known: npt.NDArray[np.bool_]


class Searcher:
    """Finds the best-scoring partners of nodes of one checkpoint.

    Args:
        checkpoint: N nodes, D dimensions.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._mu = checkpoint.mu
        self._graph = checkpoint.graph
        # float32 sums of D products are off by at most D · 2⁻²⁴ · ‖x‖ ‖y‖ (Higham 2002, §3.1); doubled for what is dropped there.
        self._norms = np.sqrt(np.einsum("nd,nd->n", self._mu, self._mu))
        self._error = self._mu.shape[1] * 2.0**-23 * float(self._norms.max())
        heldout = checkpoint.graph.heldout
        self._heldout: CSR | None = None if heldout is None else adjacency(len(self._mu), heldout)

    def search(self, rows: Int64, query: Query) -> Iterator[Neighbors]:
        """The top k of each row, in order of `rows`.

        A node is never its own neighbour. Without `query.known` neither known nor held-out links are. The answer has k
        entries whenever k candidates remain. Order: logit descending, then row ascending.

        Args:
            rows: int64 (q,), in [0, N).
            query: what is asked of each.
        """
        pool = np.arange(len(self._mu)) if query.candidates is None else np.unique(query.candidates)
        vectors = self._mu if query.candidates is None else self._mu[pool]
        block = max(1, _SCAN_CELLS // max(1, len(pool)))
        for start in range(0, len(rows), block):
            chunk = rows[start : start + block]
            for row, scores in zip(chunk.tolist(), self._mu[chunk] @ vectors.T, strict=True):
                scores[_positions(pool, self._barred(row, query))] = -np.inf
                candidates = pool[self._propose(float(self._norms[row]), scores, query.k)]
                logits = pair_logits(self._mu, np.full(len(candidates), row), candidates)
                yield _best(candidates, logits, self._graph.neighbors(row), query)

    def search_vector(self, z: Float32, linked: Int64, query: Query) -> Neighbors:
        """The top k of a vector, float32 (D,), that is no node's; its known links are `linked`, int64 rows, rising."""
        pool = np.arange(len(self._mu)) if query.candidates is None else np.unique(query.candidates)
        scores = (self._mu if query.candidates is None else self._mu[pool]) @ z
        barred = [part for part in (query.exclude, None if query.known else linked) if part is not None]
        for rows in barred:
            scores[_positions(pool, rows)] = -np.inf
        candidates = pool[self._propose(float(np.linalg.norm(z)), scores, query.k)]
        return _best(candidates, vector_logits(self._mu, z, candidates), linked, query)

    def _barred(self, row: int, query: Query) -> Int64:
        """Rows that may not be an answer for `row`, in any order."""
        barred: list[Sequence[int] | npt.NDArray[np.integer]] = [[row]]
        if query.exclude is not None:
            barred.append(query.exclude)
        if not query.known:
            barred.append(self._graph.neighbors(row))
            if self._heldout is not None:
                barred.append(self._heldout.row(row))
        return np.concatenate(barred).astype(np.int64)

    def _propose(self, norm: float, scores: Float32, k: int) -> Int64:
        """Positions in `scores` that hold the top k for certain: all within twice the float32 error of the k-th."""
        kth = np.partition(scores, len(scores) - k)[len(scores) - k] if k < len(scores) else -np.inf
        threshold = kth - 2 * self._error * norm
        return np.flatnonzero(~(scores < threshold) & (scores > -np.inf))


def _best(candidates: Int64, logits: Float64, linked: Ints, query: Query) -> Neighbors:
    """The answer among candidates, whose known links are `linked`, rising."""
    order = np.lexsort((candidates, -logits))[: query.k]
    probabilities = sigmoid(logits[order])
    order = order[probabilities >= query.min_probability]
    best = candidates[order]
    return Neighbors(best, logits[order], probabilities[: len(order)], np.isin(best, linked))


def _positions(pool: Int64, rows: Int64) -> Int64:
    """Where those of `rows` that stand in `pool` (int64, rising) stand in it."""
    at = np.searchsorted(pool, rows)
    inside = at < len(pool)
    at, rows = at[inside], rows[inside]
    return np.asarray(at[pool[at] == rows])
