"""Cut-offs against sums over pairs."""

import numpy as np
import pytest

from latentlink.app.services.cutoffs import wilson
from latentlink.models.evaluation.probabilities.thresholds import cut_offs
from latentlink.models.evaluation.probabilities.unlinked import Histogram
from latentlink.models.inference.calibration import Knots, probabilities

RNG = np.random.default_rng(0)
VALIDATION = RNG.normal(1, 2, 1000)
EDGES = np.histogram_bin_edges(VALIDATION, 2**14)
UNLINKED = Histogram(EDGES, RNG.integers(0, 3, len(EDGES) + 1).astype(np.float64), 1.0)
CURVE = Knots([0.0, 4.0], [-3.0, 0.0])


def test_precision_is_the_mean_calibrated_probability_above() -> None:
    """At each cut-off, with recall and numbers of pairs that belong to it."""
    facts = cut_offs(CURVE, UNLINKED, VALIDATION, VALIDATION, 3000)
    assert len(facts.logit) == 64
    assert facts.logit == sorted(facts.logit, reverse=True)
    p = probabilities(CURVE, UNLINKED.logits, 3000 / UNLINKED.size)
    for logit, recall, false_links in zip(facts.logit, facts.recall, facts.false_links, strict=True):
        above = np.append(-np.inf, EDGES) >= logit
        links = recall * facts.missing_links
        assert links == pytest.approx((UNLINKED.counts * p)[above].sum())
        assert links / (links + false_links) == pytest.approx(np.average(p[above], weights=UNLINKED.counts[above]))


def test_cuts_are_at_ranks_of_validation_links() -> None:
    """From the best to the last one, each rounded down to its bin."""
    facts = cut_offs(CURVE, UNLINKED, VALIDATION, VALIDATION, 3000)
    width = EDGES[1] - EDGES[0]
    assert facts.logit[0] == VALIDATION.max()
    assert facts.logit[-1] == VALIDATION.min()
    assert (facts.validation_links, facts.counted_share) == (1000, 1)
    nearest = np.abs(VALIDATION[:, None] - np.array(facts.logit)).min(axis=0)
    assert nearest.max() <= width


def test_cuts_are_held_to_test_links() -> None:
    """At expected recalls of 0.1, 0.25 and 0.5 the share of test links above."""
    links = (UNLINKED.counts * probabilities(CURVE, UNLINKED.logits, 3000 / UNLINKED.size)).sum()
    facts = cut_offs(CURVE, UNLINKED, VALIDATION, VALIDATION + 100, int(links))
    assert [check.recall_on_test for check in facts.checks] == [1, 1, 1]
    assert [check.recall for check in facts.checks] == sorted(check.recall for check in facts.checks)


def test_wilson_by_hand() -> None:
    """8 of 10 at 95 %: 0.490 to 0.943 (Wilson 1927)."""
    assert wilson(0.8, 10, 0.95) == pytest.approx((0.4902, 0.9433), abs=1e-4)
