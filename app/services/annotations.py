"""Annotations of scores: calibrated probability, interval of the logit, and local evidence (the known links around a pair)."""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any, NamedTuple, Self, cast

import numpy as np

from latentlink.app.errors import InvalidRequestError, UnsupportedByModelError
from latentlink.app.schemas.annotations import Interval, Support
from latentlink.app.schemas.answers import Neighbor
from latentlink.app.services.encoder import Embedded
from latentlink.app.services.scorer import PairScores, Scorer
from latentlink.app.services.steps import Steps, stepwise
from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.facts.probabilities import CalibrationFacts
from latentlink.models.inference.calibration import curve_of, probabilities
from latentlink.models.inference.intervals import Interval as Intervals
from latentlink.models.inference.intervals import intervals_around, logit_variance
from latentlink.models.inference.local_evidence import KnownLinks, LocalEvidence

_CALIBRATED, _INTERVAL = 500, 4_000  # operations that take as long as to make one and to write it
_MAX_PAIRS = 1_000  # pairs: each takes a search of its own


class Annotations(NamedTuple):
    """The annotations that a request includes.

    Attributes:
        calibrated: whether to add calibrated probabilities.
        prior: the fraction of pairs that are linked, in (0, 1); None for that of the calibration.
        level: the probability that an interval is to hold the logit with, in (0, 1); None for no interval.
        support: whether to add the local evidence of each pair.
    """

    calibrated: bool = False
    prior: float | None = None
    level: float | None = None
    support: bool = False

    @classmethod
    def of(cls, include: Collection[str], prior: float | None, level: float | None) -> Self:
        """From the fields of a request.

        Raises:
            InvalidRequestError: there is a prior without calibrated probabilities.
        """
        if prior is not None and "calibrated" not in include:
            raise InvalidRequestError.of("prior", "include=calibrated beside it, which it is for", f"{prior:g} alone")
        return cls("calibrated" in include, prior, level, "support" in include)

    def __bool__(self) -> bool:
        """Whether there is any annotation."""
        return self.calibrated or self.level is not None or self.support


def used_prior(model: Scorer, prior: float | None) -> float:
    """The fraction of pairs that are assumed to be linked: the requested one, or that of the calibration.

    Raises:
        UnsupportedByModelError: the checkpoint was published without a calibration.
    """
    own = _facts(model).prior
    return own if prior is None else prior


def calibrated(model: Scorer, scores: PairScores, prior: float | None) -> list[float | None]:
    """The calibrated probability of each of m pairs; None for known links, which calibration was not fitted to.

    Raises:
        UnsupportedByModelError: the checkpoint was published without a calibration.
    """
    values = calibrated_values(model, scores.logits, prior).tolist()
    return [None if known else value for value, known in zip(values, scores.known.tolist(), strict=True)]


def calibrated_values(model: Scorer, logits: Float64, prior: float | None) -> Float64:
    """As `calibrated`, float64 (m,), of known links as well."""
    return probabilities(curve_of(_facts(model)), logits, used_prior(model, prior))


def _facts(model: Scorer) -> CalibrationFacts:
    if (facts := model.checkpoint.manifest.calibration) is None:
        raise UnsupportedByModelError(
            f"include=calibrated: expected a checkpoint with a calibration, found {model.name}@{model.version} without; "
            "train again"
        )
    return facts


def intervals_of(model: Scorer, sources: Int64, targets: Int64, level: float) -> list[Interval | None]:
    """For each of m pairs the interval that holds its logit with probability `level`; None for a node with itself.

    Raises:
        UnsupportedByModelError: the model has no posterior.
    """
    logvar, checkpoint = require_posterior(model), model.checkpoint
    variances = logit_variance(
        checkpoint.dense, logvar, sources, targets, checkpoint.dense_weights, checkpoint.dense_target
    )
    found = _as_json(intervals_around(checkpoint.decoder.pairs(sources, targets), variances, level))
    return [None if same else ends for ends, same in zip(found, (sources == targets).tolist(), strict=True)]


def intervals_of_new_node(model: Scorer, one: Embedded, targets: Int64, level: float) -> list[Interval]:
    """As `intervals_of`, of a new node with m rows."""
    logvar, dense, decoder = require_posterior(model), model.checkpoint.dense, model.checkpoint.decoder
    if one.logvar is None:
        raise UnsupportedByModelError("interval: expected weights of the posterior's width, found none; train again")
    two_mu, two_logvar = (
        np.concatenate([part[targets], own[None]])
        for part, own in ((dense, one.z[: dense.shape[1]]), (logvar, one.logvar))
    )
    ends = np.full(len(targets), len(targets)), np.arange(len(targets))
    variances = logit_variance(two_mu, two_logvar, *ends, model.checkpoint.dense_weights)
    return _as_json(intervals_around(decoder.new_node(one.z, one.linked, targets), variances, level))


