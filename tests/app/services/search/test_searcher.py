"""Exact top-k against a brute-force oracle."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlink.app.services.search.batching import Batcher
from latentlink.app.services.search.searcher import Searcher
from latentlink.app.services.search.selection import Neighbors, Query
from latentlink.models.arrays import Float32, Int64
from latentlink.models.checkpoint import Checkpoint, KnownGraph, NodeTable, encode_nodes
from latentlink.models.graph.graph import adjacency
from latentlink.models.inference.ivf import Index, make_index
from latentlink.models.inference.link_decoder import LinkDecoder
from latentlink.models.inference.scoring import pair_logits
from tests.app.oracle import Search, top
from tests.support import Small


def searcher(small: Small, index: Index | None = None) -> Searcher:
    """A searcher over arrays in memory."""
    n = len(small.mu)
    known = adjacency(n, small.edges)
    graph = KnownGraph(known.indptr, known.indices, None, small.heldout)
    nodes = NodeTable(encode_nodes([str(row) for row in range(n)]))
    unread: Any = None
    return Searcher(Checkpoint(Path(), unread, small.mu, None, graph, nodes, index=index))


def query_of(search: Search, *, exact: bool = False) -> Query:
    """The same search as arrays."""
    candidates = None if search.candidates is None else np.array(search.candidates, np.int64)
    allowed = None if search.allowed is None else np.array(search.allowed, np.bool_)
    exclude = np.array(search.exclude, np.int64)
    return Query(search.k, search.known, search.min_probability, candidates, exclude, exact, allowed)


def ask(small: Small, rows: list[int], search: Search) -> list[Neighbors]:
    """What the searcher answers."""
    return list(searcher(small).search(np.array(rows, np.int64), query_of(search)))


def bits(found: Neighbors) -> list[bytes]:
    """All columns of an answer."""
    return [column.tobytes() for column in (found.rows, found.logits, found.probabilities, found.known)]


@st.composite
def problems(draw: st.DrawFn) -> tuple[Small, Search]:
    """Small graphs over a coarse grid, full of ties, and a search in them."""
    n, dim = draw(st.integers(1, 12)), draw(st.integers(1, 3))
    cells = draw(st.lists(st.integers(-4, 4), min_size=n * dim, max_size=n * dim))
    pairs = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=12))
    edges = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
    cut = draw(st.integers(0, len(edges)))
    rows = st.lists(st.integers(0, n - 1), max_size=6)
    known, heldout = np.array(edges[:cut]).reshape(-1, 2), np.array(edges[cut:]).reshape(-1, 2)
    small = Small(
        np.array(cells, np.float32).reshape(n, dim) / np.float32(8), known.astype(np.int64), heldout.astype(np.int64)
    )
    search = Search(
        draw(st.integers(1, 14)),
        draw(st.booleans()),
        draw(st.sampled_from([0.0, 0.5, 0.51])),
        draw(st.none() | rows),
        draw(rows),
        draw(st.none() | st.lists(st.booleans(), min_size=n, max_size=n)),
    )
    return small, search


@settings(max_examples=150, deadline=None, derandomize=True)
@given(problems())
def test_any_search_agrees_with_brute_force(problem: tuple[Small, Search]) -> None:
    """On any small graph, with ties, held-out edges, candidates, exclusions and a mask, each node's answer is the oracle's."""
    small, search = problem
    rows = list(range(len(small.mu)))
    assert [found.rows.tolist() for found in ask(small, rows, search)] == [top(small, row, search) for row in rows]


@pytest.fixture(scope="module")
def wide() -> Small:
    """Enough rows for groups whose largest scores are looked at first, some rows equal, some well linked."""
    random = np.random.default_rng(1)
    mu = random.normal(0, 1, (1500, 5)).astype(np.float32)
    mu[700:760] = mu[3]
    pairs = random.integers(0, 1500, (300, 2))
    hub = np.stack([np.zeros(400, np.int64), np.arange(1, 401)], axis=1)
    edges = np.unique(np.sort(np.concatenate([pairs[pairs[:, 0] != pairs[:, 1]], hub]), axis=1), axis=0)
    return Small(mu, edges)


def share(of: float) -> list[bool]:
    """A mask that allows about such a share of the many rows."""
    return [bool(may) for may in np.random.default_rng(2).random(1500) < of]


WIDE = [
    Search(1),
    Search(10),
    Search(23, known=True),
    Search(24),
    Search(100, exclude=range(500)),
    Search(10, False, 0.99),
    *(Search(10, allowed=share(of)) for of in (0.01, 0.1, 0.4, 0.95)),
    Search(700, allowed=share(0.4)),
]


@pytest.mark.parametrize("search", WIDE)
def test_a_search_of_many_rows_agrees_with_brute_force(wide: Small, search: Search) -> None:
    """The answer for hubs, for rows with equals and for others is the oracle's."""
    rows = [0, 3, 4, 725, 1499]
    found = ask(wide, rows, search)
    assert [one.rows.tolist() for one in found] == [top(wide, row, search) for row in rows]
    assert all(one.exact for one in found)


