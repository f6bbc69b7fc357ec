"""What a checkpoint's metrics say of heuristics beside the model; needs no torch, so that the service can say it too."""

from collections.abc import Mapping
from typing import Any


def stronger_baselines(metrics: Mapping[str, Any]) -> list[str]:
    """Heuristics whose test AP is above the model's, best first; none where either was not measured."""
    own = _ap(metrics.get("test"))
    if own is None:
        return []
    measured = {name: _ap(scores) for name, scores in metrics.get("baselines", {}).items()}
    above = {name: ap for name, ap in measured.items() if ap is not None and ap > own}
    return sorted(above, key=lambda name: -above[name])


def _ap(scores: object) -> float | None:
    ap = scores.get("ap") if isinstance(scores, Mapping) else None
    return float(ap) if isinstance(ap, int | float) else None
