"""The calibration curve against isotonic regression, logistic regression, simulated graphs and numbers by hand."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from latentlink.models.arrays import Float64
from latentlink.models.evaluation.probabilities import calibration
from latentlink.models.evaluation.probabilities.calibration import fit_calibration
from latentlink.models.evaluation.probabilities.unlinked import Histogram
from latentlink.models.inference.calibration import Bend, Curve, Knots, log_odds, probabilities
from latentlink.models.inference.scoring import sigmoid

RNG = np.random.default_rng(0)


def _histogram(logits: Float64, validation: Float64, share: float = 1.0, bins: int = 2000) -> Histogram:
    """Of unlinked pairs, in bins over the logits of validation links."""
    edges = np.histogram_bin_edges(validation, bins)
    counts, _ = np.histogram(logits, [-np.inf, *edges[:-1], np.nextafter(edges[-1], -np.inf), np.inf])
    return Histogram(edges, counts.astype(np.float64), share)


def _at(curve: Curve, logits: list[float], unlinked: Histogram, n_heldout: int) -> Float64:
    """Probabilities at the share of held-out links."""
    return probabilities(curve, np.array(logits), n_heldout / unlinked.size)


@pytest.mark.parametrize("n_validation", [15, 60, 250, 2500])
def test_the_sum_is_the_number_of_links(n_validation: int) -> None:
    """Of all pairs; the curve rises, and its last value is no larger than the share of links that was observed there."""
    pairs, links = RNG.normal(0, 1, 300_000), RNG.normal(3, 1, 3 * n_validation)
    validation, unlinked = links[:n_validation], _histogram(np.concatenate([pairs, links]), links[:n_validation])
    curve = fit_calibration(validation, unlinked, len(links))
    predicted = probabilities(curve, unlinked.logits, len(links) / unlinked.size)
    assert unlinked.counts @ predicted == pytest.approx(len(links), rel=0.05)
    assert all(a < b for a, b in pairwise(curve.logit))
    assert all(a <= b for a, b in pairwise(curve.log_odds))
    above = unlinked.logits >= curve.logit[-1]
    observed = 3 * (validation >= curve.logit[-1]).sum() / unlinked.counts[above].sum()
    assert predicted[-1] <= 1.3 * observed


def test_logits_that_rounding_tells_apart_have_no_step_between_them() -> None:
    """A third of the pairs and of the links have one logit but for rounding; the probabilities of all still add up."""
    jitter = np.linspace(-1e-8, 1e-8, 100_000)
    pairs = np.concatenate([RNG.normal(-1, 0.3, 200_000), RNG.uniform(0, 5, 20_000), -0.5 + jitter])
    validation = np.concatenate([-0.5 + jitter[::1000], RNG.uniform(0, 5, 200)])
    everything = np.concatenate([pairs, validation])
    curve = fit_calibration(validation, _histogram(everything, validation, bins=2**14), len(validation))
    predicted = probabilities(curve, everything, len(validation) / len(everything))
    assert predicted.sum() == pytest.approx(len(validation), rel=0.01)


def test_the_curve_is_that_of_isotonic_regression() -> None:
    """Of a million pairs whose odds bend twice, within a tenth, where links are frequent."""
    s = RNG.normal(0, 2, 1_000_000)
    linked = RNG.random(len(s)) < 0.3 * sigmoid(2 * s - 6) + 0.005 * sigmoid(s)
    unlinked = _histogram(s, s[linked])
    found = fit_calibration(s[linked], unlinked, int(linked.sum()))
    expected = IsotonicRegression(out_of_bounds="clip").fit(s, linked).predict([2.0, 3.0, 4.0, 5.0])
    assert _at(found, [2, 3, 4, 5], unlinked, int(linked.sum())) == pytest.approx(expected, rel=0.1)


def test_two_knots_are_logistic_regression() -> None:
    """Of the logit, clipped to the knots: the same heights."""
    s = RNG.normal(0, 1, 20_000)
    linked = RNG.random(len(s)) < sigmoid(1.5 * s - 6)
    links = s[linked]
    unlinked = _histogram(s, links)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "_KNOTS", 2)
        curve = fit_calibration(links, unlinked, len(links))
    clipped = np.clip(s, curve.logit[0], curve.logit[-1])[:, None]
    fit = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(clipped, linked)
    expected = fit.decision_function(np.array(curve.logit)[:, None])
    assert np.array(curve.log_odds) + log_odds(linked.mean()) == pytest.approx(expected, abs=0.02)


def test_links_that_score_below_others_have_the_prior() -> None:
    """A falling curve would be likelier; of those that never fall the best is constant."""
    links = RNG.normal(-2, 1, 200)
    unlinked = _histogram(RNG.normal(2, 1, 100_000), links)
    curve = fit_calibration(links, unlinked, 200)
    assert curve.log_odds == pytest.approx(np.zeros(len(curve.log_odds)), abs=1e-3)


def test_a_pair_is_never_surer_than_the_links_that_were_seen() -> None:
    """All 15 pairs from the last knot on are links: 15 of 16; and an exact tie has a single knot."""
    links = np.linspace(10, 11, 60)
    curve = fit_calibration(links, _histogram(np.concatenate([RNG.normal(0, 1, 1000), links]), links), 60)
    prior = log_odds(60 / 1060)
    assert curve.log_odds[-1] + prior == pytest.approx(np.log(15))
    for logits in ([5.0], [0.0, 0.0]):
        tie = fit_calibration(np.array(logits), _histogram(np.zeros(100), np.array(logits)), 3)
        assert len(tie.logit) == 1
        assert np.isfinite(tie.log_odds).all()


def test_a_sample_needs_more_links_above_the_last_knot() -> None:
    """Of a tenth of the pairs ten times as many, so that as many pairs were seen."""
    links = RNG.normal(3, 1, 2000)
    pairs = RNG.normal(0, 1, 10_000)
    last = [fit_calibration(links, _histogram(pairs, links, share), 2000).logit[-1] for share in (1.0, 0.1)]
    assert [(links >= logit).sum() for logit in last] == [15, 150]


def test_knots_are_interpolated_and_a_prior_shifts_them() -> None:
    """Halfway between −1 and 1 log-odds 0, constant outside; odds of 1 to 9 more at a prior of 0.1."""
    curve = Knots([0.0, 2.0], [-1.0, 1.0])
    assert curve.at(np.array([-9.0, 1.0, 9.0])).tolist() == [-1, 0, 1]
    assert probabilities(curve, np.array([1.0]), 0.1) == pytest.approx([0.1])


def test_an_older_curve_is_its_formula() -> None:
    """With a = 2, b = −1 and π = 0.1 the odds of s = 1 are e · 1/9, with a bend of 1 cosh(½)² times as much."""
    for bend, odds in ((0, np.e / 9), (1, np.e * np.cosh(0.5) ** 2 / 9)):
        assert probabilities(Bend(2, -1, bend), np.array([1.0]), 0.1) == pytest.approx(odds / (1 + odds))
