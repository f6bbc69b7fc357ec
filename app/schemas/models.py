"""Answers about models, and of the probes."""

from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field, GetPydanticSchema
from pydantic_core import core_schema
from typing_extensions import TypedDict

from latentlink.models.facts.base import Facts
from latentlink.models.facts.metrics import Metrics
from latentlink.models.facts.probabilities import CalibrationFacts
from latentlink.models.facts.published import Counts, Fingerprint, ModelKind, Software
from latentlink.models.facts.training import TrainingFacts, TrainingSettings

Probability = Annotated[float, Field(description="σ(zᵢᵀzⱼ), the edge probability.", ge=0, le=1)]
Logit = Annotated[float, Field(description="zᵢᵀzⱼ.")]
Known = Annotated[bool, Field(description="Whether the edge is in the checkpoint's graph.")]
# An array in the handler, a list of numbers in JSON: mypy sees the one, OpenAPI the other.
_AsList = GetPydanticSchema(lambda _source, _handler: core_schema.list_schema(core_schema.float_schema()))
Vector = Annotated[npt.NDArray[np.float32], _AsList, Field(description="z = μ, float32.")]
Coordinates = Annotated[npt.NDArray[np.float32], _AsList, Field(description="float32, aligned with `nodes`.")]


Calibrated = Annotated[float, Field(description="The probability at the prior in use.", ge=0, le=1)]
UsedPrior = Annotated[float, Field(description="The fraction of linked pairs that `calibrated` assumes.")]


class ModelSummary(Facts):
    """A loaded model."""

    name: str
    versions: Annotated[list[str], Field(description="Those that are open, oldest first.")]
    published: Annotated[list[str], Field(description="Those on the disk, oldest first; `name@version` opens each.")]
    current: str
    kind: ModelKind
    counts: Counts


class ModelList(Facts):
    """All loaded models."""

    default: str | None = Field(
        description="The one that `default` means; null if it could be several, or is not loaded."
    )
    models: list[ModelSummary]


class Hub(Facts):
    """A node with many known links."""

    node: str
    degree: int


class ModelDetail(Facts):
    """The manifest's public part, after the heuristics that beat the model's test AP and the hubs of its graph."""

    beaten_by: list[str] = Field(description="Heuristics with a higher test AP, the best first.")
    beaten_because: str | None = Field(
        description="Why the best of them wins on this graph; null where that is unknown."
    )
    hubs: list[Hub] = Field(description="Up to ten nodes with the most known links, most first.")
    model: str
    version: str
    kind: ModelKind
    encoder: str
    created_at: str
    counts: Counts
    config: TrainingSettings
    metrics: Metrics
    training: TrainingFacts
    calibration: CalibrationFacts | None
    seed: int
    data_fingerprint: Fingerprint
    software: Software


class Health(TypedDict):
    """The process lives."""

    status: str


class Ready(TypedDict):
    """The loaded models with their versions, and the models whose current version is not served, with the reasons."""

    status: str
    models: dict[str, str]
    degraded: dict[str, str]
