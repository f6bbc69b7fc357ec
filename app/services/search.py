"""Top-k neighbours: a float32 scan, over all nodes or some clusters, proposes; the kernel of `models.scoring` decides."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.services.batching import Batcher
from models.checkpoint import Checkpoint
from models.csr import CSR, Float32, Int64, Ints
from models.graph import adjacency
from models.index import Index
from models.scoring import Float64, pair_logits, rough_logits, sigmoid, vector_logits

_GROUP = 64  # scores of which only the largest is looked at first
_GLANCE_CELLS = 1_000_000  # numbers that are multiplied in about a millisecond
# Searches in one scan, at most: more of them gain nothing, and while it lasts as many others are answered.
_TOGETHER = 16
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
        exact: whether all nodes must be looked at, whatever there is to look at fewer.
    """

    k: int
    known: bool = False
    min_probability: float = 0.0
    candidates: Int64 | None = None
    exclude: Int64 | None = None
    exact: bool = False


class Neighbors(NamedTuple):
    """Up to k neighbours of one node, best first: int64, float64, float64 and bool arrays of one length.

    `exact` says that no other node scores higher; without it, one may have been overlooked.
    """

    rows: Int64
    logits: Float64
    probabilities: Float64
    known: npt.NDArray[np.bool_]
    exact: bool = True


class Searcher:
    """Finds the best-scoring partners of nodes of one checkpoint.

    Args:
        checkpoint: N nodes, D dimensions.

    Attributes:
        together: `search_together` for searches that are asked for at the same time.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._mu = checkpoint.mu
        self._graph = checkpoint.graph
        self._index = checkpoint.index
        # float32 sums of D products are off by at most D · 2⁻²⁴ · ‖x‖ ‖y‖ (Higham 2002, §3.1); doubled for what is dropped there.
        longest = float(np.sqrt(np.einsum("nd,nd->n", self._mu, self._mu).max()))
        self._error = self._mu.shape[1] * 2.0**-23 * longest
        heldout = checkpoint.graph.heldout
        self._block = max(1, _SCAN_CELLS // len(self._mu))
        self.together = Batcher(self.search_together, min(_TOGETHER, self._block))
        self._heldout: CSR | None = None if heldout is None else adjacency(len(self._mu), heldout)

    def search(self, rows: Int64, query: Query) -> Iterator[Neighbors]:
        """The top k of each row, in order of `rows`.

        A node is never its own neighbour. Without `query.known` neither known nor held-out links are. The answer has k
        entries whenever k candidates remain. Order: logit descending, then row ascending.

        Args:
            rows: int64 (q,), in [0, N).
            query: what is asked of each.
        """
        if query.candidates is not None:
            return self._choose(rows, query, np.unique(query.candidates))
        if (index := self.index_for(query)) is not None:
            return (self._probe(index, row, query) for row in rows.tolist())
        return self._scan([(row, query) for row in rows.tolist()])

    def index_for(self, query: Query) -> Index | None:
        """The index that answers a query, or None where all its candidates are looked at."""
        return None if query.exact or query.candidates is not None else self._index

    def search_together(self, questions: Sequence[tuple[int, Query]]) -> list[Callable[[], Neighbors]]:
        """One scan for several exact searches of rows in [0, N), each with a query of its own; each is called for its answer.

        What is left to call is a tenth of a millisecond, of many small array operations: after each of them a thread would
        have to wait for the interpreter's lock while the event loop is busy.
        """
        scores = rough_logits(self._mu, self._mu[[row for row, _ in questions]])  # (N, q): twice as fast as (q, N)
        for at, (row, query) in enumerate(questions):
            scores[self._barred(row, query), at] = -np.inf
        maxima = _maxima(scores)
        return [
            partial(self._chosen, row, query, scores[:, at], maxima[:, at]) for at, (row, query) in enumerate(questions)
        ]

    def glance(self, row: int, query: Query) -> Neighbors | None:
        """As `search` of one row, where that is a matter of a millisecond: small graphs, or a few clusters that hold enough."""
        if len(self._mu) * self._mu.shape[1] <= _GLANCE_CELLS:
            return next(self.search(np.array([row]), query))
        index = self.index_for(query)
        if index is None or index.looked_at() * self._mu.shape[1] > _GLANCE_CELLS:
            return None
        return self._look(index, index.probes, row, query)

    def _scan(self, questions: Sequence[tuple[int, Query]]) -> Iterator[Neighbors]:
        for start in range(0, len(questions), self._block):
            for answer in self.search_together(questions[start : start + self._block]):
                yield answer()

    def _chosen(self, row: int, query: Query, scores: Float32, maxima: Float32) -> Neighbors:
        return self._best(row, self._propose(_length(self._mu[row]), scores, maxima, query.k), query)

    def _probe(self, index: Index, row: int, query: Query) -> Neighbors:
        """Look at some clusters; at more of them, and in the end at all nodes, while there are fewer than k answers."""
        probes = index.probes
        while probes < len(index.centroids):
            if (found := self._look(index, probes, row, query)) is not None:
                return found
            probes *= 4
        [found] = self._scan([(row, query)])
        return found

    def _look(self, index: Index, probes: int, row: int, query: Query) -> Neighbors | None:
        """The best of some clusters, or None where they hold fewer than k answers."""
        clusters, barred = index.promising(self._mu[row], probes), self._barred(row, query)
        pool, scores = index.members(clusters), index.scores(clusters, self._mu[row])
        proposed = self._propose(_length(self._mu[row]), scores, _maxima(scores), query.k + len(barred))
        likely = pool[proposed].astype(np.int64)
        found = self._best(row, likely[~np.isin(likely, barred)], query)
        return found._replace(exact=False) if len(found.rows) == query.k else None

    def _choose(self, rows: Int64, query: Query, pool: Int64) -> Iterator[Neighbors]:
        vectors = self._mu[pool]
        for row in rows.tolist():
            scores = rough_logits(vectors, self._mu[row])
            scores[_positions(pool, self._barred(row, query))] = -np.inf
            yield self._best(row, pool[self._propose(_length(self._mu[row]), scores, _maxima(scores), query.k)], query)

    def search_vector(self, z: Float32, linked: Int64, query: Query) -> Neighbors:
        """The top k of a vector, float32 (D,), that is no node's; its known links are `linked`, int64 rows, rising."""
        pool = np.arange(len(self._mu)) if query.candidates is None else np.unique(query.candidates)
        scores = rough_logits(self._mu if query.candidates is None else self._mu[pool], z)
        barred = [part for part in (query.exclude, None if query.known else linked) if part is not None]
        for rows in barred:
            scores[_positions(pool, rows)] = -np.inf
        candidates = pool[self._propose(_length(z), scores, _maxima(scores), query.k)]
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

    def _propose(self, norm: float, scores: Float32, maxima: Float32, k: int) -> Int64:
        """Positions in `scores` that hold the top k for certain: all within twice the float32 error of the k-th."""
        margin = 2 * self._error * norm
        likely = _members(len(scores), np.flatnonzero(~(maxima < _kth(maxima, k) - margin)), len(maxima))
        above = scores[likely]
        return np.asarray(likely[~(above < _kth(above, k) - margin) & (above > -np.inf)])

    def _best(self, row: int, candidates: Int64, query: Query) -> Neighbors:
        logits = pair_logits(self._mu, np.full(len(candidates), row), candidates)
        return _best(candidates, logits, self._graph.neighbors(row), query)


