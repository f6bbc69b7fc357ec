"""Cut-offs that reach a goal, from the counts of held-out and of false links above each logit."""

from collections.abc import Callable
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np
from typing_extensions import TypeAliasType

from latentlink.app.errors import UnsupportedByModelError
from latentlink.app.services.scorer import Scorer
from latentlink.models.arrays import Float64
from latentlink.models.facts.probabilities import LEAST_LINKS, CutOffs
from latentlink.models.inference.scoring import sigmoid_of
from latentlink.models.wording import shortened

Target = TypeAliasType("Target", Literal["precision", "recall", "links"])

_LEVEL, _QUANTILE = 0.9, 1.6448536269514722  # of the ranges, and the Gaussian's quantile for it


class Range(NamedTuple):
    """An expected number, and where it lies with 90 %."""

    expected: float
    low: float
    high: float


class Cutoff(NamedTuple):
    """A cut-off, and the pairs above it among those that are not known to be linked.

    Attributes:
        reachable: whether it reaches the goal; if not, it comes nearest.
        logit: of the cut-off.
        probability: σ of that, as scores have it.
        precision: fraction of true links among the pairs above.
        recall: fraction of the missing links that are above.
        links: how many missing links are above, if as many are missing as were held out.
        pairs: how many pairs are above, true and false.
    """

    reachable: bool
    logit: float
    probability: float
    precision: Range
    recall: Range
    links: Range
    pairs: float


def cutoff_for(model: Scorer, target: Target, value: float) -> Cutoff:
    """The cut-off that reaches a precision, a recall or a number of missing links, with the most of the others.

    Raises:
        UnsupportedByModelError: the checkpoint has no cut-offs, or none of the relation.
    """
    facts = model.checkpoint.manifest.thresholds
    if facts is None and model.relation is not None:
        raise UnsupportedByModelError(
            f"relation: expected a relation with {LEAST_LINKS} validation links, which has cut-offs and a curve of its own, "
            f"found {shortened(model.relation)!r} with fewer; without it they are of all relations together"
        )
    if facts is None:
        raise UnsupportedByModelError(
            f"thresholds: expected a checkpoint with counted cut-offs, found {model.name}@{model.version} without; train again"
        )
    recall, false_links = np.array(facts.recall), np.array(facts.false_links)
    links = recall * facts.missing_links
    precision = links / np.maximum(links + false_links, np.finfo(float).tiny)
    reached: Float64 = {"precision": precision, "recall": recall, "links": links}[target]
    enough = np.flatnonzero(reached >= value)
    nearest = enough[-1 if target == "precision" else 0] if len(enough) else reached.argmax()
    return _advice(facts, int(nearest), reachable=bool(len(enough)))


def _advice(facts: CutOffs, at: int, *, reachable: bool) -> Cutoff:
    fraction, missing, false_links = facts.recall[at], facts.missing_links, facts.false_links[at]
    recall = Range(fraction, *wilson(fraction, facts.validation_links, _LEVEL))
    links = Range(*(missing * part for part in recall))
    counted = facts.counted_share
    noise = 0.0 if counted == 1 else _QUANTILE * np.sqrt(max(false_links * counted, 1)) / counted
    few, many = max(false_links - noise, 0.0), false_links + noise
    precise: Callable[[float, float], float] = lambda true, false: true / (true + false) if true else 0.0  # noqa: E731
    precision = Range(
        *(precise(*pair) for pair in ((links.expected, false_links), (links.low, many), (links.high, few)))
    )
    logit = facts.logit[at]
    return Cutoff(reachable, logit, sigmoid_of(logit), precision, recall, links, links.expected + false_links)


def wilson(fraction: float, n: int, level: float = 0.9) -> tuple[float, float]:
    """The interval of a fraction that was measured among n (Wilson 1927)."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle, margin = fraction + z * z / (2 * n), z * np.sqrt(fraction * (1 - fraction) / n + z * z / (4 * n * n))
    low, high = (middle - margin) / (1 + z * z / n), (middle + margin) / (1 + z * z / n)
    return max(float(low), 0.0), min(float(high), 1.0)
