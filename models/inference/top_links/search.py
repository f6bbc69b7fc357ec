"""The search: pairs of blocks by falling bound, until no other pair can be among the best.

Rows are sorted by the highest logit that each can have, so that the first pairs of blocks hold the best links, and their logits
rule most others out (Teflioudi et al. 2015, LEMP, with one threshold for all rows). Products in float32 propose links, the kernel
that scores pairs decides: the list is that of all logits to the bit.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from latentlink.models.arrays import Bool, Float32, Float64, Int64, Ints
from latentlink.models.graph.csr import contains
from latentlink.models.inference.link_decoder import LinkDecoder
from latentlink.models.inference.top_links.best import Best
from latentlink.models.inference.top_links.block_pairs import BlockPairs, Rectangle
from latentlink.models.inference.top_links.pair_classes import PairClasses
from latentlink.models.inference.top_links.products import Products
from latentlink.models.inference.top_links.sides import Vectors, has_bias
from latentlink.models.inference.top_links.two_hops import TwoHops

BLOCK = 1024  # rows: the scores of two blocks take 4 MiB
_MANY = 64  # pairs of blocks, from which on several threads look at them
_ROUGH = 2**12  # pairs whose rough logits are computed at once


@dataclass(frozen=True)
class LeftOut:
    """Links that are no answers.

    Attributes:
        indptr: int64 (N+1,), where the known links of each node start.
        indices: int32 or int64, their other ends, rising within each row; both directions are stored where there is none.
        heldout: int64 (m, 2), more links, in the direction of the graph or in one of both; or None.
    """

    indptr: Ints
    indices: Ints
    heldout: Int64 | None = None


class Work(NamedTuple):
    """How far a search is.

    Attributes:
        done: steps that are finished, of which a search that goes on skips as many.
        left: steps that may still have to be done; later ones rule some of them out.
        pairs: how many pairs' logits this step computed of a product of two blocks.
    """

    done: int
    left: int
    pairs: int


class Proposed(NamedTuple):
    """Pairs (m,) that may be among the best.

    Attributes:
        sources: int64, the nodes at one end.
        targets: int64, those at the other one.
        rough: float32, their logits.
        error: how far these may be off.
        looked: how many logits were computed of a product of two blocks.
    """

    sources: Int64
    targets: Int64
    rough: Float32
    error: float
    looked: int


class LinkSearch:
    """The best links by one decoder, in steps.

    Args:
        decoder: of logits, of N nodes.
        classes: which pairs are searched.
        best: keeps the links.
        left_out: links that are no answers, or None.
        relation: the place of the relation that logits are of.
        least: the logit that a link must reach.
        block: rows in a block.
    """

    def __init__(
        self,
        decoder: LinkDecoder,
        classes: PairClasses,
        best: Best,
        left_out: LeftOut | None = None,
        relation: int = 0,
        least: float = -np.inf,
        block: int = BLOCK,
    ) -> None:
        self._decoder, self._classes, self._best, self._left_out = decoder, classes, best, left_out
        self._relation, self._least, self._n = relation, least, len(decoder.z)
        # Sums of D products in float32 are off by D · 2⁻²⁴ ‖x‖ ‖y‖ (Higham 2002, §3.1). Doubled, also for roots of weights.
        self._error = (decoder.z.shape[1] + 16) * 2.0**-23
        bias = has_bias(decoder)
        self._sources, self._targets = Vectors(decoder, True, bias), Vectors(decoder, False, bias)
        heldout = None if left_out is None else left_out.heldout
        self._heldout = None if heldout is None else np.sort(self._keys(*heldout.T))
        self._shared = shared = decoder.shared if decoder.shared is not None and decoder.shared.weights.any() else None
        self._hops = None if shared is None else TwoHops(shared, self._targets.bounds(np.arange(self._n)), self._error)
        vectors, directed = (self._sources, self._targets), classes.directed
        rectangles = [Rectangle.make(vectors, rows, block, directed=directed) for rows in classes.rectangles()]
        self._blocks = BlockPairs(rectangles, self._error)
        self._products = Products(block)

    @property
    def _threshold(self) -> float:
        """The logit that another link needs."""
        return max(self._best.threshold, self._least)

    def run(self, done: int = 0) -> Iterator[Work]:
        """Search, from a number of finished steps on; what was found is in `best` at every yield."""
        hops = 0 if self._hops is None else len(self._hops)
        if self._hops is not None:
            for at in range(done, hops):
                if self._hops.reach(at) < self._threshold:
                    break
                self._look_around(self._hops, at)
                yield Work(at + 1, hops - at - 1 + self._blocks.left(0, self._threshold), 0)
        start = max(0, done - hops)
        for at, proposed in enumerate(self._proposed(start), start):
            self._offer(proposed.sources, proposed.targets, proposed.rough, proposed.error)
            yield Work(hops + at + 1, self._blocks.left(at + 1, self._threshold), proposed.looked)

    def _proposed(self, start: int) -> Iterator["Proposed"]:
        """What pairs of blocks hold, from one on."""
        if len(self._blocks) < _MANY:
            for at in range(start, len(self._blocks)):
                if not self._blocks.left(at, self._threshold):
                    break
                yield self._look(at)
        else:
            yield from self._proposed_ahead(start)

    def _proposed_ahead(self, start: int) -> Iterator["Proposed"]:
        """Likewise; some are looked at ahead, by as many threads as BLAS may take, each of which multiplies by itself."""
        threads = max((int(each["num_threads"]) for each in threadpool_info() if each["user_api"] == "blas"), default=1)
        ahead: deque[Future[Proposed]] = deque()
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
            for at in range(start, len(self._blocks)):
                while len(ahead) <= threads and self._blocks.left(at + len(ahead), self._threshold):
                    ahead.append(pool.submit(self._look, at + len(ahead)))
                if not ahead:
                    break
                yield ahead.popleft().result()

    def _look_around(self, hops: TwoHops, at: int) -> None:
        """Offer the pairs of a run that shared links lift, those first that may be the best."""
        ends, others, terms, bounds, errors = hops.pairs(at, self._threshold)
        for start in range(0, len(terms), _ROUGH):
            if bounds[start] < self._threshold:
                break
            part = slice(start, start + _ROUGH)
            one, other = self._sources.of(ends[part]), self._targets.of(others[part])
            rough = np.einsum("md,md->m", one, other) + terms[part]
            self._offer(ends[part], others[part], rough, float(errors[part].max()))

    def _look(self, at: int) -> "Proposed":
        """The pairs of two blocks that may be among the best."""
        rectangle, first, second = self._blocks.at(at)
        one, other = rectangle.sources, rectangle.targets
        error = self._error * float(one.maxima.whole[first] * other.maxima.whole[second])
        least = self._threshold - error
        # Of each block the rows alone that can reach it with the best of the other one.
        near, far = one.reaching(first, other, second, least), other.reaching(second, one, first, least)
        sources, targets = self._sources.of(one.rows[near]), self._targets.of(other.rows[far])
        places, rough = self._products.reaching(sources, targets, least)
        i, j = np.divmod(places, max(1, len(far)))
        if rectangle.triangle:
            upper = near[i] < far[j]
            i, j, rough = i[upper], j[upper], rough[upper]
        ends, others = one.rows[near[i]], other.rows[far[j]]
        if self._shared is not None:  # those that share links were offered with the runs of two hops
            alone = self._shared.pairs(ends, others) == 0
            ends, others, rough = ends[alone], others[alone], rough[alone]
        return Proposed(ends, others, rough, error, len(near) * len(far))

    def _offer(self, ends: Int64, others: Int64, rough: Float32 | Float64, error: float) -> None:
        """Offer those of some pairs (m,) that are searched and may be among the best; rough logits are off by `error` at most."""
        high = np.flatnonzero(rough >= self._threshold - error)
        searched, sources, targets = self._classes.oriented(ends[high], others[high])
        if self._left_out is not None:
            searched &= ~self._is_left_out(self._left_out, sources, targets)
        rough, sources, targets = rough[high[searched]], sources[searched], targets[searched]
        if len(rough) > (limit := self._best.limit):
            high = np.flatnonzero(rough >= np.partition(rough, -limit)[-limit] - 2 * error)
            sources, targets = sources[high], targets[high]
        logits = self._decoder.pairs(sources, targets)
        reached = logits >= self._least
        self._best.add(sources[reached], targets[reached], logits[reached], self._relation)

    def _is_left_out(self, links: LeftOut, sources: Int64, targets: Int64) -> Bool:
        found = contains(links.indptr, links.indices, sources, targets)
        if self._heldout is not None and len(self._heldout):
            keys = self._keys(sources, targets)
            places = np.minimum(np.searchsorted(self._heldout, keys), len(self._heldout) - 1)
            found |= self._heldout[places] == keys
        return found

    def _keys(self, sources: Int64, targets: Int64) -> Int64:
        """A number of each pair, int64 (m,); the same in both directions where links have none."""
        if not self._classes.directed:
            sources, targets = np.minimum(sources, targets), np.maximum(sources, targets)
        return sources * self._n + targets
