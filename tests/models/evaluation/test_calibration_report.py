"""The calibration report against the functions that compute its parts."""

import numpy as np
import pytest

from latentlink.models.evaluation import calibration_report as probabilities
from latentlink.models.evaluation.calibration import fit_calibration
from latentlink.models.evaluation.calibration_report import probability_facts
from latentlink.models.evaluation.splits import split_edges
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import edge_keys
from latentlink.models.inference.scoring import pair_logits

RNG = np.random.default_rng(0)
GRAPH = Graph.from_pairs([str(i) for i in range(60)], RNG.integers(0, 60, (300, 2)))
MU = RNG.normal(size=(60, 4)).astype(np.float32)
SPLIT = split_edges(GRAPH, 0.1, 0.2, np.random.default_rng(1))


def test_calibration_never_sees_the_test() -> None:
    """It is fitted to validation edges, all non-edges of validation and others, none of them an edge or a test's pair."""
    used = probabilities._non_edges(GRAPH, SPLIT, np.random.default_rng(0))
    keys = set(edge_keys(used, 60).tolist())
    unlinked = {i * 60 + j for i in range(60) for j in range(i + 1, 60)} - set(edge_keys(GRAPH.edges, 60).tolist())
    assert keys == unlinked - set(edge_keys(SPLIT.test_negatives, 60).tolist())
    facts = probability_facts(MU, GRAPH, SPLIT, seed=0).calibration
    expected = fit_calibration(pair_logits(MU, *SPLIT.validation.T), pair_logits(MU, *used.T))
    assert (facts.slope, facts.intercept, facts.bend) == pytest.approx(expected)


def test_priors_are_shares_of_pairs() -> None:
    """What is served is the share of all pairs that is linked; what is tested, that of test edges among those not trained on."""
    facts = probability_facts(MU, GRAPH, SPLIT, seed=0).calibration
    assert facts.prior == pytest.approx(GRAPH.n_edges / 1770)
    assert facts.sparse.prior == pytest.approx(len(SPLIT.test) / (1770 - len(SPLIT.train)))
