"""The index against plain k-means and a full sort."""

import numpy as np
import pytest

from latentlink.models.arrays import Float32
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import adjacency
from latentlink.models.inference.ivf import Index, make_index
from latentlink.models.inference.link_decoder import LinkDecoder


def blobs(n: int, dim: int = 8, count: int = 40) -> Float32:
    """Vectors around some centres."""
    random = np.random.default_rng(3)
    return (random.normal(0, 2, (count, dim))[random.integers(0, count, n)] + random.normal(0, 0.3, (n, dim))).astype(
        np.float32
    )


@pytest.fixture(scope="module")
def mu() -> Float32:
    """Float32 (3000, 8)."""
    return blobs(3000)


@pytest.fixture(scope="module")
def known(mu: Float32) -> CSR:
    """Every node linked to the nearest other one of a sample."""
    nearest = np.argsort(-(mu[:200] @ mu.T), axis=1)
    pairs = np.array([[row, next(o for o in order if o != row)] for row, order in enumerate(nearest.tolist())])
    return adjacency(len(mu), np.unique(np.sort(pairs, axis=1), axis=0))


@pytest.fixture(scope="module")
def made(mu: Float32, known: CSR) -> tuple[Index, float]:
    """Their index and its recall."""
    return make_index(LinkDecoder(mu), known, np.random.default_rng(0))


def test_every_node_is_in_the_cluster_of_its_nearest_centroid(mu: Float32, made: tuple[Index, float]) -> None:
    """By distances in float64, but for the longest vectors, which are in the first; each node is in one cluster."""
    index, _ = made
    longest = np.argsort(-(mu.astype(np.float64) ** 2).sum(axis=1), kind="stable")[: len(mu) // 200]
    assert set(index.members(np.array([0])).tolist()) == set(longest.tolist())
    distances = ((mu[:, None].astype(np.float64) - index.centroids) ** 2).sum(axis=2)
    distances[:, 0] = np.inf
    for cluster in range(1, len(index.centroids)):
        members = index.members(np.array([cluster]))
        np.testing.assert_allclose(distances[members, cluster], distances[members].min(axis=1), rtol=1e-4)
    assert sorted(index.rows.tolist()) == list(range(len(mu)))


def test_scores_are_the_inner_products_of_members(mu: Float32, made: tuple[Index, float]) -> None:
    """Members and scores of clusters come in one order."""
    index, _ = made
    clusters = np.array([5, 0, 17])
    expected = mu[index.members(clusters)].astype(np.float64) @ mu[3]
    np.testing.assert_allclose(index.scores(clusters, mu[3]), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("probes", [1, 2, 17, 0])
def test_promising_clusters_are_the_first_of_the_ranked(mu: Float32, made: tuple[Index, float], probes: int) -> None:
    """As a set; 0 stands for all of them."""
    index, _ = made
    probes = probes or len(index.centroids)
    assert sorted(index.promising(mu[9], probes).tolist()) == sorted(index.ranked(mu[9])[:probes].tolist())


def test_recall_is_that_of_the_probes(mu: Float32, known: CSR, made: tuple[Index, float]) -> None:
    """Over all nodes the scanned clusters hold about the reported share of true neighbours, and over 0.99."""
    index, recall = made
    found = []
    for row in range(len(mu)):
        scores = mu @ mu[row]
        scores[row] = scores[known.row(row)] = -np.inf
        best = np.argsort(-scores)[:10]
        found.append(np.isin(best, index.members(index.ranked(mu[row])[: index.probes])).mean())
    assert recall == pytest.approx(np.mean(found), abs=0.01)
    assert np.mean(found) > 0.99
    assert index.probes < len(index.centroids) / 4


def test_an_index_repeats_for_a_seed(mu: Float32, known: CSR, made: tuple[Index, float]) -> None:
    """The same seed gives the same bits."""
    again, recall = make_index(LinkDecoder(mu), known, np.random.default_rng(0))
    assert recall == made[1]
    assert all(np.array_equal(one, other) for one, other in zip(again, made[0], strict=True))


def test_equal_vectors_can_be_clustered() -> None:
    """Where most clusters run empty, all nodes are still in one."""
    index, recall = make_index(
        LinkDecoder(np.ones((400, 3), np.float32)), adjacency(400, np.array([[0, 1]])), np.random.default_rng(0)
    )
    assert sorted(index.rows.tolist()) == list(range(400))
    assert recall == 1.0


def test_long_vectors_are_found_from_everywhere(mu: Float32, known: CSR) -> None:
    """A vector far from all, with the largest inner products of all, is in every result, however few clusters are scanned."""
    far = mu.copy()
    far[7] = 40 * np.abs(far).mean(axis=0)
    index, _ = make_index(LinkDecoder(far), known, np.random.default_rng(0))
    assert all(7 in index.members(index.ranked(far[row])[:1]) for row in range(0, 3000, 50))


@pytest.mark.parametrize("n", [11, 60, 700])
def test_a_few_vectors_have_an_index_as_well(n: int) -> None:
    """Each of them is in one cluster; there are eight roots of as many, but about eight of them or more in each."""
    index, _ = make_index(LinkDecoder(blobs(n)), adjacency(n, np.array([[0, 1]])), np.random.default_rng(0))
    assert sorted(index.rows.tolist()) == list(range(n))
    assert len(index.centroids) == 1 + min(round(8 * np.sqrt(n)), n // 8)
