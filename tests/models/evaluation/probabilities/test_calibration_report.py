"""The calibration report against simulated graphs whose links are drawn with known probabilities."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from latentlink.models.evaluation.probabilities.calibration_report import probability_facts
from latentlink.models.evaluation.scorers import DecoderScorer
from latentlink.models.evaluation.splits import Split, split_edges
from latentlink.models.facts.probabilities import Probabilities
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.calibration import curve_of, probabilities
from latentlink.models.inference.link_decoder import LinkDecoder
from latentlink.models.inference.scoring import sigmoid

N = 300
PAIRS = np.stack(np.triu_indices(N, 1), axis=1)


@cache
def _drawn(seed: int) -> tuple[DecoderScorer, Graph, Split, Probabilities]:
    """Links with probability σ(2 s − 6) of the true logit s."""
    rng = np.random.default_rng(seed)
    scorer = DecoderScorer(LinkDecoder(rng.normal(size=(N, 2)).astype(np.float32)))
    linked = rng.random(len(PAIRS)) < sigmoid(2 * scorer.score_pairs(PAIRS) - 6)
    graph = Graph.from_pairs([str(i) for i in range(N)], PAIRS[linked])
    split = split_edges(graph, 0.1, 0.2, rng)
    return scorer, graph, split, probability_facts(scorer, graph, split, seed=0)


def test_as_many_links_are_found_as_expected() -> None:
    """Among the best 100 and 500 pairs of ten graphs, within a tenth."""
    top = [_drawn(seed)[3].calibration.top for seed in range(10)]
    for at, pairs in enumerate((100, 500)):
        assert {facts[at].pairs for facts in top} == {pairs}
        expected, found = (sum(getattr(facts[at], name) for facts in top) for name in ("expected", "found"))
        assert expected == pytest.approx(found, rel=0.1)


def test_no_test_link_moves_the_curve() -> None:
    """Other test links of the same number give the same curve and prior."""
    scorer, graph, split, facts = _drawn(0)
    other = replace(split, test=split.test_negatives)
    again = probability_facts(scorer, graph, other, seed=0).calibration
    assert (again.knots, again.prior) == (facts.calibration.knots, facts.calibration.prior)
    assert again.top != facts.calibration.top


def test_priors_are_shares_of_pairs() -> None:
    """Held-out links of the pairs not trained on; test links of those that are no validation links either; the mean."""
    scorer, graph, split, facts = _drawn(0)
    n_validation, n_test = len(split.validation), len(split.test)
    unlinked = len(PAIRS) - len(split.train)
    assert facts.calibration.prior == pytest.approx((n_validation + n_test) / unlinked)
    assert facts.calibration.sparse.prior == pytest.approx(n_test / (unlinked - n_validation))
    known = np.isin(PAIRS @ [N, 1], graph.edges[split.train] @ [N, 1])
    served = probabilities(curve_of(facts.calibration), scorer.score_pairs(PAIRS[~known]), facts.calibration.prior)
    assert served.mean() == pytest.approx(facts.calibration.prior, rel=0.02)


def test_calibration_brings_the_error_down() -> None:
    """On test links and as many pairs without a link, and at the share of test links."""
    calibration = _drawn(1)[3].calibration
    for part, most in ((calibration.balanced, 0.06), (calibration.sparse, 0.01)):
        assert part.after.ece < most < part.before.ece
