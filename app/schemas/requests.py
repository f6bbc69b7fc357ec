"""Bodies of requests. Strict: unknown fields and ids that are not strings are refused.

Limits that an operator sets are named here by their setting (`x-maxItems`, `x-maximum`); `reference/openapi.py` writes
their values.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, WithJsonSchema, model_validator

from latentlink.app.errors import InvalidRequestError

_SHOWN = 80  # characters of a column

OnUnknown = Annotated[
    Literal["error", "null"],
    Field(description='"error" refuses the request, naming the unknown ids; "null" puts null in their places.'),
]
MinProbability = Annotated[float, Field(ge=0, le=1, description="Raw probability that a neighbour must reach.")]


def _whole(value: object) -> object:
    """10 for 10.0, which is an integer in JSON Schema, and what some languages write."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Include = Annotated[
    list[Literal["calibrated", "support"]],
    Field(
        fail_fast=True,
        description='"calibrated": a probability that holds at the `prior`; null for known links. '
        '"support": the local evidence of a pair, for up to 1,000 pairs.',
    ),
]


def _separated(values: object) -> object:
    """The members of a list in a query, each of which may hold several with commas between them."""
    if not isinstance(values, list):
        return values
    return [part.strip() for value in values for part in str(value).split(",")]


QueriedInclude = Annotated[Include, BeforeValidator(_separated)]
"""`Include` of a query: repeated (`include=a&include=b`) or with commas (`include=a,b`)."""

Prior = Annotated[
    float | None,
    Field(gt=0, lt=1, description="Fraction of linked pairs, for `calibrated`; by default the training graph's."),
]
Level = Annotated[
    float | None,
    Field(gt=0, lt=1, description="Probability with which an interval holds the logit; for variational models."),
]
K = Annotated[
    int,
    Field(ge=1, description="Neighbours a node, at most.", json_schema_extra={"x-maximum": "max_k"}),
    BeforeValidator(_whole),
]
Listed = Annotated[int, Field(ge=1, le=100, description="Ids in the answer, at most."), BeforeValidator(_whole)]
# Of a list, the first wrong item alone is named: millions of them would make an answer larger than the request.
Nodes = Annotated[
    list[str], Field(description="Node ids.", fail_fast=True, json_schema_extra={"x-maxItems": "max_nodes"})
]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class _Annotated(_Body):
    """Parameters of the annotations of scores."""

    prior: Prior = None
    interval: Level = None


class _Including(_Annotated):
    """Annotations of scores."""

    include: Include = []


class ScoresRequest(_Including):
    """Pairs to score."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"pairs": [["a", "b"], ["a", "c"]]}]})

    pairs: Annotated[
        list[tuple[str, str]],
        Field(description="Pairs of node ids.", fail_fast=True, json_schema_extra={"x-maxItems": "max_pairs"}),
    ]
    on_unknown: OnUnknown = "error"


class EmbeddingsRequest(_Body):
    """Nodes whose vectors to return."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"nodes": ["a", "b"]}]})

    nodes: Nodes
    on_unknown: OnUnknown = "error"


class ActivateRequest(_Body):
    """The version to serve."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": "20260102T030405000000Z"}]})

    version: Annotated[str, Field(description="A published version of the model.")]


class Narrowed(_Body):
    """Options of a search."""

    known: Annotated[bool, Field(description="Whether known links may be among the answers.")] = False
    min_probability: MinProbability = 0.0
    candidates: Annotated[
        Annotated[list[str], Field(fail_fast=True)] | None,
        Field(description="The only ids that an answer may hold.", json_schema_extra={"x-maxItems": "max_nodes"}),
    ] = None
    exclude: Annotated[
        list[str],
        Field(
            description="Ids to leave out; unknown ids are ignored.",
            fail_fast=True,
            json_schema_extra={"x-maxItems": "max_nodes"},
        ),
    ] = []
    exact: Annotated[bool, Field(description="Score every node, without the index.")] = False
    on_unknown: OnUnknown = "error"


class NeighborsRequest(Narrowed, _Including):
    """Nodes whose predicted neighbours to return."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"nodes": ["a", "b"], "k": 10}]})

    nodes: Nodes
    k: K = 10


