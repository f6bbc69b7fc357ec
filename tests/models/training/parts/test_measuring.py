"""What weights are fitted to."""

import numpy as np
import pytest

from latentlink.models.evaluation.splits import split_edges
from latentlink.models.graph.graph import Graph
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
