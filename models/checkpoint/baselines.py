"""Which heuristics beat a model, and what that means for its graph; without torch, so that the service can answer it."""

from collections.abc import Mapping
from itertools import chain

from latentlink.models.facts.metrics import Metrics

_TRIANGLES = (
    "Links of this graph close triangles: shared neighbours are the best evidence, and this heuristic counts them "
    "exactly."
)
_REASONS: Mapping[str, str] = {
    "common_neighbors": _TRIANGLES,
    "adamic_adar": _TRIANGLES,
    "resource_allocation": _TRIANGLES,
    "preferential_attachment": "Links of this graph go to hubs: the degrees of both ends are the best evidence.",
    "feature_cosine": "Linked nodes of this graph have similar features, which this heuristic compares directly.",
    "paths_of_length_3": "Links of this graph lie between a node and the likes of its neighbours: paths of three links are "
    "the best evidence, and this heuristic counts them exactly.",
    "relation_popularity": "Links of these relations go to the same nodes again and again: how often a node is an answer is the "
    "best evidence.",
    "spectral": "Links of this graph follow its large communities: their eigenvectors are the best evidence, and this "
    "heuristic compares them directly.",
}


COMPARED: Mapping[str, str] = {"ap": "AP", "full_mrr": "full MRR", "full_hits@10": "full Hits@10"}
"""The metrics on which a heuristic may be ahead, the most important first, with their names for people."""


def beaten_on(metrics: Metrics) -> dict[str, list[str]]:
    """The heuristics above the model in each of `COMPARED` on the test, best first; metrics on which none is are left out.

    What was not measured is not compared: checkpoints of earlier versions have AP alone.
    """
    ahead = {metric: _ahead(metrics, metric) for metric in COMPARED}
    return {metric: names for metric, names in ahead.items() if names}


def _ahead(metrics: Metrics, metric: str) -> list[str]:
    own, measured = metrics.test.by_name().get(metric), _measured(metrics, metric)
    if own is None:
        return []
    return sorted((name for name, value in measured.items() if value > own), key=lambda name: -measured[name])


def _measured(metrics: Metrics, metric: str) -> dict[str, float]:
    """A metric of each heuristic for which it was measured."""
    scores = {name: scores.by_name().get(metric) for name, scores in metrics.baselines.items()}
    return {name: value for name, value in scores.items() if value is not None}


def stronger_baselines(metrics: Metrics) -> list[str]:
    """Heuristics that are ahead on any of `COMPARED`: first those on AP, the best first, then those on the ranking alone."""
    return list(dict.fromkeys(chain.from_iterable(beaten_on(metrics).values())))


def best_baseline(metrics: Metrics, metric: str) -> str | None:
    """The heuristic with the highest value of a metric, None where it was measured for none."""
    measured = _measured(metrics, metric)
    return max(measured, key=measured.__getitem__, default=None)


def why_beaten(metrics: Metrics, features: int) -> str | None:
    """Why the best heuristic beats the model, in a sentence or two; None if none does, or for an unknown heuristic.

    Args:
        metrics: of the evaluated run.
        features: F, or 0 for a graph without features.
    """
    best, *_ = stronger_baselines(metrics) or [""]
    if best not in _REASONS:
        return None
    if features == 0:
        return f"{_REASONS[best]} The graph has no features, so the model learned from links alone."
    measured = _measured(metrics, "ap")
    cosine = measured.get("feature_cosine")
    if cosine is None or cosine >= measured.get(best, 0.0):
        return _REASONS[best]
    return f"{_REASONS[best]} Features are weaker evidence: alone (feature cosine) they reach an AP of {cosine:.4f}."
