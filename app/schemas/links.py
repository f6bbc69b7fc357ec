"""Lists of missing links: what is asked for, and the answer."""

from typing import Annotated, Literal, NotRequired

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue
from typing_extensions import TypedDict

from latentlink.app.schemas.annotations import Calibrated
from latentlink.app.schemas.answers import Logit, ModelRef, Probability, TypeOf
from latentlink.app.schemas.filters import Filter
from latentlink.app.schemas.requests import (
    Body,
    Ids,
    RelationName,
    SourceType,
    TargetType,
    at_most,
    separated,
    whole,
)

Shown = Annotated[
    list[Literal["degrees"]],
    Field(
        fail_fast=True,
        description='"degrees": the known links of both ends, as `source_degree` and `target_degree`.',
    ),
]
QueriedShown = Annotated[Shown, BeforeValidator(separated)]
MinLinkProbability = Annotated[float, Field(ge=0, le=1, description="Raw probability that a link must reach.")]


_GIVEN: dict[str, JsonValue] = {"not": {"type": "null"}}
EITHER_LIMIT_OR_PER_NODE: dict[str, JsonValue] = {
    "if": {"required": ["limit"], "properties": {"limit": _GIVEN}},
    "then": {"properties": {"per_node": {"type": "null"}}},
    "else": {"required": ["per_node"], "properties": {"per_node": _GIVEN}},
}
"""What a schema of fields alone can't say of a `LinksRequest`."""


class LinksRequest(Body):
    """Which links of the whole graph to list: the `limit` most likely ones, or the `per_node` most likely ones of each source."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"limit": 100, "include": ["degrees"]}], **EITHER_LIMIT_OR_PER_NODE}
    )

    limit: Annotated[
        int | None,
        Field(ge=1, description="Links, at most.", json_schema_extra={"x-maximum": "max_links"}),
        BeforeValidator(whole),
    ] = None
    per_node: Annotated[
        int | None,
        Field(ge=1, description="Links of each source, at most, instead of `limit`."),
        BeforeValidator(whole),
    ] = None
    min_probability: MinLinkProbability = 0.0
    min_calibrated: Annotated[
        float, Field(ge=0, le=1, description="Calibrated probability that a link must reach, at the default prior.")
    ] = 0.0
    known: Annotated[bool, Field(description="Whether known links may be in the list, which then has `known`.")] = False
    relation: RelationName = None
    source_type: SourceType = None
    target_type: TargetType = None
    sources: Annotated[Ids | None, at_most("max_nodes", "The only ids that a source may have.")] = None
    targets: Annotated[Ids | None, at_most("max_nodes", "The only ids that a target may have.")] = None
    filter: Annotated[
        Filter | None,
        Field(description="Conditions on columns of targets, of models trained with `--filter-columns`."),
    ] = None
    include: Shown = []


class Link(TypedDict):
    """One of the most likely missing links."""

    source: str
    target: str
    source_type: NotRequired[TypeOf]
    target_type: NotRequired[TypeOf]
    relation: NotRequired[Annotated[str, Field(description="The relation of the link, in models with relations.")]]
    probability: Probability
    logit: Logit
    calibrated: NotRequired[Annotated[Calibrated, Field(description="The probability at the default prior.")]]
    source_degree: NotRequired[Annotated[int, Field(description="Known links of the source, with `degrees`.")]]
    target_degree: NotRequired[Annotated[int, Field(description="Known links of the target, with `degrees`.")]]


class LinkList(ModelRef):
    """The most likely missing links, best first."""

    links: list[Link]