def test_searches_together_answer_as_each_alone(wide: Small) -> None:
    """Whatever each search, its answer is the same to the bit in one scan with others, and when they come at once."""
    made = searcher(wide)
    searches = [
        (row, Query(k, known)) for row, k, known in [(0, 5, True), (3, 10, False), (0, 200, False), (9, 1, True)]
    ]
    searches += [(3, query_of(Search(10, allowed=share(0.5)))), (4, query_of(Search(10, allowed=share(0.001))))]
    alone = [bits(*made.search_together([one])) for one in searches]
    assert [bits(found) for found in made.search_together(searches)] == alone
    assert [bits(found) for found in asyncio.run(_at_once(made, searches))] == alone


async def _in_thread(work: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(work)


async def _at_once(made: Searcher, searches: Sequence[tuple[int, Query]]) -> list[Neighbors]:
    together = Batcher(made.begin, made.finish, made.most)
    return await asyncio.gather(*(together.submit(one, _in_thread) for one in searches))


@pytest.mark.parametrize(("cells", "on_loop"), [(10**6, True), (1000, False)])
def test_what_takes_long_is_not_left_to_the_event_loop(
    wide: Small, monkeypatch: pytest.MonkeyPatch, cells: int, on_loop: bool
) -> None:
    """A node whose vector is zero scores all others alike; where that is much, their logits are worked out in a thread."""
    wide = replace(wide, mu=np.where(np.arange(1500)[:, None] == 3, np.float32(0), wide.mu))
    threads = set()

    def pair_logits_somewhere(*arguments: Any) -> Any:
        threads.add(threading.current_thread())
        return pair_logits(*arguments)

    monkeypatch.setattr("latentlink.app.services.search.searcher._GLANCE_CELLS", cells)
    monkeypatch.setattr("latentlink.models.inference.link_decoder.pair_logits", pair_logits_somewhere)
    [found] = asyncio.run(_at_once(searcher(wide), [(3, Query(5))]))
    assert found.rows.tolist() == top(wide, 3, Search(5))
    assert (threads == {threading.current_thread()}) is on_loop


def close(n: int = 300, dim: int = 32) -> Float32:
    """Rows that differ by the last bits of float32: a scan in float32 can't separate their logits."""
    random = np.random.default_rng(4)
    mu = np.tile(random.normal(0, 30, dim).astype(np.float32), (n, 1))
    ulps = random.integers(-3, 4, mu.shape).astype(np.int32)
    return (mu.view(np.int32) + ulps).view(np.float32)


def test_candidates_of_the_scan_include_what_float32_misorders() -> None:
    """Where float32 sums are wrong about the order, the answer is still the float64 order."""
    small = Small(close(), np.array([[0, 1]]))
    wrong = np.argsort(-(small.mu[:5] @ small.mu.T), axis=1, kind="stable")[:, :10].tolist()
    right = [top(small, row, Search(known=True)) for row in range(5)]
    assert wrong != right
    assert [found.rows.tolist() for found in ask(small, list(range(5)), Search(known=True))] == right


def test_batches_answer_as_single_nodes_do(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the block of the scan, each answer is the same to the bit."""
    whole = ask(small, list(range(60)), Search())
    monkeypatch.setattr("latentlink.app.services.search.searcher._SCAN_CELLS", 60 * 7)
    blocks = ask(small, list(range(60)), Search())
    single = [found for row in range(60) for found in ask(small, [row], Search())]
    for one, other, third in zip(whole, blocks, single, strict=True):
        assert bits(one) == bits(other) == bits(third)


@pytest.fixture(scope="module")
def indexed(wide: Small) -> tuple[Searcher, Index]:
    """A searcher of the many rows with an index of which two clusters are looked at."""
    index, _ = make_index(LinkDecoder(wide.mu), adjacency(len(wide.mu), wide.edges), np.random.default_rng(0))
    index = index._replace(probes=2)
    return searcher(wide, index), index


def test_an_indexed_search_finds_the_best_of_its_clusters(wide: Small, indexed: tuple[Searcher, Index]) -> None:
    """Where the clusters hold enough, the answer is the oracle's over their members, and says that it is not exact."""
    search, index = indexed
    for row in range(500, 560):
        [found] = search.search(np.array([row]), Query(5))
        members = index.members(index.ranked(wide.mu[row])[:2]).tolist()
        assert not found.exact
        assert found.rows.tolist() == top(wide, row, Search(5, candidates=members))


@pytest.mark.parametrize(
    "search",
    [
        *(Search(1400), Search(10, min_probability=0.999), Search(3, exclude=range(1490)), Search(2000), Search(1495)),
        *(Search(10, allowed=share(of)) for of in (0.0, 0.005, 0.3, 0.9)),
        Search(200, allowed=share(0.3)),
    ],
)
def test_an_indexed_search_is_never_short_of_answers(
    wide: Small, indexed: tuple[Searcher, Index], search: Search
) -> None:
    """What the clusters can't fill, however far they are widened, a scan does; then the answer is the oracle's."""
    for row in (0, 3, 501):
        [found] = indexed[0].search(np.array([row]), query_of(search))
        expected = top(wide, row, search)
        assert len(found.rows) == len(expected)
        assert not found.exact or found.rows.tolist() == expected
        assert found.exact or len(expected) == search.k


def test_a_forced_or_restricted_search_is_exact(wide: Small, indexed: tuple[Searcher, Index]) -> None:
    """`exact`, candidates and a mask that allows few rows leave the index aside."""
    for search, query in (
        (Search(), Query(10, exact=True)),
        (Search(candidates=range(9, 600)), Query(10, candidates=np.arange(9, 600))),
        (Search(allowed=share(0.01)), Query(10, allowed=np.array(share(0.01)))),
        (Search(allowed=share(0.5)), Query(10, exact=True, allowed=np.array(share(0.5)))),
    ):
        [found] = indexed[0].search(np.array([3]), query)
        assert found.exact
        assert found.rows.tolist() == top(wide, 3, search)


def test_a_scan_of_many_searches_holds_few_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work of a request may be ended between two scans: each is short, also with a large k in a small graph."""
    monkeypatch.setattr("latentlink.app.services.search.searcher._SCAN_ANSWERS", 100)
    small, scans, together = Small.random(), list[int](), Searcher.search_together

    def counted(self: Searcher, searches: Sequence[tuple[int, Query]], pool: Int64 | None) -> list[Neighbors]:
        scans.append(len(searches))
        return together(self, searches, pool)

    monkeypatch.setattr(Searcher, "search_together", counted)
    assert len(ask(small, list(range(12)), Search(k=20))) == 12
    assert scans == [5, 5, 2]
