"""Bodies of explanations."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypeAliasType, TypedDict

from latentlink.app.schemas.answers import Score

ExplanationMethod = TypeAliasType("ExplanationMethod", Literal["contributions", "leave-one-out"])
Contributed = Annotated[float, Field(description="Added to the logit; below 0, subtracted from it.")]


class FeatureContribution(TypedDict):
    """The contribution of one encoded feature of a node to a logit."""

    feature: Annotated[str, Field(description="Name of the encoded column, or its number, from 0.")]
    value: float
    contribution: Contributed


class Named(TypedDict):
    """A node, known or of the request."""

    node: str
    type: NotRequired[Annotated[str, Field(description="Of a known node, in typed models.")]]
    stranger: NotRequired[Annotated[bool, Field(description="Whether `node` is an id of the request.")]]


class Contribution(Named):
    """The contribution of one node to a logit: `features`, `rest` and `bias` add up to it; null without such a part."""

    contribution: Contributed
    features: Annotated[list[FeatureContribution], Field(description="The largest by absolute value.")]
    rest: Annotated[float | None, Field(description="Of all other features.")]
    bias: Annotated[float | None, Field(description="Of the node's learned embedding.")]


class ExplanationSide(Named):
    """A logit, or its dense part, read from one end: `self`, `others` and `rest` add up to it for `contributions`."""

    self: Annotated[Contribution | None, Field(description="Of the end itself; null for leave-one-out.")]
    others: Annotated[list[Contribution], Field(description="The largest by absolute value, the largest first.")]
    rest: Annotated[float | None, Field(description="Of all other nodes; null for leave-one-out.")]
    exact: Annotated[
        bool, Field(description="Whether all nodes that reach the end are counted; else `rest` holds the others.")
    ]
    fidelity: Annotated[
        float | None,
        Field(description="Fall of the probability without the links to all `others`; leave-one-out only."),
    ]


class CommonNeighbors(TypedDict):
    """Nodes that are linked to both ends; of a model with shared links, `contributions` and `rest` add up to that part."""

    count: Annotated[int, Field(ge=0)]
    nodes: Annotated[list[str], Field(description="Some of them, those with the fewest links first.")]
    types: NotRequired[Annotated[list[str], Field(description="Of `nodes`, in typed models.")]]
    contributions: NotRequired[Annotated[list[float], Field(description="Added to the logit, aligned with `nodes`.")]]
    rest: NotRequired[Annotated[float, Field(description="Of all others.")]]


class LogitParts(TypedDict, total=False):
    """What each part adds to a logit; a model has those that validation kept."""

    dense: Annotated[float, Field(description="The encoder's columns.")]
    spectral: Annotated[float, Field(description="Columns of eigenvectors of the known graph.")]
    bias: Annotated[
        float, Field(description="The bias of both nodes: a constant, in some models also by their degrees.")
    ]
    shared_links: Annotated[float, Field(description="Known links to the same nodes.")]


_PARTS = (
    "What each part adds to the logit, of a model that has parts; `sides` are of its `dense` part then, and none where the "
    "service can't run the encoder."
)
Parts = Annotated[LogitParts, Field(description=_PARTS)]


class Explanation(Score):
    """Why a pair has its logit, read from the source and from the target."""

    parts: NotRequired[Parts]
    method: ExplanationMethod
    sides: list[ExplanationSide]
    common_neighbors: CommonNeighbors


class NewNodeExplanation(TypedDict):
    """Why a new node has its logit with a target, read from the new node and from the target."""

    parts: NotRequired[Parts]
    method: ExplanationMethod
    sides: list[ExplanationSide]
    common_neighbors: CommonNeighbors
