"""The best missing links of a whole graph."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from latentlink.models.graph.graph import adjacency, out_links
from latentlink.models.inference.link_decoder import LinkDecoder, SharedLinks
from latentlink.models.inference.top_links import search as search_module
from latentlink.models.inference.top_links.best import Best, Links
from latentlink.models.inference.top_links.pair_classes import PairClasses
from latentlink.models.inference.top_links.search import LeftOut, LinkSearch


class Case(NamedTuple):
    """A model and what is asked about it."""

    decoder: LinkDecoder
    classes: PairClasses
    left_out: LeftOut
    limit: int
    least: float
    block: int


def drawn(seed: int) -> Case:
    """A random model of few nodes, with ties, and a random question about it."""
    rng = np.random.default_rng(seed)
    n, dim = int(rng.integers(2, 25)), int(rng.integers(1, 6))
    directed, typed = rng.random() < 0.3, rng.random() < 0.4
    z = (rng.integers(-3, 4, (n, dim)) / rng.choice([1, 3])).astype(np.float32)
    weights = rng.integers(-2, 3, dim).astype(np.float32) if rng.random() < 0.6 else None
    if weights is not None and rng.random() < 0.5:  # a bias
        bias = rng.normal(-2, 1, (n, 1))
        z = np.concatenate([z, np.concatenate([bias + 1, bias - 1], axis=1) / np.sqrt(2)], axis=1).astype(np.float32)
        weights = np.append(weights, [1, -1]).astype(np.float32)
    pairs = rng.integers(0, n, (int(rng.integers(0, 3 * n)), 2))
    edges = np.unique(
        pairs[pairs[:, 0] != pairs[:, 1]] if directed else np.sort(pairs[pairs[:, 0] != pairs[:, 1]]), axis=0
    )
    heldout, edges = edges[: len(edges) // 4], edges[len(edges) // 4 :]
    csr = (out_links if directed else adjacency)(n, edges)
    targets = z[::-1].copy() if directed else None
    shared = None
    if not directed and rng.random() < 0.6:
        shared = SharedLinks(csr.indptr, csr.indices, rng.integers(0, 3, 3).astype(np.float64))
    masks = [rng.random(n) < 0.6 if rng.random() < 0.3 else None for _ in range(2)]
    types = (rng.integers(0, 3, n).astype(np.int16), rng.random((3, 3)) < 0.5) if typed else None
    if types is not None and not directed:
        types = types[0], types[1] | types[1].T
    classes = PairClasses.make(n, directed=directed, types=types, sources=masks[0], targets=masks[1])
    least = float(rng.choice([-np.inf, 0.0, 2.0]))
    decoder = LinkDecoder(z, weights, shared, targets)
    return Case(decoder, classes, LeftOut(csr.indptr, csr.indices, heldout), int(rng.integers(1, 60)), least, 4)


def by_brute_force(case: Case) -> Links:
    """All logits, sorted."""
    links, n = case.left_out, len(case.decoder.z)
    gone = {
        (row, other) for row in range(n) for other in links.indices[links.indptr[row] : links.indptr[row + 1]].tolist()
    }
    assert links.heldout is not None
    gone |= {*map(tuple, links.heldout.tolist())}
    if not case.classes.directed:
        gone |= {(target, source) for source, target in gone}
    found = dict[frozenset[int] | tuple[int, int], tuple[float, int, int]]()
    for source, target in np.ndindex(n, n):
        if source == target or (source, target) in gone or not _linked(case, source, target):
            continue
        key = (source, target) if case.classes.directed else frozenset((source, target))
        logit = case.decoder.pair(source, target)
        # Of two ways to write a link, the one from the earlier type, or else from the lower row.
        if logit >= case.least and (key not in found or _place(case, source) < _place(case, found[key][1])):
            found[key] = -logit, source, target
    best = sorted(found.values())[: case.limit]
    logits, sources, targets = np.array(best).reshape(-1, 3).T
    return Links(sources.astype(np.int64), targets.astype(np.int64), -logits, np.zeros(len(best), np.int16))


def _place(case: Case, row: int) -> tuple[int, int]:
    return int(case.classes.of[row]) // 4, row


def _linked(case: Case, source: int, target: int) -> bool:
    return bool(case.classes.linked[case.classes.of[source], case.classes.of[target]])


@given(st.integers(0, 10**9))
@settings(max_examples=100, deadline=None)
def test_the_best_links_are_those_of_all_logits(seed: int) -> None:
    """To the bit and in order, whatever the parts, directions, types and masks are."""
    case = drawn(seed)
    best = Best(case.limit)
    for _ in LinkSearch(case.decoder, case.classes, best, case.left_out, least=case.least, block=case.block).run():
        pass
    found, expected = best.links(), by_brute_force(case)
    assert [part.tobytes() for part in found] == [part.tobytes() for part in expected]


def test_blocks_that_several_threads_look_at_ahead_give_the_same_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the bit, though a thread may know a lower threshold than one that looks later."""
    monkeypatch.setattr(search_module, "_MANY", 0)
    with threadpool_limits(3, "blas"):
        for seed in range(12):
            case = drawn(seed)
            best = Best(case.limit)
            for _ in LinkSearch(case.decoder, case.classes, best, case.left_out, least=case.least, block=2).run():
                pass
            found, expected = best.links(), by_brute_force(case)
            assert [part.tobytes() for part in found] == [part.tobytes() for part in expected]


@given(st.integers(0, 10**9), st.integers(0, 6))
@settings(max_examples=50, deadline=None)
def test_an_interrupted_search_goes_on(seed: int, steps: int) -> None:
    """From the state after any step, another search ends with the same bytes."""
    case = drawn(seed)
    best = Best(case.limit)
    search = LinkSearch(case.decoder, case.classes, best, case.left_out, least=case.least, block=case.block)
    done = max((work.done for _, work in zip(range(steps), search.run(), strict=False)), default=0)
    again = Best.restored(case.limit, best.state())
    for _ in LinkSearch(case.decoder, case.classes, again, case.left_out, least=case.least, block=case.block).run(done):
        pass
    assert [part.tobytes() for part in again.links()] == [part.tobytes() for part in by_brute_force(case)]