def _best(candidates: Int64, logits: Float64, linked: Ints, query: Query) -> Neighbors:
    """The answer among candidates, whose known links are `linked`, rising."""
    order = np.lexsort((candidates, -logits))[: query.k]
    probabilities = sigmoid(logits[order])
    order = order[probabilities >= query.min_probability]
    best = candidates[order]
    known = np.isin(best, linked) if query.known else np.zeros(len(best), np.bool_)  # else they were barred
    return Neighbors(best, logits[order], probabilities[: len(order)], known)


def _length(vector: Float32) -> float:
    return float(np.sqrt(np.dot(vector, vector)))


def _maxima(scores: Float32) -> Float32:
    """The largest of each group of `_GROUP` scores, which are groups apart, along the first axis; what is left is in none."""
    groups = len(scores) // _GROUP
    largest: Float32 = scores[: groups * _GROUP].reshape(_GROUP, groups, *scores.shape[1:]).max(axis=0)
    return largest


def _members(n: int, chosen: Int64, groups: int) -> Int64:
    """Positions of the scores in the chosen of the groups of `_maxima`, and of those in none."""
    members = chosen + groups * np.arange(_GROUP)[:, None]
    return np.append(members.ravel(), np.arange(groups * _GROUP, n))


def _kth(scores: Float32, k: int) -> float:
    """The k-th largest, −∞ where there are fewer."""
    return float(np.partition(scores, len(scores) - k)[len(scores) - k]) if k <= len(scores) else -np.inf


def _positions(pool: Int64, rows: Int64) -> Int64:
    """Where those of `rows` that stand in `pool` (int64, rising) stand in it."""
    at = np.searchsorted(pool, rows)
    inside = at < len(pool)
    at, rows = at[inside], rows[inside]
    return np.asarray(at[pool[at] == rows])
