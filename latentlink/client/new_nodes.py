"""New nodes, which were not in the training graph, as a client returns them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from latentlink.client.answers import (
    Float32,
    Float64,
    Interval,
    Neighbors,
    Support,
    interval_of,
    neighbors_of,
    support_of,
)
from latentlink.client.explanations import NewNodeExplanation, new_node_explanation_of
from latentlink.client.frames import annotations, frame

if TYPE_CHECKING:
    from pandas import DataFrame


class NewNode(TypedDict, total=False):
    """A new node, absent from the training graph; in typed models with its `type`."""

    type: str
    features: Mapping[str, float | str | Sequence[str]] | Sequence[float]
    neighbors: Sequence[str]
    neighbor_types: Sequence[str]
    weights: Sequence[float]


class NewNodeQuery(NewNode, total=False):
    """A new node, and the known nodes to score it against."""

    targets: Sequence[str]


@dataclass(frozen=True)
class Unseen:
    """A new node, absent from the training graph.

    Attributes:
        approximate: whether the encoder needs an input that the node lacks or that was not given.
        embedding: float32 (D,).
        probability: float64 (m,), of links to the targets; NaN for an unknown one. None without targets.
        logit: float64 (m,) likewise.
        neighbors: its predicted neighbours, the likeliest first, where the request has a `k`.
        calibrated: float64 (m,) where they were requested, NaN for links that were given and unknown targets.
        intervals: one for each target where they were requested, None for unknown ones.
        supports: likewise, over its links to known nodes.
        explanations: likewise.
        targets: m ids, as requested.
    """

    approximate: bool
    embedding: Float32
    probability: Float64 | None
    logit: Float64 | None
    neighbors: Neighbors | None
    calibrated: Float64 | None = None
    intervals: list[Interval | None] | None = None
    supports: list[Support | None] | None = None
    explanations: list[NewNodeExplanation | None] | None = None
    targets: Sequence[str] = field(default=(), repr=False)

    def to_pandas(self) -> "DataFrame":
        """A row for each target: `target`, `probability`, `logit`, and what was requested beside them."""
        scores = {"probability": self.probability, "logit": self.logit, "calibrated": self.calibrated}
        return frame({"target": list(self.targets), **scores, **annotations(self.intervals, self.supports)})


def unseen_of(answer: Any, targets: Sequence[str] | None) -> Unseen:
    """From an answer of `POST unseen` with a vector, or one of its results, on these targets."""
    probability, logit = (
        None if answer[name] is None else np.array(answer[name], np.float64) for name in ("probability", "logit")
    )
    found = None if answer["neighbors"] is None else neighbors_of(answer)
    return Unseen(
        answer["approximate"],
        np.array(answer["embedding"], np.float32),
        probability,
        logit,
        found,
        calibrated=np.array(answer["calibrated"], np.float64) if "calibrated" in answer else None,
        intervals=[interval_of(ends) for ends in answer["interval"]] if "interval" in answer else None,
        supports=[support_of(links) for links in answer["support"]] if "support" in answer else None,
        explanations=[part and new_node_explanation_of(part) for part in answer["explanation"]]
        if "explanation" in answer
        else None,
        targets=targets or (),
    )
