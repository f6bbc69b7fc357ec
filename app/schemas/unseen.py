"""Bodies of answers about new nodes, which were not in the training graph."""

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from latentlink.app.schemas.answers import (
    Calibrated,
    Interval,
    Logit,
    ModelRef,
    Neighbor,
    Probability,
    Support,
    UsedPrior,
    Vector,
)
from latentlink.app.schemas.explanations import StrangerExplanation


class Embedded(TypedDict):
    """The embedding of a new node and its scores; null where the request has no part for them."""

    approximate: Annotated[
        bool,
        Field(description="Whether the encoder needs an input that a new node lacks, or that was not given."),
    ]
    embedding: Vector | None
    probability: Annotated[list[Probability | None] | None, Field(description="Aligned with `targets`.")]
    logit: Annotated[list[Logit | None] | None, Field(description="Aligned with `targets`.")]
    neighbors: Annotated[list[Neighbor] | None, Field(description="Best first.")]
    calibrated: NotRequired[Annotated[list[Calibrated | None], Field(description="Aligned with `targets`.")]]
    interval: NotRequired[Annotated[list[Interval | None], Field(description="Aligned with `targets`.")]]
    support: NotRequired[
        Annotated[list[Support | None], Field(description="Over its links to known nodes; aligned with `targets`.")]
    ]
    explanation: NotRequired[
        Annotated[list[StrangerExplanation | None], Field(description="Of the logits, aligned with `targets`.")]
    ]


class Unseen(Embedded, ModelRef):
    """One new node, absent from the training graph."""

    dim: int
    prior: NotRequired[UsedPrior]


class UnseenOne(Embedded):
    """One of several new nodes."""

    id: str


class UnseenSeveral(ModelRef):
    """Results aligned with the new nodes of the request."""

    dim: int
    results: list[UnseenOne]
    prior: NotRequired[UsedPrior]
