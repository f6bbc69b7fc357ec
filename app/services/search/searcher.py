"""Top-k neighbours: a float32 scan over all nodes or some clusters proposes; the kernel that scores pairs decides."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from latentlink.app.services.search.batching import InThread
from latentlink.app.services.search.costs import Costs
from latentlink.app.services.search.scan import GROUP, Scan, likely_places, positions, scan_of
from latentlink.app.services.search.selection import Neighbors, Query, select
from latentlink.models.arrays import Float32, Int64, Ints
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import blocks
from latentlink.models.graph.graph import adjacency
from latentlink.models.inference.ivf import Index
from latentlink.models.inference.link_decoder import SharedTerms
from latentlink.models.inference.scoring import pair_logits, rough_logits

_GLANCE_CELLS = 1_000_000  # numbers that are multiplied in about a millisecond
_RANDOM_READ = 8  # multiplications that take as long as a read at a random place
# Searches in one scan, at most: more of them gain nothing, and while it lasts as many others are answered.
_TOGETHER = 16
_SCAN_CELLS = 4_000_000  # scores held at once: 16 MiB of float32
_SCAN_ANSWERS = 50_000  # neighbours of one scan, of several searches of one request: a tenth of a second


class Begun(NamedTuple):
    """A scan of several searches, with what shared links add to the scores of each; None without such a part."""

    scan: Scan
    shared: list[SharedTerms | None]


class Searcher:
    """Finds the best-scoring partners of nodes of one checkpoint.

    Args:
        checkpoint: N nodes, D dimensions.

    Attributes:
        most: searches in one scan, at most.
        costs: how much work searches are.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._mu, self._decoder = checkpoint.mu, checkpoint.decoder
        self._graph = checkpoint.graph
        self._index = checkpoint.index
        # float32 sums of D products are off by at most D · 2⁻²⁴ · ‖x‖ ‖y‖ (Higham 2002, §3.1); doubled for what is dropped there.
        longest = float(np.sqrt(np.einsum("nd,nd->n", self._mu, self._mu).max()))
        self._error = self._mu.shape[1] * 2.0**-23 * longest
        self.costs = Costs(checkpoint)
        heldout = checkpoint.graph.heldout
        self._block = max(1, _SCAN_CELLS // len(self._mu))
        self.most = min(_TOGETHER, self._block)
        self._heldout: CSR | None = None if heldout is None else adjacency(len(self._mu), heldout)

    def search(self, rows: Int64, query: Query) -> Iterator[Neighbors]:
        """The top k of each row, in order of `rows`.

        A node is never its own neighbour. Without `query.known` neither known nor held-out links are. The answer has k
        entries whenever k candidates remain. Order: logit descending, then row ascending.

        Args:
            rows: int64 (q,), in [0, N).
            query: the search for each.
        """
        if query.candidates is not None:
            return self._choose(rows, query, np.unique(query.candidates))
        if (index := self.index_for(query)) is not None:
            return (self._probe(index, row, query) for row in rows.tolist())
        return self._scan([(row, query) for row in rows.tolist()])

    def index_for(self, query: Query) -> Index | None:
        """The index that answers a query, or None where all its candidates are looked at."""
        return None if query.exact or query.candidates is not None else self._index

    def search_together(self, searches: Sequence[tuple[int, Query]]) -> list[Neighbors]:
        """One scan for several exact searches of rows in [0, N), each with a query of its own."""
        scan, shared = self.begin(searches)
        return self._best(searches, shared, *likely_places(scan, *scan.groups()))

    async def finish(self, searches: Sequence[tuple[int, Query]], begun: Begun, in_thread: InThread) -> list[Neighbors]:
        """As `search_together`, from the finished scan on; on the event loop where that takes about a millisecond.

        It is many small array operations, after each of which a thread would have to wait for the interpreter's lock.
        """

        async def done(work: Callable[[], Any], cells: int) -> Any:
            return work() if cells <= _GLANCE_CELLS else await in_thread(work)

        scan, shared = begun
        groups, columns = scan.groups()
        likely = partial(likely_places, scan, groups, columns)
        candidates, owners = await done(likely, len(groups) * GROUP * _RANDOM_READ)
        best = partial(self._best, searches, shared, candidates, owners)
        answers: list[Neighbors] = await done(best, len(candidates) * self._mu.shape[1])
        return answers

    def begin(self, searches: Sequence[tuple[int, Query]]) -> Begun:
        """The scan of `search_together`, which `finish` goes on from."""
        rows = [row for row, _ in searches]
        vectors, shared = self._decoder.source_vectors(np.array(rows)), [self._shared(row) for row in rows]
        scores = rough_logits(self._mu, vectors)  # (N, q): twice as fast as (q, N)
        for at, (row, query) in enumerate(searches):
            if (terms := shared[at]) is not None:
                scores[terms.rows, at] += terms.terms.astype(np.float32)
            scores[self._barred(row, query), at] = -np.inf
        return Begun(scan_of(scores, [query.k for _, query in searches], self._errors(vectors, shared)), shared)

    def glance(self, row: int, query: Query) -> Neighbors | None:
        """As `search` of one row, where that takes about a millisecond: small graphs, or a few clusters that hold enough."""
        dim, shared = self._mu.shape[1], self.costs.of_shared_links(np.array([row]))
        if len(self._mu) * dim + shared <= _GLANCE_CELLS:
            return next(self.search(np.array([row]), query))
        index = self.index_for(query)
        if index is None or index.looked_at() * dim + shared > _GLANCE_CELLS:
            return None
        return self._look(index, index.probes, row, query)

    def _scan(self, searches: Sequence[tuple[int, Query]]) -> Iterator[Neighbors]:
        block = max(1, min(self._block, _SCAN_ANSWERS // max((query.k for _, query in searches), default=1)))
        for start in range(0, len(searches), block):
            yield from self.search_together(searches[start : start + block])

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
        """The best of some clusters and of the nodes that share a link; None where these are fewer than k answers."""
        vector, shared, barred = self._decoder.source_vector(row), self._shared(row), self._barred(row, query)
        clusters = index.promising(vector, probes)
        pool, scores = index.members(clusters), index.scores(clusters, vector)
        if shared is not None:
            pool, scores = self._with_shared(pool, scores, vector, shared)
        likely = pool[self._propose(vector, shared, scores, query.k + len(barred))].astype(np.int64)
        found = self._best_of(row, shared, likely[~np.isin(likely, barred)], query)
        return found._replace(exact=False) if len(found.rows) == query.k else None

    def _with_shared(self, pool: Ints, scores: Float32, vector: Float32, shared: SharedTerms) -> tuple[Ints, Float32]:
        """Nodes and their scores, float32 (m,), with what shared links add, and all others that share a link."""
        places, found = shared.places(pool)
        scores[found] += shared.terms[places[found]].astype(np.float32)
        others, terms = np.delete(shared.rows, places[found]), np.delete(shared.terms, places[found])
        products = [rough_logits(self._mu[some], vector) for some in blocks(others, self._mu.shape[1])]
        return np.concatenate([pool, others]), np.concatenate([scores, np.concatenate([*products, terms[:0]]) + terms])

    def _choose(self, rows: Int64, query: Query, pool: Int64) -> Iterator[Neighbors]:
        vectors = self._mu[pool]
        for row in rows.tolist():
            vector, shared = self._decoder.source_vector(row), self._shared(row)
            scores = self._scores_of(pool, vectors, vector, shared)
            scores[positions(pool, self._barred(row, query))] = -np.inf
            yield self._best_of(row, shared, pool[self._propose(vector, shared, scores, query.k)], query)

    def search_vector(self, z: Float32, linked: Int64, query: Query) -> Neighbors:
        """The top k of a vector, float32 (D,), that is no node's; its known links are `linked`, int64 rows, rising."""
        pool = np.arange(len(self._mu)) if query.candidates is None else np.unique(query.candidates)
        vector, shared = self._decoder.as_source(z), self._decoder.around(linked, more=1)
        scores = self._scores_of(pool, self._mu if query.candidates is None else self._mu[pool], vector, shared)
        barred = [part for part in (query.exclude, None if query.known else linked) if part is not None]
        for rows in barred:
            scores[positions(pool, rows)] = -np.inf
        candidates = pool[self._propose(vector, shared, scores, query.k)]
        logits = self._decoder.of_vector(z, candidates, shared)
        [found] = select(candidates, logits, np.zeros_like(candidates), [(linked, query)])
        return found

    def _scores_of(self, pool: Int64, vectors: Float32, vector: Float32, shared: SharedTerms | None) -> Float32:
        """Rough logits, float32 (m,), of the nodes of `pool`, (m,), with their vectors, (m, D)."""
        scores = rough_logits(vectors, vector)
        if shared is not None:
            scores += shared.at(pool).astype(np.float32)
        return scores

    def _shared(self, row: int) -> SharedTerms | None:
        return self._decoder.around(self._graph.neighbors(row))

    def _errors(self, vectors: Float32, shared: Sequence[SharedTerms | None]) -> Float32:
        """How far the rough scores of vectors (q, D), and of what shared links add, are from the logits, float32 (q,)."""
        largest = [0.0 if terms is None else terms.terms.max(initial=0) for terms in shared]
        # A term is rounded, and so is its sum with the product: 2⁻²⁴ each, and doubled.
        lengths = np.sqrt(np.einsum("qd,qd->q", vectors, vectors))
        return np.asarray(self._error * lengths + np.array(largest, np.float32) * np.float32(2.0**-22))

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
        logits = pair_logits(self._mu, sources, candidates, self._decoder.column_weights)
        for at, terms in enumerate(shared):
            if terms is not None:
                own = owners == at
                logits[own] += terms.at(candidates[own])
        return select(candidates, logits, owners, [(self._graph.neighbors(row), query) for row, query in searches])
