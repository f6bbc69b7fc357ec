"""What a checkpoint's metrics say of heuristics beside the model; needs no torch, so that the service can say it too."""

from collections.abc import Mapping
from typing import Any

_TRIANGLES = (
    "Links of this graph close triangles: shared neighbours tell most, and such a heuristic counts them exactly."
)
_REASONS: Mapping[str, str] = {
    "common_neighbors": _TRIANGLES,
    "adamic_adar": _TRIANGLES,
    "resource_allocation": _TRIANGLES,
    "preferential_attachment": "Links of this graph go to hubs: the degrees of two ends tell most, whatever they share.",
    "feature_cosine": "The features of this graph say directly who is linked: two ends resemble each other.",
}


def stronger_baselines(metrics: Mapping[str, Any]) -> list[str]:
    """Heuristics whose test AP is above the model's, best first; none where either was not measured."""
    own = _ap(metrics.get("test"))
    if own is None:
        return []
    measured = {name: _ap(scores) for name, scores in metrics.get("baselines", {}).items()}
    above = {name: ap for name, ap in measured.items() if ap is not None and ap > own}
    return sorted(above, key=lambda name: -above[name])


def why_beaten(metrics: Mapping[str, Any], features: int) -> str | None:
    """What it says of the graph that a heuristic won: a sentence or two, None where none did or it has another name.

    Args:
        metrics: as in the manifest.
        features: F, 0 for a graph without.
    """
    best, *_ = stronger_baselines(metrics) or [""]
    if best not in _REASONS:
        return None
    if features == 0:
        return f"{_REASONS[best]} It has no features, so the model had only links to learn from, too."
    alone = _ap(metrics["baselines"].get("feature_cosine"))
    if best == "feature_cosine" or alone is None:
        return _REASONS[best]
    return f"{_REASONS[best]} Its features tell less: by themselves (feature cosine) they reach an AP of {alone:.4f}."


def _ap(scores: object) -> float | None:
    ap = scores.get("ap") if isinstance(scores, Mapping) else None
    return float(ap) if isinstance(ap, int | float) else None
