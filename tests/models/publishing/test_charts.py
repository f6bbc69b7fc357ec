"""Pictures show the numbers that they are given, read back from the SVG's shapes."""

from xml.etree import ElementTree

import numpy as np
import pytest

from latentlink.models.facts.probabilities import BalancedReliability, Reliability
from latentlink.models.inference.scoring import sigmoid
from latentlink.models.publishing.charts import BINS, curve_svg, reliability_svg, scores_svg
from latentlink.models.training.fit import Epoch

SVG = "{http://www.w3.org/2000/svg}"
CURVE = [Epoch(n, 4.0 - n, {"auc": n / 10, "ap": (n - 1) / 10} if n % 2 else None, "fit") for n in range(1, 6)]


def _lines(svg: str) -> list[list[tuple[float, float]]]:
    found = ElementTree.fromstring(svg).iter(f"{SVG}polyline")
    return [[(float(x), float(y)) for x, y in (p.split(",") for p in line.attrib["points"].split())] for line in found]


def _texts(svg: str) -> list[str]:
    return [str(text.text) for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_the_curve_has_a_point_for_each_value() -> None:
    """Losses 3 … −1 fall from 40 to 190 in equal steps; AUC and AP at epochs 1, 3, 5 share a scale from 0 at 400 to ½ at 250."""
    loss, auc, ap = _lines(curve_svg(CURVE, 5))
    assert loss == [(60, 40), (200, 77.5), (340, 115), (480, 152.5), (620, 190)]
    assert auc == [(60, 370), (340, 310), (620, 250)]
    assert ap == [(60, 400), (340, 340), (620, 280)]


def test_the_selected_epoch_is_marked() -> None:
    """A line at its place in both panels, with its number."""
    svg = curve_svg(CURVE, 3)
    marks = [line.attrib for line in ElementTree.fromstring(svg).iter(f"{SVG}line")]
    assert [(mark["x1"], mark["x2"]) for mark in marks] == [("340.0", "340.0")] * 2
    assert _texts(svg).count("epoch 3") == 2


@pytest.mark.parametrize("loss", [1.0, 1e16, -1e300])
def test_a_constant_curve_is_in_the_middle(loss: float) -> None:
    """Also where ½ more is the same number, and where there is but one epoch."""
    curve = [Epoch(n, loss, {"loss": loss}, "fit") for n in (1, 2)]
    assert _lines(curve_svg(curve, 1)) == [[(60, 115), (620, 115)], [(60, 325), (620, 325)]]
    assert _lines(curve_svg(curve[:1], 1)) == [[(60, 115)], [(60, 325)]]


def test_what_is_not_finite_is_left_out() -> None:
    """A look at validation that overflowed has no place; the others keep theirs, from 3 at 250 to 1 at 400."""
    curve = [Epoch(n, 0.0, {"loss": loss}, "fit") for n, loss in enumerate([float("inf"), 3, float("nan"), 1], 1)]
    _, scores = _lines(curve_svg(curve, 4))
    assert scores == [(246.7, 250), (620, 400)]


def test_the_histogram_counts_probabilities() -> None:
    """Bars are as high as NumPy's counts of σ(logit), non-edges first; the highest fills the panel; the legend has the sums."""
    rng = np.random.default_rng(0)
    positive, negative = rng.normal(2, 1, 3000), rng.normal(-1, 1, 200)
    svg = scores_svg(positive, negative)
    bars = [b.attrib for b in ElementTree.fromstring(svg).iter(f"{SVG}rect")][2:]
    counts = [np.histogram(sigmoid(x), BINS, (0, 1))[0] for x in (negative, positive)]
    expected = np.concatenate(counts) * 150 / np.max(counts)
    np.testing.assert_allclose([float(bar["height"]) for bar in bars], expected, atol=0.05)
    np.testing.assert_allclose([float(bar["y"]) + float(bar["height"]) for bar in bars], 190, atol=0.11)
    assert {"3,000 edges", "200 non-edges"} <= set(_texts(svg))


@pytest.mark.parametrize("logit", [-1e6, 1e6])
def test_certain_scores_stand_at_the_ends(logit: float) -> None:
    """Probabilities 0 and 1 are counted, not dropped."""
    bars = [b.attrib for b in ElementTree.fromstring(scores_svg(np.array([logit]), np.zeros(1))).iter(f"{SVG}rect")]
    assert bars[2 + BINS + (0 if logit < 0 else BINS - 1)]["height"] == "150.0"


def test_a_bin_of_few_pairs_has_no_point() -> None:
    """Of 200 pairs, nine are too few for a share: 105, 10, 9 and 76 of them give three points."""
    weight = [105 / 200, 10 / 200, 9 / 200, 76 / 200]
    predicted: list[float | None] = [0.125, 0.375, 0.625, 0.875]
    bins = Reliability(ece=0, brier=0, predicted=predicted, observed=predicted, weight=weight)
    curves = BalancedReliability(before=bins, after=bins, noise_floor=0).curves(100)
    assert curves is not None
    _, before, after = _lines(reliability_svg(curves))
    assert before == after
    assert [x for x, _ in before] == [60 + 560 * at for at in (0.125, 0.375, 0.875)]