LinkWeight = Annotated[float, Field(gt=0, le=1e30)]
_CELL = {
    "anyOf": [
        *({"type": kind} for kind in ("boolean", "number", "string")),
        {"type": "array", "items": {"type": "string"}},
        {"type": "null"},
    ],
    "description": "A number, true or false, a text or a list of texts.",
}
# Checked by `UnseenRequest`: of a dictionary, pydantic would make and word the errors of all cells.
Cells = Annotated[dict[str, JsonValue], WithJsonSchema({"type": "object", "additionalProperties": _CELL})]


def _require_cells(field: str, given: Mapping[str, JsonValue] | list[float] | None) -> None:
    """Refuse the first value that is no cell."""
    if not isinstance(given, dict):
        return
    for column, value in given.items():
        texts = not isinstance(value, list) or all(isinstance(text, str) for text in value)
        if isinstance(value, dict) or not texts:
            found = "an object" if isinstance(value, dict) else "a list with other items"
            raise InvalidRequestError.of(
                f"{field}.{column[:_SHOWN]}", "a number, true or false, a text or a list of texts", found
            )


class _Given(_Body):
    """The features and links of a new node, absent from the training graph."""

    features: Annotated[
        Cells | Annotated[list[float], Field(fail_fast=True)] | None,
        Field(description="Cells by column, as in the node table; without a table the encoded numbers."),
    ] = None
    neighbors: Annotated[
        list[str],
        Field(
            description="Known nodes that it is linked to.",
            fail_fast=True,
            json_schema_extra={"x-maxItems": "max_nodes"},
        ),
    ] = []
    weights: Annotated[
        Annotated[list[LinkWeight], Field(fail_fast=True)] | None,
        Field(description="Of its links, aligned with `neighbors`; 1 each by default."),
    ] = None


class NamedStranger(_Given):
    """One of several new nodes."""

    id: Annotated[
        str,
        Field(description="A name within this request, independent of the ids that the model knows.", max_length=256),
    ]


_SEVERAL: dict[str, JsonValue] = {
    "strangers": {"not": {"type": "null"}},
    "features": {"type": "null"},
    "neighbors": {"maxItems": 0},
}
_ALONE: dict[str, JsonValue] = {"strangers": {"type": "null"}, "links": {"maxItems": 0}}


class UnseenRequest(_Given, Narrowed, _Annotated):
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
            "anyOf": [
                {"required": ["features"], "properties": {**_ALONE, "features": {"not": {"type": "null"}}}},
                {"required": ["neighbors"], "properties": {**_ALONE, "neighbors": {"minItems": 1}}},
                {"required": ["strangers"], "properties": {**_SEVERAL, "weights": {"type": "null"}}},
            ],
        }
    )

    include: Annotated[
        list[Literal["calibrated", "support", "explanation"]],
        Field(
            fail_fast=True,
            description='"calibrated" and "support" as elsewhere; "explanation": why it has its logits with the `targets`.',
        ),
    ] = []
    limit: Listed = 10
    strangers: Annotated[
        list[NamedStranger] | None,
        Field(description="Several new nodes instead of one; `links` are between them.", max_length=100),
    ] = None
    links: Annotated[
        list[tuple[str, str]],
        Field(
            description="Links between new nodes, by their ids.",
            fail_fast=True,
            json_schema_extra={"x-maxItems": "max_nodes"},
        ),
    ] = []
    link_weights: Annotated[
        Annotated[list[LinkWeight], Field(fail_fast=True)] | None,
        Field(description="Aligned with `links`; 1 each by default."),
    ] = None
    embedding: Annotated[bool, Field(description="Whether to return its vector.")] = True
    targets: Annotated[
        Annotated[list[str], Field(fail_fast=True)] | None,
        Field(description="Known nodes to score it against.", json_schema_extra={"x-maxItems": "max_nodes"}),
    ] = None
    k: Annotated[K | None, Field(description="Predicted neighbours to return; none by default.")] = None

    @model_validator(mode="after")
    def _cells_are_cells(self) -> Self:
        _require_cells("features", self.features)
        for at, one in enumerate(self.strangers or ()):
            _require_cells(f"strangers.{at}.features", one.features)
        return self
