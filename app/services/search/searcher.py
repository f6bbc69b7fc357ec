"""Top-k neighbours: a float32 scan over all nodes or some clusters proposes; the kernel that scores pairs decides."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from latentlink.app.services.search.barred import Barred
from latentlink.app.services.search.batching import InThread
from latentlink.app.services.search.costs import Costs, Plan
from latentlink.app.services.search.scan import GROUP, Scan, complete, likely_places, scan_of
from latentlink.app.services.search.selection import Neighbors, Query, select
from latentlink.models.arrays import Float32, Int64, Ints
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.graph.features import blocks
from latentlink.models.inference.ivf import Index
from latentlink.models.inference.link_decoder import SharedTerms
from latentlink.models.inference.scoring import rough_logits

_GLANCE_CELLS = 1_000_000  # numbers that are multiplied in about a millisecond
_RANDOM_READ = 8  # multiplications that take as long as a read at a random place
# Searches in one scan, at most: more of them gain nothing, and while it lasts as many others are answered.
_TOGETHER = 16
_SCAN_CELLS = 4_000_000  # scores held at once: 16 MiB of float32
_SCAN_ANSWERS = 50_000  # neighbours of one scan, of several searches of one request: a tenth of a second


class Begun(NamedTuple):
    """A scan of several searches, with what shared links add to the scores of each; None without such a part.

    `pool`: int64 (n,), the rows whose scores they are; None for all.
    """

    scan: Scan
    shared: list[SharedTerms | None]
    pool: Int64 | None

    def likely(self, groups: Int64, columns: Int64) -> tuple[Int64, Int64]:
        """As `likely_places`, with rows of nodes."""
        places, owners = likely_places(self.scan, groups, columns)
        return places if self.pool is None else self.pool[places], owners


class Searcher:
    """Finds the best-scoring partners of nodes of one checkpoint.

    Args:
        checkpoint: N nodes, D dimensions.
        longest: the length of the longest vector of a target; None to measure it.

    Attributes:
        most: searches in one scan, at most.
        costs: how much work searches are.
    """

    def __init__(self, checkpoint: Checkpoint, longest: float | None = None) -> None:
        self._decoder, self._graph, self._index = checkpoint.decoder, checkpoint.graph, checkpoint.index
        self._vectors = self._decoder.target_vectors
        # float32 sums of D products are off by at most D · 2⁻²⁴ · ‖x‖ ‖y‖ (Higham 2002, §3.1); doubled for what is dropped there.
        longest = longest_of(self._vectors) if longest is None else longest
        self._error = self._vectors.shape[1] * 2.0**-23 * longest
        self.costs = Costs(checkpoint)
        self._block = max(1, _SCAN_CELLS // len(self._vectors))
        self.most = min(_TOGETHER, self._block)
        self._barred = Barred(self._graph)

    def search(self, rows: Int64, query: Query) -> Iterator[Neighbors]:
        """The top k of each row, in order of `rows`.

        A node is never its own neighbour. Without `query.known` neither known nor held-out links are. The answer has k
        entries whenever k candidates remain. Order: logit descending, then row ascending.

        Args:
            rows: int64 (q,), in [0, N).
            query: the search for each.
        """
        plan = self._plan(query, exact=query.exact)
        if self._index is not None and plan.probes:
            return map(partial(self._probe, self._index, plan.probes, query=query), rows.tolist())
        return self._scan([(row, query) for row in rows.tolist()], self._pool(query) if plan.pooled else None)

    def scans_all(self, query: Query) -> bool:
        """Whether a search scores all nodes, which several do together, and not some of them only."""
        plan = self._plan(query, exact=query.exact)
        return not plan.pooled and not plan.probes

    def search_together(self, searches: Sequence[tuple[int, Query]], pool: Int64 | None = None) -> list[Neighbors]:
        """One scan for several exact searches of rows in [0, N), each with a query of its own; of a pool as in `begin`."""
        begun = self.begin(searches, pool)
        return self._best(searches, begun.shared, *begun.likely(*begun.scan.groups()))

    async def finish(self, searches: Sequence[tuple[int, Query]], begun: Begun, in_thread: InThread) -> list[Neighbors]:
        """As `search_together`, from the finished scan on; on the event loop where that takes about a millisecond.

        It is many small array operations, after each of which a thread would have to wait for the interpreter's lock.
        """

        async def done(work: Callable[[], Any], cells: int) -> Any:
            return work() if cells <= _GLANCE_CELLS else await in_thread(work)

        groups, columns = begun.scan.groups()
        candidates, owners = await done(partial(begun.likely, groups, columns), len(groups) * GROUP * _RANDOM_READ)
        best = partial(self._best, searches, begun.shared, candidates, owners)
        answers: list[Neighbors] = await done(best, len(candidates) * self._vectors.shape[1])
        return answers

    def begin(self, searches: Sequence[tuple[int, Query]], pool: Int64 | None = None) -> Begun:
        """The scan of `search_together`, which `finish` goes on from; of the rows of a pool, rising, that all of them allow."""
        rows = [row for row, _ in searches]
        vectors, shared = self._decoder.source_vectors(np.array(rows)), [self._shared(row) for row in rows]
        scores = self._scores_of(pool, vectors)
        for at, (row, query) in enumerate(searches):
            complete(scores[:, at], pool, shared[at], self._barred.of(row, query), query.allowed)
        scan = scan_of(scores, [query.k for _, query in searches], self._errors(vectors, shared))
        return Begun(scan, shared, pool)

    def glance(self, row: int, query: Query) -> Neighbors | None:
        """As `search` of one row, where that takes about a millisecond: small graphs, or a few clusters that hold enough."""
        dim, shared = self._vectors.shape[1], self.costs.of_shared_links(np.array([row]))
        plan = self._plan(query, exact=query.exact)
        if plan.probes and len(self._vectors) * dim + shared <= _GLANCE_CELLS:
            return next(self.search(np.array([row]), query))
        if plan.scored * dim + shared > _GLANCE_CELLS:
            return None
        if self._index is not None and plan.probes:
            return self._look(self._index, plan.probes, row, query)
        return next(self.search(np.array([row]), query))

    def _scan(self, searches: Sequence[tuple[int, Query]], pool: Int64 | None = None) -> Iterator[Neighbors]:
        block = max(1, min(self._block, _SCAN_ANSWERS // max((query.k for _, query in searches), default=1)))
        for start in range(0, len(searches), block):
            yield from self.search_together(searches[start : start + block], pool)

    def _probe(self, index: Index, probes: int, row: int, query: Query) -> Neighbors:
        """Look at some clusters; at more of them, and in the end at all nodes, while there are fewer than k answers."""
        while probes < len(index.centroids):
            if (found := self._look(index, probes, row, query)) is not None:
                return found
            probes *= 4
        [found] = self._scan([(row, query)])
        return found

    def _look(self, index: Index, probes: int, row: int, query: Query) -> Neighbors | None:
        """The best of some clusters and of the nodes that share a link; None where these are fewer than k answers."""
        vector, shared, barred = self._decoder.source_vector(row), self._shared(row), self._barred.of(row, query)
        clusters = index.promising(vector, probes)
        pool, scores = index.members(clusters), index.scores(clusters, vector)
        if shared is not None:
            pool, scores = self._with_shared(pool, scores, vector, shared)
        if query.allowed is not None:
            scores[~query.allowed[pool]] = -np.inf
        likely = pool[self._propose(vector, shared, scores, query.k + len(barred))].astype(np.int64)
        found = self._best_of(row, shared, likely[~np.isin(likely, barred)], query)
        return found._replace(exact=False) if len(found.rows) == query.k else None

    def _with_shared(self, pool: Ints, scores: Float32, vector: Float32, shared: SharedTerms) -> tuple[Ints, Float32]:
        """Nodes and their scores, float32 (m,), with what shared links add, and all others that share a link."""
        places, found = shared.places(pool)
        scores[found] += shared.terms[places[found]].astype(np.float32)
        others, terms = np.delete(shared.rows, places[found]), np.delete(shared.terms, places[found])
        products = [rough_logits(self._vectors[some], vector) for some in blocks(others, self._vectors.shape[1])]
        return np.concatenate([pool, others]), np.concatenate([scores, np.concatenate([*products, terms[:0]]) + terms])

    def search_vector(self, z: Float32, linked: Int64, query: Query) -> Neighbors:
        """The top k of a vector, float32 (D,), that is no node's; its known links are `linked`, int64 rows, rising."""
        pool = self._pool(query) if self._plan(query, exact=True).pooled else None
        vector, shared = self._decoder.as_source(z), self._decoder.around(linked, more=1)
        scores = self._scores_of(pool, vector[None])
        barred = [part for part in (query.exclude, None if query.known else linked) if part is not None]
        complete(scores[:, 0], pool, shared, np.concatenate([*barred, linked[:0]]), query.allowed)
        scan = scan_of(scores, [query.k], self._errors(vector[None], [shared]))
        candidates, owners = Begun(scan, [shared], pool).likely(*scan.groups())
        logits = self._decoder.of_vector(z, candidates, shared)
        [found] = select(candidates, logits, owners, [(linked, query)])
        return found

    def _plan(self, query: Query, *, exact: bool) -> Plan:
        candidates = None if query.candidates is None else len(query.candidates)
        return self.costs.plan(candidates, query.count_allowed, exact=exact)

    def _pool(self, query: Query) -> Int64:
        """The rows that a query chooses from, int64, rising."""
        if query.candidates is None:
            return np.flatnonzero(np.ones(len(self._vectors), np.bool_) if query.allowed is None else query.allowed)
        pool = np.unique(query.candidates)
        return pool if query.allowed is None else pool[query.allowed[pool]]

    def _scores_of(self, pool: Int64 | None, vectors: Float32) -> Float32:
        """Inner products of the rows of a pool, or of all, with vectors (q, D): float32 (n, q), twice as fast as (q, n)."""
        if pool is None:
            return rough_logits(self._vectors, vectors)
        parts = [rough_logits(self._vectors[some], vectors) for some in blocks(pool, self._vectors.shape[1])]
        return np.concatenate([np.empty((0, len(vectors)), np.float32), *parts])

    def _shared(self, row: int) -> SharedTerms | None:
        return self._decoder.around(self._graph.neighbors(row))

    def _errors(self, vectors: Float32, shared: Sequence[SharedTerms | None]) -> Float32:
        """How far the rough scores of vectors (q, D), and of what shared links add, are from the logits, float32 (q,)."""
        largest = [0.0 if terms is None else terms.terms.max(initial=0) for terms in shared]
        # A term is rounded, and so is its sum with the product: 2⁻²⁴ each, and doubled.
        lengths = np.sqrt(np.einsum("qd,qd->q", vectors, vectors))
        return np.asarray(self._error * lengths + np.array(largest, np.float32) * np.float32(2.0**-22))

    def _propose(self, vector: Float32, shared: SharedTerms | None, scores: Float32, k: int) -> Int64:
        """int64 (m,): where in the scores (n,) of a vector (D,) its top k are for certain."""
        scan = scan_of(scores[:, None], [k], self._errors(vector[None], [shared]))
        return likely_places(scan, *scan.groups())[0]

    def _best_of(self, row: int, shared: SharedTerms | None, candidates: Int64, query: Query) -> Neighbors:
        [found] = self._best([(row, query)], [shared], candidates, np.zeros_like(candidates))
        return found

    def _best(
        self,
        searches: Sequence[tuple[int, Query]],
        shared: Sequence[SharedTerms | None],
        candidates: Int64,
        owners: Int64,
    ) -> list[Neighbors]:
        sources = np.array([row for row, _ in searches])[owners]
        logits = self._decoder.products(sources, candidates)
        for at, terms in enumerate(shared):
            if terms is not None:
                own = owners == at
                logits[own] += terms.at(candidates[own])
        return select(candidates, logits, owners, [(self._graph.neighbors(row), query) for row, query in searches])


def longest_of(vectors: Float32) -> float:
    """The length of the longest of some vectors, float32 (N, D)."""
    return float(np.sqrt(np.einsum("nd,nd->n", vectors, vectors).max()))
