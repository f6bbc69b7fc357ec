"""Searches of a model with column weights and shared links, against a full sort of the logits of all pairs."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from latentlink.app.services.search.batching import Batcher
from latentlink.app.services.search.costs import Costs, Plan
from latentlink.app.services.search.searcher import Searcher
from latentlink.app.services.search.selection import Neighbors, Query
from latentlink.models.arrays import Bool, Int64
from latentlink.models.checkpoint import Checkpoint, open_checkpoint
from latentlink.models.graph.csr import CSR
from latentlink.models.inference.ivf import Index, make_index
from tests.app.services.search.test_searcher import _in_thread
from tests.parts import publish_parts
from tests.support import Small

ROWS = (0, 1, 3, 31, 399, 799)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """800 nodes, half of them isolated; node 0 is a hub."""
    store, small = tmp_path_factory.mktemp("parts"), Small.random(800, 6)
    hub = np.stack([np.zeros(150, np.int64), np.arange(1, 151)], axis=1)
    small = replace(small, edges=np.unique(np.concatenate([small.edges, hub]), axis=0), heldout=None)
    return publish_parts(store, open_checkpoint(store / "small" / small.publish(store)), "parts")


def _best(checkpoint: Checkpoint, row: int, query: Query) -> list[tuple[int, float]]:
    """Rows and logits by a full sort: logit descending, then row ascending."""
    n, graph = len(checkpoint.mu), checkpoint.graph
    logits = checkpoint.decoder.pairs(np.full(n, row), np.arange(n))
    barred = {row} | (set() if query.known else set(graph.neighbors(row).tolist()))
    allowed = set(range(n) if query.candidates is None else query.candidates.tolist()) - barred
    if query.allowed is not None:
        allowed &= set(np.flatnonzero(query.allowed).tolist())
    order = sorted(allowed, key=lambda other: (-logits[other], other))[: query.k]
    return [(other, float(logits[other])) for other in order]


def _found(neighbors: Neighbors) -> list[tuple[int, float]]:
    return list(zip(neighbors.rows.tolist(), neighbors.logits.tolist(), strict=True))


@pytest.mark.parametrize(
    "query",
    [
        *(Query(1), Query(10), Query(10, known=True), Query(500, known=True)),
        Query(10, candidates=np.arange(0, 800, 7)),
        Query(10, allowed=np.arange(800) % 7 == 0),
        Query(10, allowed=np.arange(800) % 7 != 0),
        Query(10, candidates=np.arange(0, 800, 7), allowed=np.arange(800) % 3 == 0),
    ],
)
def test_a_search_is_exact_with_shared_links(checkpoint: Checkpoint, query: Query) -> None:
    """Rows and bits of logits are those of a full sort, alone, in one scan and when they come at once."""
    made, expected = Searcher(checkpoint), [_best(checkpoint, row, query) for row in ROWS]
    assert [_found(found) for found in made.search(np.array(ROWS), query)] == expected
    assert [_found(found) for row in ROWS if (found := made.glance(row, query))] == expected
    if query.candidates is None:

        async def at_once() -> list[Neighbors]:
            together = Batcher(made.begin, made.finish, made.most)
            return await asyncio.gather(*(together.submit((row, query), _in_thread) for row in ROWS))

        assert [_found(found) for found in asyncio.run(at_once())] == expected


def test_a_new_node_finds_what_its_twin_in_the_graph_finds(checkpoint: Checkpoint) -> None:
    """With a known vector and no links its logits are those without shared links; each link adds those of its neighbours."""
    made, z, linked = Searcher(checkpoint), checkpoint.mu[9], np.array([0, 5, 17])
    found = made.search_vector(z, linked, Query(800, known=True))
    expected = checkpoint.decoder.new_node(z, linked, np.arange(800))
    assert found.logits.tolist() == sorted(expected.tolist(), reverse=True)
    assert expected[found.rows].tolist() == found.logits.tolist()


@pytest.mark.parametrize("modulus", [2, 9])
@pytest.mark.parametrize("candidates", [None, np.arange(0, 800, 3)])
def test_a_new_node_finds_only_allowed_nodes(checkpoint: Checkpoint, modulus: int, candidates: Int64 | None) -> None:
    """Its best ten are those of all that the mask allows, however many."""
    made, z, linked = Searcher(checkpoint), checkpoint.mu[9], np.array([0, 5, 17])
    allowed = np.arange(800) % modulus == 1
    found = made.search_vector(z, linked, Query(10, candidates=candidates, allowed=allowed))
    everyone = made.search_vector(z, linked, Query(800, candidates=candidates))
    assert found.rows.tolist() == [row for row in everyone.rows.tolist() if row % modulus == 1][:10]
    assert found.exact


@pytest.fixture(scope="module")
def indexed(checkpoint: Checkpoint) -> tuple[Checkpoint, float]:
    """The same with an index, and its recall."""
    known = checkpoint.decoder.shared
    assert known is not None
    csr = CSR(known.indptr, known.indices, np.ones(len(known.indices), np.float32), (800, 800))
    index, recall = make_index(checkpoint.decoder, csr, np.random.default_rng(0))
    return replace(checkpoint, index=index), recall


@pytest.mark.parametrize("allowed", [None, np.arange(800) % 10 < 7])
def test_an_index_finds_true_neighbors_with_the_recall_that_it_reports(
    indexed: tuple[Checkpoint, float], allowed: Bool | None
) -> None:
    """Over all nodes, with column weights and shared links; also where a mask leaves fewer nodes in each cluster."""
    checkpoint, recall = indexed
    rows, query, made = np.arange(800), Query(10, allowed=allowed), Searcher(checkpoint)
    shares = [
        len({row for row, _ in _found(found)} & {row for row, _ in _best(checkpoint, at, query)}) / 10
        for at, found in zip(rows.tolist(), made.search(rows, query), strict=True)
    ]
    assert recall > 0.98
    assert np.mean(shares) == pytest.approx(recall, abs=0.01)


def test_a_search_takes_the_cheapest_way_that_its_mask_leaves(indexed: tuple[Checkpoint, float]) -> None:
    """Few allowed nodes are gathered; more widen the probes; without an index, or with too many probes, all are scanned."""
    index = indexed[0].index
    assert isinstance(index, Index)
    assert len(index.centroids) > 20
    probing = Costs(replace(indexed[0], index=index._replace(probes=3)))
    scanning = Costs(replace(indexed[0], index=None))
    assert probing.plan(None, None, exact=False).probes == 3
    assert probing.plan(None, 400, exact=False).probes == 6
    assert probing.plan(None, 10, exact=False) == scanning.plan(None, 10, exact=True) == Plan(40, pooled=True)
    assert scanning.plan(None, 201, exact=False) == probing.plan(None, 400, exact=True) == Plan(800)


def test_a_search_through_the_index_looks_at_all_that_share_a_link(indexed: tuple[Checkpoint, float]) -> None:
    """However few clusters are scanned: those among the best with whom a node shares links are found, with the same logits."""
    checkpoint, _ = indexed
    index = checkpoint.index
    assert isinstance(index, Index)
    made = Searcher(replace(checkpoint, index=index._replace(probes=1)))
    for row in ROWS[:4]:
        terms = checkpoint.decoder.around(checkpoint.graph.neighbors(row))
        assert terms is not None
        [found] = made.search(np.array([row]), Query(10))
        shared = {one for one in _best(checkpoint, row, Query(10)) if one[0] in terms.rows}
        assert shared <= set(_found(found))
        assert not found.exact


def test_the_work_of_a_search_counts_the_links_of_its_neighbors(checkpoint: Checkpoint) -> None:
    """20 operations for each; unknown nodes have none."""
    made, graph = Searcher(checkpoint), checkpoint.graph
    links = [sum(len(graph.neighbors(near)) for near in graph.neighbors(row).tolist()) for row in ROWS]
    assert made.costs.of_shared_links(np.array([*ROWS, -1])) == 20 * sum(links)
    assert made.costs.of_new_shared_links(np.array([0, 5])) == 20 * (len(graph.neighbors(0)) + len(graph.neighbors(5)))
