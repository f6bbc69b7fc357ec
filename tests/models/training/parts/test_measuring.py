"""What weights are fitted to."""

import numpy as np
import pytest

from latentlink.models.evaluation.splits import split_edges
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.roles import role_graph, turned_round
from latentlink.models.training.parts.measuring import Validation
from latentlink.models.training.parts.terms import DegreeTerm


def test_weights_are_not_fitted_to_negatives_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all pairs that are drawn are some of the test's, validation's negatives are used; degrees here name the pair."""
    monkeypatch.setattr("latentlink.models.training.parts.measuring._OTHERS", 3)
    n, rng = 60, np.random.default_rng(0)
    pairs = rng.permutation(np.stack(np.triu_indices(n, 1), axis=1))
    graph = Graph.from_pairs([str(i) for i in range(n)], pairs[146:])
    split = split_edges(graph, 0.001, 0.0895, rng)
    term = DegreeTerm(np.arange(n) ** 3)
    others = Validation(graph, split, [term]).measured.others
    assert (len(split.validation_negatives), len(split.test_negatives)) == (1, 145)
    np.testing.assert_array_equal(others, term.of_pairs(split.validation_negatives))


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_weights_of_directed_links_are_fitted_to_the_share_of_links_turned_round(share: float) -> None:
    """So many of the unlinked pairs are validation links turned round; others hardly ever are; numbers here name the pair."""
    n, rng = 300, np.random.default_rng(0)
    graph = role_graph(Graph.from_pairs(list(map(str, range(n))), rng.integers(0, n, (900, 2)), directed=True))
    split = split_edges(graph, 0.1, 0.1, rng)
    term = DegreeTerm(rng.integers(0, 2**62, 2 * n))
    others = Validation(graph, split, [term], share).measured.others
    found = np.isin(others, term.of_pairs(turned_round(split.validation, n)))
    assert found.mean() == pytest.approx(share, abs=0.01)
