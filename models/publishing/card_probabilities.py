"""The section of a model card on probabilities: calibration, cut-offs and intervals."""

from latentlink.models.facts.metrics import IntervalCoverage
from latentlink.models.facts.probabilities import CalibrationFacts, CutOffs, Probabilities, TopPairs
from latentlink.models.publishing.markdown import number, table

_UNSCALED = """Raw probabilities σ(zᵢᵀzⱼ) rank pairs; they are probabilities only for a graph in which half of all pairs are
linked. The mean logit over all pairs is at least 0, so that they average about 0.5 however sparse the graph is."""
_SCALED = """Raw probabilities are the σ of logits that were scaled on validation: they are probabilities where half of the
pairs are links, as on validation and test, and far too high among all pairs of a sparse graph."""


def probabilities_section(facts: Probabilities, intervals: IntervalCoverage | None, *, sums: bool) -> str:
    """Reliability of raw and calibrated probabilities, of cut-offs and of intervals, and the pairs it was measured on.

    Args:
        facts: of the evaluated embeddings.
        intervals: of a variational model, or None.
        sums: whether logits were scaled on validation: those of parts, and those of relations.
    """
    return f"""{_SCALED if sums else _UNSCALED}
{_calibration(facts.calibration)}

{_cut_offs(facts.thresholds)}
{"" if intervals is None else _intervals(intervals)}"""


def _calibration(facts: CalibrationFacts) -> str:
    rows = [
        (f"{pairs}, {when} calibration", number(reliability.ece), number(reliability.brier))
        for pairs, part in (
            ("one edge to one non-edge", facts.balanced),
            ("at the prior of the test", facts.sparse),
        )
        for when, reliability in (("before", part.before), ("after", part.after))
    ]
    return f"""Calibrated probabilities come from a rising curve, fitted to the validation links among all pairs that are not
training links. ECE is the calibration error over ten bins of equal width; sampling noise alone gives
{facts.balanced.noise_floor:.4f} on so many test pairs at one edge to one non-edge. The last two rows are weighted to the share
of test links among the pairs that are neither training nor validation links, {_percent(facts.sparse.prior)}.

{table(("test pairs", "ECE", "Brier"), rows)}

The service takes the prior {_percent(facts.prior)} where a request gives none: the number of held-out links by that of the pairs
that are not training links. So it assumes that as many links are missing as the evaluation held out.

The best pairs that are neither training nor validation links, with the test links that the curve expects among them and those
that are there:

{table(("best pairs", "expected test links", "found"), map(_top, facts.top))}"""


def _top(facts: TopPairs) -> tuple[str, str, str]:
    return f"{facts.pairs:,}", f"{facts.expected:,.1f}", f"{facts.found:,}"


def _percent(prior: float) -> str:
    return f"{100 * prior:.3g} % ({prior:.3g})"


def _cut_offs(facts: CutOffs) -> str:
    counted = "all" if facts.counted_share == 1 else f"{facts.counted_share:.2g} of all"
    cells = ((f"{c.recall:.3f}", f"{c.recall_on_test:.3f}", f"{c.false_links:,.0f}") for c in facts.checks)
    rows = dict.fromkeys(cells)  # one cut-off may stand for several
    return f"""Cut-offs come from the same curve, fitted to {facts.validation_links:,} validation links, and from {counted}
pairs that are not training links. The test links, which are independent of them, show how well they hold:

{table(("recall expected", "recall on test", "unlinked pairs above the cut-off"), rows)}"""


def _intervals(facts: IntervalCoverage) -> str:
    rank = facts.rank_correlation
    relation = "is not correlated with" if rank is None else f"has a rank correlation of {rank:.2f} (Spearman) with"
    return f"""
The closed form's interval of {facts.level:.0%} holds {facts.coverage:.1%} of {facts.samples:,} samples of the
posterior's logits. The width of the probability's interval {relation} the error |y − p| on test pairs.
"""
