"""How far probabilities can be trusted, and how many pairs score above which logit; measured in the evaluated run."""

from typing import Self

from pydantic import Field, model_validator

from latentlink.models.facts.base import Count, Facts, Measured, Number, Positive, Share


class Reliability(Facts):
    """Predicted probabilities beside the observed share of edges, in bins of equal width; null in empty bins."""

    ece: Number = Field(description="Expected calibration error Σ weight · |observed − predicted|.")
    brier: Number = Field(description="Mean squared error of the probabilities.")
    predicted: list[Measured]
    observed: list[Measured]
    weight: list[Number]


class BalancedReliability(Facts):
    """Reliability on as many test edges as non-edges."""

    before: Reliability = Field(description="Of raw probabilities.")
    after: Reliability = Field(description="Of calibrated probabilities.")
    noise_floor: Number = Field(
        description="Mean calibration error that sampling alone gives to perfect probabilities."
    )


class SparseReliability(Facts):
    """Reliability at the share of edges among all pairs that the encoder did not know."""

    prior: Number = Field(description="That share.")
    before: Reliability = Field(description="Of raw probabilities.")
    after: Reliability = Field(description="Of calibrated probabilities.")


class CalibrationFacts(Facts):
    """The calibration curve, fitted to validation pairs at one edge to one non-edge, and its reliability on test pairs.

    A pair with logit s is linked with probability σ(slope · s + bend · k(s) + intercept + logit prior), k(s) = 2 log cosh(s/2).
    """

    slope: Number
    intercept: Number
    bend: Number = 0.0
    balanced: BalancedReliability
    sparse: SparseReliability
    prior: Number = Field(gt=0, lt=1, description="Share of all pairs that is linked: the prior of answers by default.")


class CutOffCheck(Facts):
    """One cut-off on the test links, which it was not made of."""

    recall: Number = Field(description="Share of validation links above it.")
    recall_on_test: Number = Field(description="Share of test links above it.")
    false_links: Number = Field(description="Unlinked pairs above it.")


class CutOffs(Facts):
    """What scores above each of c logits, which fall, at the graph's own sparsity."""

    logit: list[Number] = Field(min_length=1)
    recall: list[Share] = Field(description="Share of validation links at or above each logit.")
    false_links: list[Number] = Field(description="Unlinked pairs at or above each logit.")
    validation_links: Positive = Field(description="Links that the recall is a share of.")
    missing_links: Count = Field(description="Links that the evaluated embeddings did not know.")
    counted_share: Number = Field(gt=0, le=1, description="Share of the unlinked pairs that was scored.")
    checks: list[CutOffCheck] = Field([], description="Of some recalls, on test links.")

    @model_validator(mode="after")
    def _has_columns_of_one_length(self) -> Self:
        if not len(self.logit) == len(self.recall) == len(self.false_links):
            raise ValueError("expected as many recalls and false links as logits")
        return self


class Probabilities(Facts):
    """What probabilities and cut-offs of the evaluated run are worth."""

    calibration: CalibrationFacts
    thresholds: CutOffs
