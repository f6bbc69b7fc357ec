"""The section of a model card on probabilities: calibration, cut-offs and intervals."""

from latentlink.models.facts.metrics import IntervalCoverage
from latentlink.models.facts.probabilities import CalibrationFacts, CutOffs, Probabilities
from latentlink.models.publishing.markdown import number, table


def probabilities_section(facts: Probabilities, intervals: IntervalCoverage | None) -> str:
    """Reliability of raw and calibrated probabilities, of cut-offs and of intervals, and the pairs it was measured on."""
    return f"""{_calibration(facts.calibration)}

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
    line, bend = f"{facts.slope:.4f} s", "" if facts.bend == 0 else f" {facts.bend:+.4f} k(s)"
    method = "(Platt)" if facts.bend == 0 else "with k(s) = 2 log cosh(s/2) (beta calibration)"
    return f"""Raw probabilities σ(zᵢᵀzⱼ) rank pairs; they are probabilities only for a graph in which half of all pairs are
linked. The mean logit over all pairs is at least 0, so that they average about 0.5 however sparse the graph is.
Calibrated, the odds of a pair with logit s are the odds of the prior times
exp({line}{bend} {facts.intercept:+.4f}), fitted to validation edges and
non-edges outside the test {method}. ECE is the calibration error over ten bins of equal width;
sampling noise alone gives {facts.balanced.noise_floor:.4f} on so many test pairs at one edge to one non-edge.

There are two priors. The density of the graph: {_percent(facts.prior)} of all pairs are linked; the service takes it where a
request gives no `prior`. The prior of the test: {_percent(facts.sparse.prior)} of the pairs that are not training edges are test
edges; the last two rows are weighted to it.

{table(("test pairs", "ECE", "Brier"), rows)}"""


def _percent(prior: float) -> str:
    return f"{100 * prior:.3g} % ({prior:.3g})"


def _cut_offs(facts: CutOffs) -> str:
    counted = "all" if facts.counted_share == 1 else f"{facts.counted_share:.2g} of all"
    rows = ([f"{c.recall:.3f}", f"{c.recall_on_test:.3f}", f"{c.false_links:,.0f}"] for c in facts.checks)
    return f"""Cut-offs come from {facts.validation_links:,} validation links and {counted} pairs without a link.
The test links, which are independent of them, show how well they hold:

{table(("recall promised", "recall on test", "unlinked pairs above the cut-off"), rows)}"""


def _intervals(facts: IntervalCoverage) -> str:
    rank = facts.rank_correlation
    relation = "is not correlated with" if rank is None else f"has a rank correlation of {rank:.2f} (Spearman) with"
    return f"""
The closed form's interval of {facts.level:.0%} holds {facts.coverage:.1%} of {facts.samples:,} samples of the
posterior's logits. The width of the probability's interval {relation} the error |y − p| on test pairs.
"""
