"""The decoder of links against networkx and dense matrices."""

import networkx as nx
import numpy as np
import pytest

from latentlink.models.graph.graph import adjacency
from latentlink.models.inference import link_decoder
from latentlink.models.inference.link_decoder import LinkDecoder, SharedLinks
from latentlink.models.inference.scoring import conjugate

N, DIM = 60, 5


@pytest.fixture(scope="module")
def graph() -> nx.Graph:
    """A random graph with a hub."""
    graph = nx.gnm_random_graph(N, 150, seed=0)
    graph.add_edges_from((0, other) for other in range(1, 40))
    return graph


def _shared(graph: nx.Graph, weights: tuple[float, float, float]) -> SharedLinks:
    csr = adjacency(N, np.array(graph.edges, np.int64))
    return SharedLinks(csr.indptr, csr.indices, np.array(weights))


@pytest.fixture(scope="module")
def decoder(graph: nx.Graph) -> LinkDecoder:
    """With column weights of both signs and all three weights of shared links."""
    z = np.random.default_rng(0).normal(size=(N, DIM)).astype(np.float32)
    column_weights = np.array([1, -1, 0.3, 2, -0.7], np.float32)
    return LinkDecoder(z, column_weights, _shared(graph, (0.5, 1.25, 2.0)))


PAIRS = np.array([(i, j) for i in range(N) for j in range(N) if i != j])


@pytest.mark.parametrize(
    ("weights", "index"),
    [
        ((1, 0, 0), lambda g, p: [(i, j, len(list(nx.common_neighbors(g, i, j)))) for i, j in p]),
        ((0, 1, 0), nx.adamic_adar_index),
        ((0, 0, 1), nx.resource_allocation_index),
    ],
)
def test_each_weight_alone_is_an_index_of_networkx(
    graph: nx.Graph, weights: tuple[float, float, float], index: object
) -> None:
    """Common neighbours, Adamic-Adar and resource allocation of all pairs."""
    pairs = [tuple(pair) for pair in PAIRS.tolist()]
    expected = [value for *_, value in index(graph, pairs)]  # type: ignore[operator]
    np.testing.assert_allclose(_shared(graph, weights).pairs(*PAIRS.T), expected, rtol=1e-12)


