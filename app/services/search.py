"""Top-k neighbours: a float32 scan over all nodes or some clusters proposes; the kernel that scores pairs decides."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from latentlink.app.services.batching import Batcher, InThread
from latentlink.models.arrays import Float32, Float64, Int64, Ints
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import adjacency
from latentlink.models.inference.ivf import Index
from latentlink.models.inference.scoring import pair_logits, rough_logits, sigmoid, vector_logits

_GROUP = 64  # scores of which only the largest is looked at first
_GLANCE_CELLS = 1_000_000  # numbers that are multiplied in about a millisecond
_RANDOM_READ = 8  # multiplications that take as long as a read at a random place
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


class _Scan(NamedTuple):
    """Scores of q vectors, and where their best are.

    Attributes:
        scores: float32 (n, q), −∞ where there is no answer.
        maxima: float32 (n // `_GROUP`, q), of groups of scores.
        least: float32 (q,), what a score must reach to be among the k largest by exact logits: the k-th less twice the error.
    """

    scores: Float32
    maxima: Float32
    least: Float32

    def groups(self) -> tuple[Int64, Int64]:
        """Which groups, in which columns, have such a score: int64 (g,) each."""
        groups, columns = np.nonzero(~(self.maxima < self.least))
        return groups, columns


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
        self.together = Batcher(self._scanned, self._finished, min(_TOGETHER, self._block))
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

    def search_together(self, questions: Sequence[tuple[int, Query]]) -> list[Neighbors]:
        """One scan for several exact searches of rows in [0, N), each with a query of its own."""
        scan = self._scanned(questions)
        return self._best(questions, *_likely(scan, *scan.groups()))

    async def _finished(
        self, questions: Sequence[tuple[int, Query]], scan: _Scan, in_thread: InThread
    ) -> list[Neighbors]:
        """What `search_together` does after the scan, on the event loop where that is a matter of a millisecond.

        It is many small array operations, after each of which a thread would have to wait for the interpreter's lock.
        """

        async def done(work: Callable[[], Any], cells: int) -> Any:
            return work() if cells <= _GLANCE_CELLS else await in_thread(work)

        groups, columns = scan.groups()
        likely = partial(_likely, scan, groups, columns)
        candidates, asked = await done(likely, len(groups) * _GROUP * _RANDOM_READ)
        best = partial(self._best, questions, candidates, asked)
        answers: list[Neighbors] = await done(best, len(candidates) * self._mu.shape[1])
        return answers

    def _scanned(self, questions: Sequence[tuple[int, Query]]) -> _Scan:
        vectors = self._mu[[row for row, _ in questions]]
        scores = rough_logits(self._mu, vectors)  # (N, q): twice as fast as (q, N)
        for at, (row, query) in enumerate(questions):
            scores[self._barred(row, query), at] = -np.inf
        return self._scan_of(vectors, scores, [query.k for _, query in questions])

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
            yield from self.search_together(questions[start : start + self._block])

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
        likely = pool[self._propose(self._mu[row], scores, query.k + len(barred))].astype(np.int64)
        found = self._best_of(row, likely[~np.isin(likely, barred)], query)
        return found._replace(exact=False) if len(found.rows) == query.k else None

    def _choose(self, rows: Int64, query: Query, pool: Int64) -> Iterator[Neighbors]:
        vectors = self._mu[pool]
        for row in rows.tolist():
            scores = rough_logits(vectors, self._mu[row])
            scores[_positions(pool, self._barred(row, query))] = -np.inf
            yield self._best_of(row, pool[self._propose(self._mu[row], scores, query.k)], query)

    def search_vector(self, z: Float32, linked: Int64, query: Query) -> Neighbors:
        """The top k of a vector, float32 (D,), that is no node's; its known links are `linked`, int64 rows, rising."""
        pool = np.arange(len(self._mu)) if query.candidates is None else np.unique(query.candidates)
        scores = rough_logits(self._mu if query.candidates is None else self._mu[pool], z)
        barred = [part for part in (query.exclude, None if query.known else linked) if part is not None]
        for rows in barred:
            scores[_positions(pool, rows)] = -np.inf
        candidates = pool[self._propose(z, scores, query.k)]
        [found] = _best(
            candidates, vector_logits(self._mu, z, candidates), np.zeros_like(candidates), [(linked, query)]
        )
        return found

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

    def _propose(self, vector: Float32, scores: Float32, k: int) -> Int64:
        """int64 (m,): where in the scores (n,) of a vector (D,) its top k are for certain."""
        scan = self._scan_of(vector[None], scores[:, None], [k])
        return _likely(scan, *scan.groups())[0]

    def _scan_of(self, vectors: Float32, scores: Float32, ks: Sequence[int]) -> _Scan:
        """Scores (n, q) of vectors (q, D), −∞ where there is no answer, with what they must reach to be among their ks."""
        maxima = _maxima(scores)
        # Among few groups the k-th maximum is low, and too much is above it.
        least = _kth(maxima if 2 * max(ks) <= len(maxima) else scores, ks)
        least -= 2 * self._error * np.sqrt(np.einsum("qd,qd->q", vectors, vectors))
        return _Scan(scores, maxima, least)

    def _best_of(self, row: int, candidates: Int64, query: Query) -> Neighbors:
        [found] = self._best([(row, query)], candidates, np.zeros_like(candidates))
        return found

    def _best(self, questions: Sequence[tuple[int, Query]], candidates: Int64, asked: Int64) -> list[Neighbors]:
        logits = pair_logits(self._mu, np.array([row for row, _ in questions])[asked], candidates)
        return _best(candidates, logits, asked, [(self._graph.neighbors(row), query) for row, query in questions])


def _best(candidates: Int64, logits: Float64, asked: Int64, questions: Sequence[tuple[Ints, Query]]) -> list[Neighbors]:
    """The answer to each question among those candidates that are for it.

    Args:
        candidates: int64 (m,), rows of nodes.
        logits: float64 (m,).
        asked: int64 (m,), the question that each is for.
        questions: a node's known links, rising, and what is asked of it.
    """
    order = np.lexsort((candidates, -logits, asked))
    candidates, logits = candidates[order], logits[order]
    probabilities = sigmoid(logits)
    answers, start = [], 0
    ends = np.cumsum(np.bincount(asked, minlength=len(questions))).tolist()
    for (linked, query), end in zip(questions, ends, strict=True):
        enough = int(np.count_nonzero(probabilities[start:end] >= query.min_probability))
        part = slice(start, start + min(query.k, enough))
        best = candidates[part]
        known = np.isin(best, linked) if query.known else np.zeros(len(best), np.bool_)  # else they were barred
        answers.append(Neighbors(best, logits[part], probabilities[part], known))
        start = end
    return answers


def _maxima(scores: Float32) -> Float32:
    """The largest of each group of `_GROUP` scores of a column, groups apart, (n // `_GROUP`, q); the last are in none."""
    groups = len(scores) // _GROUP
    largest: Float32 = scores[: groups * _GROUP].reshape(_GROUP, groups, scores.shape[1]).max(axis=0)
    return largest


def _likely(scan: _Scan, groups: Int64, columns: Int64) -> tuple[Int64, Int64]:
    """Rows and columns, int64 (m,) each, of the scores that reach the least of their column.

    Looked at are some groups, a column of each, and what is in no group.
    """
    scores, count = scan.scores, len(scan.maxima)
    rows = groups + count * np.arange(_GROUP)[:, None]
    left = np.indices(scores[count * _GROUP :].shape)
    rows, columns = np.append(rows, count * _GROUP + left[0]), np.append(np.broadcast_to(columns, rows.shape), left[1])
    found = scores[rows, columns]
    likely = ~(found < scan.least[columns]) & (found > -np.inf)
    return rows[likely], columns[likely]


def _kth(scores: Float32, ks: Sequence[int]) -> Float32:
    """float32 (q,): the k-th largest of each column of (n, q), −∞ where there are fewer."""
    places = len(scores) - np.array(ks)
    if (places < 0).all():
        return np.full(len(ks), -np.inf, np.float32)
    at = np.maximum(places, 0)
    kth: Float32 = np.partition(scores, np.unique(at), axis=0)[at, np.arange(len(ks))]
    kth[places < 0] = -np.inf
    return kth


def _positions(pool: Int64, rows: Int64) -> Int64:
    """Where those of `rows` that stand in `pool` (int64, rising) stand in it."""
    at = np.searchsorted(pool, rows)
    inside = at < len(pool)
    at, rows = at[inside], rows[inside]
    return np.asarray(at[pool[at] == rows])