def _as_json(found: Intervals) -> list[Interval]:
    rows = zip(*(column.tolist() for column in found), strict=True)
    return [{"logit": (a, b), "probability": (p, q)} for a, b, p, q in rows]


def require_posterior(model: Scorer) -> Float32:
    """log σ² of the dense columns of all nodes, float32 (N, D₁).

    Raises:
        UnsupportedByModelError: the model has no posterior.
    """
    if (logvar := model.checkpoint.logvar) is None:
        kind = model.checkpoint.manifest.model
        if not model.checkpoint.manifest.dense:
            raise UnsupportedByModelError(
                "interval: expected dense columns, whose posterior has a width, found none: validation left them out"
            )
        raise UnsupportedByModelError(
            f"interval: expected a variational model (vgae, vae), whose posterior has a width, found one of kind {kind}"
        )
    return logvar


def annotate(
    model: Scorer, scores: PairScores, sources: Int64, targets: Int64, annotations: Annotations
) -> Steps[dict[str, list[Any]]]:
    """The annotations of m pairs of rows: by field of the answer, a value for each pair.

    Raises:
        UnsupportedByModelError: the model lacks what an annotation needs.
    """
    ends, evidence = partial(intervals_of, model, sources, targets), partial(evidence_of, model, sources, targets)
    return _columns(model, scores, annotations, ends, evidence)


def annotate_new_node(
    model: Scorer, one: Embedded, scores: PairScores, targets: Int64, annotations: Annotations
) -> Steps[dict[str, list[Any]]]:
    """As `annotate`, of a new node with m rows."""
    ends = partial(intervals_of_new_node, model, one, targets)
    evidence = partial(evidence_of_new_node, model, one, targets)
    return _columns(model, scores, annotations, ends, evidence)


def _columns(
    model: Scorer,
    scores: PairScores,
    annotations: Annotations,
    ends: Callable[[float], list[Any]],
    evidence: Callable[[], Iterator[Support]],
) -> Steps[dict[str, list[Any]]]:
    columns: dict[str, list[Any]] = {}
    if annotations.calibrated:
        columns["calibrated"] = calibrated(model, scores, annotations.prior)
    if annotations.level is not None:
        columns["interval"] = ends(annotations.level)
    if annotations.support:
        columns["support"] = yield from stepwise(evidence())
    return columns


def add_to(entries: list[Neighbor], columns: dict[str, list[Any]]) -> None:
    """Add its values to each entry."""
    for at, entry in enumerate(entries):
        entry.update(cast(Any, {name: values[at] for name, values in columns.items()}))


def annotation_work(model: Scorer, annotations: Annotations, pairs: int) -> int:
    """Operations of the annotations of so many pairs, whichever these are."""
    most = max(model.hubs.values(), default=0)
    evidence = KnownLinks.work(most, most) if annotations.support else 0
    return pairs * (evidence + _CALIBRATED * annotations.calibrated + _INTERVAL * (annotations.level is not None))


def require_few(annotations: Annotations, field: str, pairs: int) -> None:
    """Refuse the local evidence of more pairs than a request has time for.

    Raises:
        InvalidRequestError: the request includes it for more pairs than the limit, which the message names.
    """
    if annotations.support and pairs > _MAX_PAIRS:
        raise InvalidRequestError.of(field, f"at most {_MAX_PAIRS:,} with include=support", f"{pairs:,}")


def evidence_of(model: Scorer, sources: Int64, targets: Int64) -> Iterator[Support]:
    """The local evidence of each of m pairs of rows."""
    links = _links(model)
    return (_as_support(links.evidence(*pair)) for pair in zip(sources.tolist(), targets.tolist(), strict=True))


def evidence_of_new_node(model: Scorer, one: Embedded, targets: Int64) -> Iterator[Support]:
    """As `evidence_of`, of a new node with m rows, over its links to known nodes."""
    links = _links(model)
    return (_as_support(links.evidence_of_new_node(one.linked, row)) for row in targets.tolist())


def _links(model: Scorer) -> KnownLinks:
    graph = model.checkpoint.graph
    return KnownLinks(graph.indptr, graph.indices, graph.components, graph.into)


def _as_support(found: LocalEvidence) -> Support:
    return {
        "degrees": found.degrees,
        "same_component": found.same_component,
        "distance": found.distance,
        "exact": found.exact,
        "cold_start": found.cold,
    }
