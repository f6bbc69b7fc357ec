"""Metrics of scores: those that were answered beside those of the test, and how a candidate's differ."""

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from latentlink.app.services.lookup import Observer, Outcome
from latentlink.app.services.stores.store import ModelStore
from latentlink.models.arrays import Float64
from latentlink.models.facts.probabilities import CalibrationFacts

_TENTHS = [f"0.{tenth}" for tenth in range(10)]  # of the probability, by the lower end
_DIFFERENCES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)
_OVERLAPS = [tenth / 10 for tenth in range(11)]


class ScoreMetrics(Observer):
    """The numbers of the scores of one service.

    Args:
        registry: to keep them in.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        scores = Counter(
            "latentlink_model_scores",
            "Scores of pairs that were answered, by the tenth of the probability; not those of lists of neighbours.",
            ("model", "bin"),
            registry=registry,
        )
        # All ten at the first of them: queries divide tenths by each other.
        self._tenths = cache(lambda model: [scores.labels(model, tenth) for tenth in _TENTHS])
        self._asked = Counter(
            "latentlink_shadow_requests",
            "Requests that were drawn for a candidate: asked, unknown to it, failed, or left out: paused after a failure, "
            "while the service was busy, or another was asked.",
            ("model", "outcome"),
            registry=registry,
        )
        self._difference = Histogram(
            "latentlink_shadow_difference",
            "Absolute difference of the probability of a pair between a candidate and the version that answered.",
            ("model",),
            buckets=_DIFFERENCES,
            registry=registry,
        )
        self._overlap = Histogram(
            "latentlink_shadow_overlap",
            "Share of a list of neighbours that the candidate's list has, too.",
            ("model",),
            buckets=_OVERLAPS,
            registry=registry,
        )

    def scored(self, model: str, probability: float) -> None:
        """Count a score."""
        self._tenths(model)[min(9, int(10 * probability))].inc()

    def scored_many(self, model: str, probabilities: Float64) -> None:
        """Count scores."""
        counts = np.bincount(np.minimum(9, (10 * probabilities).astype(np.int64)), minlength=len(_TENTHS))
        for child, count in zip(self._tenths(model), counts.tolist(), strict=True):
            child.inc(count)

    def shadowed(self, model: str, outcome: Outcome) -> None:
        """Count a request that was drawn."""
        self._asked.labels(model, outcome).inc()

    def differed(self, model: str, differences: Iterable[float]) -> None:
        """Observe differences."""
        observed = self._difference.labels(model)
        for difference in differences:
            observed.observe(difference)

    def overlapped(self, model: str, share: float) -> None:
        """Observe an overlap."""
        self._overlap.labels(model).observe(share)


class ReferenceScores(Collector):
    """How the scores of the test are spread, of the models that are served: of links and of non-links.

    Args:
        store: of the models.
    """

    def __init__(self, store: ModelStore) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        """The family, without models that have no calibration."""
        shares = GaugeMetricFamily(
            "latentlink_model_reference_scores",
            "Share of the test links, or of as many non-links, by the tenth of the probability.",
            labels=("model", "bin", "linked"),
        )
        for name, model in self._store.models.items():
            for linked, values in _spread(model.manifest.calibration).items():
                for tenth, value in zip(_TENTHS, values.tolist(), strict=True):
                    shares.add_metric((name, tenth, linked), value)
        yield shares


def _spread(calibration: CalibrationFacts | None) -> dict[str, Float64]:
    """The share of each tenth of the probability among links and non-links, float64 (10,); none where nothing was measured."""
    if calibration is None or len(calibration.balanced.before.weight) != len(_TENTHS):
        return {}
    test = calibration.balanced.before
    weight, observed = np.array(test.weight), np.array(test.observed, np.float64)
    links = weight * np.nan_to_num(observed)
    return {
        linked: part / part.sum() for linked, part in (("true", links), ("false", weight - links)) if part.sum() > 0
    }