def test_the_logit_is_the_sum_of_both_parts(graph: nx.Graph, decoder: LinkDecoder) -> None:
    """By dense matrices: Z diag(a) Zᵀ + A diag(w) A."""
    assert decoder.column_weights is not None
    adjacent, degrees = nx.to_numpy_array(graph, nodelist=range(N)), np.array([graph.degree[i] for i in range(N)])
    weights = 0.5 + 1.25 / np.log(np.maximum(degrees, 2)) + 2 / np.maximum(degrees, 2)
    z = decoder.z.astype(np.float64)
    expected = z * decoder.column_weights @ z.T + adjacent * weights @ adjacent
    np.testing.assert_allclose(decoder.pairs(*PAIRS.T), expected[tuple(PAIRS.T)], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(decoder.rows(np.arange(N)), expected, rtol=1e-5, atol=1e-5)


def test_a_batch_gives_the_bits_of_single_pairs_in_both_directions(decoder: LinkDecoder) -> None:
    """The last bit depends neither on the batch nor on the direction."""
    batch = decoder.pairs(*PAIRS.T)
    assert (batch == decoder.pairs(*PAIRS.T[::-1])).all()
    assert all(decoder.pairs(PAIRS[at : at + 1, 0], PAIRS[at : at + 1, 1])[0] == batch[at] for at in range(0, 3540, 7))


@pytest.mark.parametrize("at_once", [1, 50, 2**20])
def test_the_rows_around_a_node_have_the_bits_of_its_pairs(
    decoder: LinkDecoder, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that share a link with it and no others, however few links are held at once."""
    monkeypatch.setattr(link_decoder, "_AT_ONCE", at_once)
    shared, everyone = decoder.shared, np.arange(N)
    assert shared is not None
    for node in range(N):
        rows, terms = shared.around(shared.neighbors(node))
        full = np.zeros(N)
        full[rows] = terms
        others = everyone != node
        expected = shared.pairs(np.full(N, node), everyone)
        assert (full[others] == expected[others]).all()
        assert (np.diff(rows) > 0).all()


def test_a_new_node_scores_as_the_same_node_in_the_graph(graph: nx.Graph, decoder: LinkDecoder) -> None:
    """Its links raise the degrees of its neighbours, as they would if they were stored."""
    linked, z = np.array([0, 3, 17]), decoder.z[5] + 1
    grown = nx.Graph(graph)
    grown.add_edges_from((N, other) for other in linked.tolist())
    csr = adjacency(N + 1, np.array(grown.edges, np.int64))
    assert decoder.shared is not None
    whole = LinkDecoder(
        np.vstack([decoder.z, z]), decoder.column_weights, SharedLinks(csr.indptr, csr.indices, decoder.shared.weights)
    )
    expected = whole.pairs(np.full(N, N), np.arange(N))
    assert (decoder.new_node(z, linked, np.arange(N)) == expected).all()


def test_a_single_pair_has_the_bits_of_a_batch(decoder: LinkDecoder) -> None:
    """With all parts, with column weights alone and with none."""
    for parts in (decoder, LinkDecoder(decoder.z, decoder.column_weights), LinkDecoder(decoder.z)):
        batch = parts.pairs(*PAIRS.T)
        assert all(parts.pair(*PAIRS[at].tolist()) == batch[at] for at in range(0, 3540, 7))


@pytest.mark.parametrize("at_once", [1, 50, 2**20])
def test_the_links_around_a_node_are_those_of_its_neighbors(
    graph: nx.Graph, decoder: LinkDecoder, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few are counted at once; 0 of an isolated node."""
    monkeypatch.setattr(link_decoder, "_AT_ONCE", at_once)
    assert decoder.shared is not None
    expected = [sum(graph.degree[near] for near in graph[node]) for node in range(N)]
    assert decoder.shared.links_around().tolist() == expected


def test_shared_terms_are_looked_up(decoder: LinkDecoder) -> None:
    """0 for nodes that share no link, also where none does; the part of one pair is their sum's."""
    assert decoder.shared is not None
    terms = decoder.around(decoder.shared.neighbors(3))
    assert terms is not None
    expected = dict(zip(terms.rows.tolist(), terms.terms.tolist(), strict=True))
    assert terms.at(np.arange(N)).tolist() == [expected.get(row, 0.0) for row in range(N)]
    none = decoder.around(np.empty(0, np.int64))
    assert none is not None
    assert none.at(np.arange(N)).tolist() == [0.0] * N
    found = [decoder.shared_part(decoder.shared.neighbors(3), row) for row in range(N)]
    np.testing.assert_allclose(found, terms.at(np.arange(N)), rtol=1e-12)


@pytest.fixture(scope="module")
def related() -> LinkDecoder:
    """Of a relation, over three complex numbers a node."""
    random = np.random.default_rng(1)
    return LinkDecoder(random.normal(size=(N, 6)).astype(np.float32)).of_relation(
        random.normal(size=6).astype(np.float32)
    )


def test_a_logit_by_a_relation_is_that_of_complex(related: LinkDecoder) -> None:
    """Re⟨s, r, t̄⟩ by complex numbers, and as an inner product of the exported vectors."""
    assert related.relation is not None
    z, r = (x[..., :3].astype(np.complex128) + 1j * x[..., 3:] for x in (related.z, related.relation))
    expected = (z * r @ z.conj().T).real
    np.testing.assert_allclose(related.pairs(*PAIRS.T), expected[tuple(PAIRS.T)], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(related.rows(np.arange(N)), expected, rtol=1e-5, atol=1e-5)


def test_a_logit_by_a_relation_has_one_value_to_the_bit(related: LinkDecoder) -> None:
    """In a batch, alone, of a vector, and asked from the target's end by the relation turned round."""
    batch, relation = related.pairs(*PAIRS.T), related.relation
    assert relation is not None
    assert [related.pair(*pair) for pair in PAIRS[::7].tolist()] == batch[::7].tolist()
    assert (related.of_vector(related.z[0], PAIRS[: N - 1, 1], None) == batch[: N - 1]).all()
    assert (related.of_relation(conjugate(relation)).pairs(*PAIRS.T[::-1]) == batch).all()
