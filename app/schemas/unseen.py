"""Bodies of requests and answers about new nodes, which were not in the training graph."""

from collections.abc import Mapping
from typing import Annotated, Literal, NotRequired, Self

from pydantic import ConfigDict, Field, JsonValue, WithJsonSchema, model_validator
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypeAliasType, TypedDict

from latentlink.app.errors import InvalidRequestError
from latentlink.app.schemas.annotations import Calibrated, Interval, Support, UsedPrior
from latentlink.app.schemas.answers import Logit, ModelRef, Neighbor, Probability, Vector
from latentlink.app.schemas.explanations import NewNodeExplanation
from latentlink.app.schemas.requests import (
    PRIOR_WITH_CALIBRATED,
    AnnotatedBody,
    Body,
    IdPairs,
    Ids,
    K,
    Listed,
    Narrowed,
    at_most,
)
from latentlink.models.wording import shortened

LinkWeights = Annotated[list[Annotated[float, Field(gt=0, le=1e30)]], Field(fail_fast=True)]
_CELL = {
    "anyOf": [
        *({"type": kind} for kind in ("boolean", "number", "string")),
        {"type": "array", "items": {"type": "string"}},
        {"type": "null"},
    ],
    "description": "A number, true or false, a text or a list of texts.",
}
# Checked by `UnseenRequest`: of a dictionary, pydantic would make and word the errors of all cells.
Cells = TypeAliasType(
    "Cells", Annotated[dict[str, object], WithJsonSchema({"type": "object", "additionalProperties": _CELL})]
)


def _require_cells(field: str, given: Mapping[str, object] | list[float] | None) -> None:
    """Refuse the first value that is no cell."""
    if not isinstance(given, dict):
        return
    for column, value in given.items():
        texts = not isinstance(value, list) or all(isinstance(text, str) for text in value)
        if isinstance(value, dict) or not texts:
            found = "an object" if isinstance(value, dict) else "a list with other items"
            raise InvalidRequestError.of(
                f"{field}.{shortened(column)}", "a number, true or false, a text or a list of texts", found
            )


class _Given(Body):
    """The features and links of a new node, absent from the training graph."""

    features: Annotated[
        Cells | Annotated[list[float], Field(fail_fast=True)] | None,
        Field(
            description="Cells by column, all that the model's node table has, or that of its type; "
            "without a table as many numbers as the model's `counts.features`."
        ),
    ] = None
    type: Annotated[str | None, Field(description="Its type, in typed models, where it is required.")] = None
    neighbors: Annotated[Ids, at_most("max_nodes", "Known nodes that it is linked to.")] = []
    neighbor_types: Annotated[
        Ids | None,
        Field(
            description="Types of its `neighbors`, aligned with them, in typed models: needed where nodes of several types "
            "have an id, unless its own type is linked to one type alone."
        ),
    ] = None
    weights: Annotated[
        LinkWeights | None, Field(description="Of its links, aligned with `neighbors`; 1 each by default.")
    ] = None


class NamedNewNode(_Given):
    """One of several new nodes."""

    id: Annotated[
        str,
        Field(description="A name within this request, independent of the ids that the model knows.", max_length=256),
    ]


_SEVERAL: dict[str, JsonValue] = {
    "type": {"type": "null"},
    "features": {"type": "null"},
    "neighbors": {"maxItems": 0},
    "neighbor_types": {"type": "null"},
    "weights": {"type": "null"},
}
_ALONE: dict[str, JsonValue] = {
    "links": {"maxItems": 0},
    "link_weights": {"anyOf": [{"type": "null"}, {"maxItems": 0}]},
}

_FILTER_WITH_K: dict[str, JsonValue] = {
    "filter": {
        "anyOf": [
            {"properties": {"filter": {"type": "null"}}},
            {"required": ["k"], "properties": {"k": {"not": {"type": "null"}}}},
        ]
    }
}


NewNodeAnnotation = TypeAliasType("NewNodeAnnotation", Literal["calibrated", "support", "explanation"])


class UnseenRequest(_Given, Narrowed, AnnotatedBody):
    """One new node or several, which were not in the training graph, and what to compute for them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"neighbors": ["a", "b"], "targets": ["c"], "k": 2},
                {
                    "strangers": [{"id": "x", "neighbors": ["a"]}, {"id": "y", "neighbors": ["b"]}],
                    "links": [["x", "y"]],
                },
            ],
            "dependentSchemas": {**PRIOR_WITH_CALIBRATED, **_FILTER_WITH_K},
            "if": {"required": ["strangers"], "properties": {"strangers": {"not": {"type": "null"}}}},
            "then": {"properties": _SEVERAL},
            "else": {
                "properties": _ALONE,
                "anyOf": [
                    {"required": ["features"], "properties": {"features": {"not": {"type": "null"}}}},
                    {"required": ["neighbors"], "properties": {"neighbors": {"minItems": 1}}},
                ],
            },
        }
    )

    include: Annotated[
        list[NewNodeAnnotation],
        Field(
            fail_fast=True,
            description='"calibrated" and "support" as elsewhere; "explanation": why it has its logits with the `targets`.',
        ),
    ] = []
    limit: Listed = 10
    strangers: Annotated[
        list[NamedNewNode] | None,
        Field(description="Several new nodes instead of one; `links` are between them.", max_length=100),
    ] = None
    links: Annotated[IdPairs, at_most("max_nodes", "Links between new nodes, by their ids.")] = []
    link_weights: Annotated[LinkWeights | None, Field(description="Aligned with `links`; 1 each by default.")] = None
    embedding: Annotated[bool, Field(description="Whether to return its vector.")] = True
    targets: Annotated[
        Ids | None, at_most("max_nodes", "Known nodes to score it against; in typed models of `target_type`.")
    ] = None
    k: Annotated[K | None, Field(description="Predicted neighbours to return; none by default.")] = None
    relation: SkipJsonSchema[str | None] = None  # of no model that takes new nodes, so that the answer is 409

    @model_validator(mode="after")
    def _cells_are_cells(self) -> Self:
        _require_cells("features", self.features)
        for at, one in enumerate(self.strangers or ()):
            _require_cells(f"strangers.{at}.features", one.features)
        return self


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
        Annotated[list[NewNodeExplanation | None], Field(description="Of the logits, aligned with `targets`.")]
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
