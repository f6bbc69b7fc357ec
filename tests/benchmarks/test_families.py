"""The best possible scores of synthetic graphs."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest

from benchmarks._families import families
from latentlink.models.evaluation.metrics import auc_ap


def test_probabilities_of_a_tree_are_those_of_all_trees_with_the_known_links() -> None:
    """Counted over the 5⁵⁻² trees of five nodes: up to N, which is that of the family."""
    known = np.array([[0, 1], [1, 2]])
    trees = [nx.from_prufer_sequence([a, b, c]) for a in range(5) for b in range(5) for c in range(5)]
    trees = [tree for tree in trees if all(tree.has_edge(*link) for link in known.tolist())]
    pairs = np.array([pair for pair in combinations(range(5), 2) if list(pair) not in known.tolist()])
    counted = np.array([np.mean([tree.has_edge(*pair) for tree in trees]) for pair in pairs.tolist()])
    chances = families()["random tree"]().chance(pairs, known)
    assert chances / 5 == pytest.approx(counted)


@pytest.mark.parametrize("name", [name for name in families() if name != "random tree"])
def test_links_of_blocks_are_as_many_as_their_probabilities_say(name: str) -> None:
    """Within four standard deviations; and the probabilities rank links above other pairs."""
    family = families()[name]()
    pairs = np.stack(np.triu_indices(family.graph.n_nodes, 1), axis=1)
    chances = family.chance(pairs, family.graph.edges)
    deviation = np.sqrt((chances * (1 - chances)).sum())
    assert abs(family.graph.n_edges - chances.sum()) < 4 * deviation
    some = pairs[:: len(pairs) // 10_000]
    assert auc_ap(family.chance(family.graph.edges, some), family.chance(some, some))["auc"] > 0.6
    if family.kind is not None:
        assert (family.kind[family.graph.edges[:, 0]] != family.kind[family.graph.edges[:, 1]]).all()
