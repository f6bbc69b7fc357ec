"""Reliability of the probabilities, and cut-offs on the logit, both measured in the evaluated run."""

from operator import le, lt
from typing import Annotated, Self

from pydantic import Field, Strict, model_validator

from latentlink.models.facts.base import Count, Facts, Measured, Number, Positive, Share

# Wide enough for all that can be measured, and narrow enough for answers to stay finite.
Coefficient = Annotated[float, Strict(), Field(ge=-1e100, le=1e100)]
LogOdds = Annotated[float, Strict(), Field(ge=-1e3, le=1e3)]
Pairs = Annotated[float, Strict(), Field(ge=0, le=1e20)]

MIN_EDGES = 100  # of a test whose reliability is drawn: ten for each bin
_MIN_PAIRS = 10  # of a bin that is drawn

LEAST_LINKS = 50  # validation links of a relation with a calibration and cut-offs of its own


class ReliabilityCurve(Facts):
    """The points of a reliability diagram: bins that hold at least ten pairs, by rising probability."""

    predicted: list[Number] = Field(description="Mean predicted probability of each bin.")
    observed: list[Number] = Field(description="Share of edges in each bin.")


class ReliabilityCurves(Facts):
    """The reliability diagram on as many test edges as non-edges."""

    before: ReliabilityCurve = Field(description="Of raw probabilities.")
    after: ReliabilityCurve = Field(description="Of calibrated probabilities.")


class Reliability(Facts):
    """Predicted probabilities beside the observed share of edges, in bins of equal width; null in empty bins."""

    ece: Number = Field(description="Expected calibration error Σ weight · |observed − predicted|.")
    brier: Number = Field(description="Mean squared error of the probabilities.")
    predicted: list[Measured]
    observed: list[Measured]
    weight: list[Number]

    @model_validator(mode="after")
    def _has_columns_of_one_length(self) -> Self:
        if not len(self.predicted) == len(self.observed) == len(self.weight):
            raise ValueError("expected as many observed shares and weights as predicted ones")
        return self

    def curve(self, pairs: int) -> ReliabilityCurve:
        """The bins that hold enough of so many pairs."""
        bins = zip(self.predicted, self.observed, self.weight, strict=True)
        points = [
            (predicted, observed)
            for predicted, observed, weight in bins
            if predicted is not None and observed is not None and weight * pairs > _MIN_PAIRS - 0.5
        ]
        return ReliabilityCurve(predicted=[p for p, _ in points], observed=[o for _, o in points])


class BalancedReliability(Facts):
    """Reliability on as many test edges as non-edges."""

    before: Reliability = Field(description="Of raw probabilities.")
    after: Reliability = Field(description="Of calibrated probabilities.")
    noise_floor: Number = Field(
        description="Mean calibration error that sampling alone gives to perfect probabilities."
    )

    def curves(self, edges: int) -> ReliabilityCurves | None:
        """What is drawn of a test with so many edges and as many non-edges; None where these are too few."""
        if edges < MIN_EDGES:
            return None
        return ReliabilityCurves(before=self.before.curve(2 * edges), after=self.after.curve(2 * edges))


class SparseReliability(Facts):
    """Reliability at the share of test edges among the pairs that are neither training nor validation edges."""

    prior: Number = Field(description="That share.")
    before: Reliability = Field(description="Of raw probabilities.")
    after: Reliability = Field(description="Of calibrated probabilities.")


class KnotFacts(Facts):
    """A curve that is linear between k knots and constant beyond them: by rising logit, log-odds that never fall."""

    logit: list[Coefficient] = Field(min_length=1)
    log_odds: list[LogOdds] = Field(description="Where half of all pairs are linked; another share adds its own.")

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if len(self.logit) != len(self.log_odds):
            raise ValueError("expected as many log-odds as logits")
        if not all(map(lt, self.logit, self.logit[1:])) or not all(map(le, self.log_odds, self.log_odds[1:])):
            raise ValueError("expected rising logits, and log-odds that never fall")
        return self


class TopPairs(Facts):
    """The best of the pairs that are neither training nor validation links, and the test links among them."""

    pairs: Positive = Field(description="How many of the best pairs.")
    expected: Number = Field(description="Sum of their calibrated probabilities at the share of test links.")
    found: Count = Field(description="Test links among them.")


class CalibrationFacts(Facts):
    """The calibration curve, fitted to validation links among all unlinked pairs, and how well it holds on test links.

    A pair with logit s is linked with probability σ(f(s) + logit prior). Checkpoints have either `knots` of f, or, older ones,
    f(s) = slope · s + bend · k(s) + intercept with k(s) = 2 log cosh(s/2).
    """

    knots: KnotFacts | None = None
    slope: Coefficient | None = None
    intercept: Coefficient | None = None
    bend: Coefficient = 0.0
    balanced: BalancedReliability
    sparse: SparseReliability
    prior: Number = Field(
        gt=0,
        lt=1,
        description="The prior of answers by default: number of held-out links by that of unlinked pairs, held-out links among "
        "them; of older checkpoints share of all pairs that is linked.",
    )
    top: list[TopPairs] = Field([], description="The best pairs: expected and found test links.")

    @model_validator(mode="after")
    def _has_one_curve(self) -> Self:
        if (self.knots is None) == (self.slope is None or self.intercept is None):
            raise ValueError("expected either knots or a slope and an intercept")
        return self


class CutOffCheck(Facts):
    """One cut-off, measured on the test links."""

    recall: Number = Field(description="Expected share of missing links above it.")
    recall_on_test: Number = Field(description="Share of test links above it.")
    false_links: Number = Field(description="Unlinked pairs above it.")


class CutOffs(Facts):
    """Cut-offs at c logits, descending, with counts at the sparsity of the graph, by the calibration; older ones were counted."""

    logit: list[Number] = Field(min_length=1)
    recall: list[Share] = Field(description="Expected share of missing links at or above each logit.")
    false_links: list[Pairs] = Field(description="Unlinked pairs at or above each logit.")
    validation_links: Positive = Field(description="Number of validation links.")
    missing_links: Count = Field(description="Number of held-out links, of validation and test.")
    counted_share: Number = Field(ge=1e-20, le=1, description="Share of the unlinked pairs that was scored.")
    checks: list[CutOffCheck] = Field([], description="Some of the cut-offs on the test links.")

    @model_validator(mode="after")
    def _has_columns_of_one_length(self) -> Self:
        if not len(self.logit) == len(self.recall) == len(self.false_links):
            raise ValueError("expected as many recalls and false links as logits")
        return self


class RelationProbabilities(Facts):
    """The calibration and the cut-offs of one relation of several, among the unlinked pairs of this relation.

    A pair with logit s is linked with probability σ(f(s) + logit prior), with f by the relation's own `knots` or, where its
    validation links are too few to fit any, by those of all relations together.
    """

    prior: Number = Field(
        ge=0, lt=1, description="Number of the relation's held-out links by that of its unlinked pairs."
    )
    knots: KnotFacts | None = Field(None, description="The relation's own curve; else that of all relations holds.")
    thresholds: CutOffs | None = Field(None, description="Of a relation with a curve of its own.")


class Probabilities(Facts):
    """The calibration and the cut-offs of the evaluated run; of several relations also those of each, by name."""

    calibration: CalibrationFacts
    thresholds: CutOffs
    relations: dict[str, RelationProbabilities] = Field({}, description="Of each relation.")
