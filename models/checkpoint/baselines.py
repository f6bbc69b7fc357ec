"""Which heuristics beat a model, and what that means for its graph; without torch, so that the service can answer it."""

from collections.abc import Mapping

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
}


def stronger_baselines(metrics: Metrics) -> list[str]:
    """Heuristics whose test AP is above the model's, best first; an AP that was not measured is left out."""
    own = metrics.test.ap
    if own is None:
        return []
    measured = {name: scores.ap for name, scores in metrics.baselines.items() if scores.ap is not None}
    return sorted((name for name, ap in measured.items() if ap > own), key=lambda name: -measured[name])


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
        return f"{_REASONS[best]} It has no features, so the model learned from links alone."
    cosine = metrics.baselines.get("feature_cosine")
    if best == "feature_cosine" or cosine is None or cosine.ap is None:
        return _REASONS[best]
    return f"{_REASONS[best]} Its features are weaker evidence: alone (feature cosine) they reach an AP of {cosine.ap:.4f}."
