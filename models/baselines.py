"""What a checkpoint's metrics say of heuristics beside the model; needs no torch, so that the service can say it too."""

from collections.abc import Mapping
from typing import Any


def stronger_baselines(metrics: Mapping[str, Any]) -> list[str]:
    """Heuristics whose test AP is above the model's, best first; none where no baselines were measured."""
    baselines = metrics.get("baselines", {})
    above = [name for name, scores in baselines.items() if scores["ap"] > metrics["test"]["ap"]]
    return sorted(above, key=lambda name: -baselines[name]["ap"])
