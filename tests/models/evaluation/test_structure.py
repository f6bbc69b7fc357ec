"""What the structure of a graph means for predictions, with networkx as the second implementation."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from scipy import sparse

from latentlink.models.evaluation.structure import degree_assortativity, find_cycles, structure_notes, two_groups
from latentlink.models.graph.graph import Graph
from latentlink.models.sources import load_graph


def graph_of(network: nx.Graph) -> Graph:
    """The same nodes and links."""
    network = nx.convert_node_labels_to_integers(network)
    return Graph.from_pairs([str(node) for node in network], np.array(network.edges, np.int64))


def matrix_of(network: nx.Graph) -> sparse.csr_array:
    """The symmetric adjacency."""
    return sparse.csr_array(nx.to_scipy_sparse_array(network, dtype=np.float32))


def blocks(sizes: list[int], within: float, across: float) -> nx.Graph:
    """Blocks in a ring, each linked with the next, and all others with the probability `within`."""
    k = len(sizes)
    chances = [[across if (a - b) % k in (1, k - 1) else within for b in range(k)] for a in range(k)]
    return nx.stochastic_block_model(sizes, chances, seed=0)


def hubs(n: int) -> nx.Graph:
    """Four hubs, linked with all of `n` nodes that have random links as well."""
    return nx.compose(nx.gnm_random_graph(n, 3 * n, seed=0), nx.complete_bipartite_graph(n, 4))


FOUND = {
    "bipartite": nx.bipartite.random_graph(60, 90, 0.1, seed=0),
    "bipartite grid": nx.grid_2d_graph(20, 20),
    "nearly bipartite": blocks([150] * 2, 0.003, 0.05),
    "nearly bipartite ring": blocks([150] * 6, 0.003, 0.05),
    "tree": nx.random_labeled_tree(300, seed=0),
    "tree of several": nx.disjoint_union(nx.star_graph(80), nx.path_graph(90)),
    "tree but for a cycle": nx.cycle_graph(101),
    "assortativity": hubs(200),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_structure_is_found_alone(name: str) -> None:
    """Every tree is bipartite, and hubs are disassortative in many of them: one sentence says what is behind it."""
    [note] = structure_notes(graph_of(FOUND[name]))
    assert (name.split()[0] in note, "nearly" in note) == (True, name.startswith("nearly"))


@pytest.mark.parametrize("name", FOUND)
def test_a_directed_graph_is_judged_by_its_linked_pairs(name: str) -> None:
    """Each in both directions makes no cycles and no other degrees, and no note has an option that `--directed` rules out."""
    plain = graph_of(FOUND[name])
    both = Graph.from_pairs(plain.ids, np.concatenate([plain.edges, plain.edges[:, ::-1]]), directed=True)
    [expected], [found] = structure_notes(plain), structure_notes(both)
    assert found.replace("linked pairs", "links").replace(" in place of --directed", "") == expected
    assert ("in place of --directed" in found) == ("--source-type" in found)


QUIET = {
    "one cycle of few": nx.cycle_graph(6),
    "random": nx.gnm_random_graph(1000, 2000, seed=0),
    "sparse": nx.gnm_random_graph(1000, 1300, seed=0),
    "hubs": nx.barabasi_albert_graph(500, 2, seed=0),
    "regular": nx.random_regular_graph(3, 500, seed=0),
    "communities": nx.planted_partition_graph(10, 30, 0.3, 0.01, seed=0),
    "small world": nx.watts_strogatz_graph(300, 4, 0.1, seed=0),
}


@pytest.mark.parametrize("name", QUIET)
def test_graphs_without_such_a_structure_have_no_note(name: str) -> None:
    """Sparse graphs have large cuts, too."""
    assert list(structure_notes(graph_of(QUIET[name]))) == []


@pytest.mark.parametrize("dataset", ["karate", "movies"])
def test_built_in_graphs_have_no_note(dataset: str) -> None:
    """The karate club is small and disassortative by its two hubs."""
    assert list(structure_notes(load_graph(dataset=dataset))) == []


@pytest.mark.parametrize("seed", range(5))
def test_cycles_are_those_of_a_basis(seed: int) -> None:
    """Of a sparse graph with isolated nodes and many components."""
    network = nx.gnm_random_graph(80, 90, seed=seed)
    found = find_cycles(matrix_of(network))
    assert found.closing == len(nx.cycle_basis(network))
    assert found.component.max() + 1 == nx.number_connected_components(network)


@pytest.mark.parametrize("seed", range(5))
def test_a_bipartite_graph_has_no_link_within_a_group(seed: int) -> None:
    """In each of its components."""
    network = nx.bipartite.random_graph(60, 90, 0.02, seed=seed)
    matrix = matrix_of(network)
    group = two_groups(matrix, find_cycles(matrix).component)
    assert nx.is_bipartite(network)
    assert all(group[one] != group[other] for one, other in network.edges)


def test_groups_are_found_below_noise() -> None:
    """No worse than the blocks that the links were drawn by."""
    network = blocks([200] * 2, 0.004, 0.05)
    matrix = matrix_of(network)
    group = two_groups(matrix, find_cycles(matrix).component)
    planted = np.arange(400) < 200
    across = [sum(side[one] != side[other] for one, other in network.edges) for side in (group, planted)]
    assert across[0] >= across[1] > 0.9 * len(network.edges)


@pytest.mark.parametrize("seed", range(3))
def test_assortativity_is_that_of_networkx(seed: int) -> None:
    """Pearson's correlation of the degrees at both ends."""
    network = nx.barabasi_albert_graph(200, 3, seed=seed)
    expected = nx.degree_assortativity_coefficient(network)
    assert degree_assortativity(graph_of(network).edges) == pytest.approx(expected)


def test_equal_degrees_have_no_assortativity() -> None:
    """The correlation of constants is none."""
    assert degree_assortativity(graph_of(nx.cycle_graph(9)).edges) == 0


@pytest.mark.parametrize(("isolated", "said"), [(300, True), (299, False)])
def test_half_of_the_nodes_without_links_are_said(isolated: int, said: bool) -> None:
    """With what to do: with features another than without."""
    graph = graph_of(nx.gnm_random_graph(300, 1200, seed=1))
    graph = replace(graph, ids=[str(node) for node in range(300 + isolated)])
    known = replace(graph, features=np.ones((graph.n_nodes, 1), np.float32))
    assert ["add --features" in note for note in structure_notes(graph)] == [True] * said
    assert ["--evaluate-unseen" in note for note in structure_notes(known)] == [True] * said
    assert not any("--evaluate-unseen" in note for note in structure_notes(replace(known, directed=True)))
