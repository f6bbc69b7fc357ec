"""Bodies of requests. Strict: unknown fields and ids that are not strings are refused.

Types that several bodies share are aliases with a name of their own, which `/openapi.json` and generated clients have, too.
Limits that an operator sets are named here by their setting (`x-maxItems`, `x-maximum`); `reference/openapi.py` writes
their values.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from latentlink.app.schemas.filters import Filter

OnUnknown = TypeAliasType("OnUnknown", Literal["error", "null"])
Unknowns = Annotated[
    OnUnknown,
    Field(description='"error" refuses the request, naming the unknown ids; "null" puts null in their places.'),
]
TypeName = Annotated[
    str | None,
    Field(description="Type of the nodes, in typed models: needed where nodes of several types have an id."),
]
SourceType = Annotated[str | None, Field(description="Type of the sources, as `type`.")]
TargetType = Annotated[str | None, Field(description="Type of the targets, as `type`.")]
AnswerType = Annotated[
    str | None,
    Field(description="The only type of the answers, in typed models, and that of `candidates` and `exclude`."),
]
Direction = TypeAliasType("Direction", Literal["out", "in"])
"""Of the links of a node: to their targets, or back to their sources."""

Towards = Annotated[
    Direction | None,
    Field(description='In directed models: "out", the default, for targets of links from a node, "in" for sources.'),
]
RelationName = Annotated[
    str | None,
    Field(description="Relation of the links, in models with relations: needed where the model has several."),
]
MinProbability = Annotated[float, Field(ge=0, le=1, description="Raw probability that a neighbour must reach.")]


def whole(value: object) -> object:
    """10 for 10.0, which is an integer in JSON Schema, and what some languages write."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Annotation = TypeAliasType("Annotation", Literal["calibrated", "support"])
Include = Annotated[
    list[Annotation],
    Field(
        fail_fast=True,
        description='"calibrated": a probability that holds at the `prior`; null for known links. '
        '"support": the local evidence of a pair, for up to 1,000 pairs.',
    ),
]


def separated(values: object) -> object:
    """The members of a list in a query, each of which may hold several with commas between them."""
    if not isinstance(values, list):
        return values
    return [part.strip() for value in values for part in str(value).split(",")]


QueriedInclude = Annotated[Include, BeforeValidator(separated)]
"""`Include` of a query: repeated (`include=a&include=b`) or with commas (`include=a,b`)."""

Prior = Annotated[
    float | None,
    Field(
        gt=0,
        lt=1,
        description="Fraction of linked pairs, only with `calibrated`; by default that of the held-out links.",
    ),
]
Level = Annotated[
    float | None,
    Field(gt=0, lt=1, description="Probability with which an interval holds the logit; for variational models."),
]
K = Annotated[
    int,
    Field(ge=1, description="Neighbours a node, at most.", json_schema_extra={"x-maximum": "max_k"}),
    BeforeValidator(whole),
]
Listed = Annotated[int, Field(ge=1, le=100, description="Ids in the answer, at most."), BeforeValidator(whole)]
MOST_MODELS = 1_000
ModelsListed = Annotated[
    int, Field(ge=1, le=MOST_MODELS, description="Models in the answer, at most."), BeforeValidator(whole)
]
# Of a list, the first wrong item alone is named: millions of them would make an answer larger than the request.
Ids = Annotated[list[str], Field(fail_fast=True)]
# Not strict, or a list that is parsed already were no tuple; its ids are strict as all others.
Pair = Annotated[tuple[str, str], Field(strict=False)]
IdPairs = Annotated[list[Pair], Field(fail_fast=True)]


def at_most(setting: str, description: str) -> FieldInfo:
    """The field of a list that may have as many items as the setting says; the router checks that."""
    field: FieldInfo = Field(description=description, json_schema_extra={"x-maxItems": setting})
    return field


Nodes = Annotated[Ids, at_most("max_nodes", "Node ids.")]


class Body(BaseModel):
    """A body, strictly read."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


PRIOR_WITH_CALIBRATED: dict[str, JsonValue] = {
    "prior": {
        "anyOf": [
            {"properties": {"prior": {"type": "null"}}},
            {"required": ["include"], "properties": {"include": {"contains": {"const": "calibrated"}}}},
        ]
    }
}
"""What a schema of fields alone can't say of an `AnnotatedBody`, as `dependentSchemas`.

Generators of clients leave these out; of an `anyOf` beside `properties` they would make types without a name.
"""


class AnnotatedBody(Body):
    """Parameters of the annotations of scores."""

    prior: Prior = None
    interval: Level = None


class _Including(AnnotatedBody):
    """Annotations of scores."""

    include: Include = []


class ScoresRequest(_Including):
    """Pairs to score."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"pairs": [["a", "b"], ["a", "c"]]}], "dependentSchemas": PRIOR_WITH_CALIBRATED}
    )

    pairs: Annotated[IdPairs, at_most("max_pairs", "Pairs of node ids.")]
    relation: RelationName = None
    relations: Annotated[
        Ids | None, Field(description="The relation of each pair, in models with relations; without `relation`.")
    ] = None
    source_type: SourceType = None
    target_type: TargetType = None
    on_unknown: Unknowns = "error"


Role = TypeAliasType("Role", Literal["source", "target"])
VectorRole = Annotated[
    Role,
    Field(
        description='"target": z; "source": z times the weight of each column, or, in models with relations, z ∘ r of the '
        "`relation`. A logit is a source times a target."
    ),
]
VectorParts = TypeAliasType("VectorParts", Literal["dense", "all"])
WhichParts = Annotated[
    VectorParts,
    Field(
        description='"dense": the vector, whose columns are those of the parts dense, spectral and bias; "all": also the '
        "sparse part, the weights of known neighbours, of models with shared links."
    ),
]


class EmbeddingsRequest(Body):
    """Nodes whose vectors to return."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"nodes": ["a", "b"]}]})

    nodes: Nodes
    type: TypeName = None
    on_unknown: Unknowns = "error"
    relation: RelationName = None
    role: VectorRole = "target"
    parts: WhichParts = "dense"


class ActivateRequest(Body):
    """The version to serve."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": "20260102T030405000000Z"}]})

    version: Annotated[str, Field(description="A published version of the model.")]


class Narrowed(Body):
    """Options of a search."""

    known: Annotated[bool, Field(description="Whether known links may be among the answers.")] = False
    min_probability: MinProbability = 0.0
    candidates: Annotated[Ids | None, at_most("max_nodes", "The only ids that an answer may hold.")] = None
    exclude: Annotated[Ids, at_most("max_nodes", "Ids to leave out; unknown ids are ignored.")] = []
    exact: Annotated[bool, Field(description="Score every node, without the index.")] = False
    target_type: AnswerType = None
    filter: Annotated[
        Filter | None, Field(description="Conditions on columns, of models trained with `--filter-columns`.")
    ] = None
    on_unknown: Unknowns = "error"


class NeighborsRequest(Narrowed, _Including):
    """Nodes whose predicted neighbours to return."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"nodes": ["a", "b"], "k": 10}], "dependentSchemas": PRIOR_WITH_CALIBRATED}
    )

    nodes: Nodes
    type: TypeName = None
    relation: RelationName = None
    direction: Towards = None
    k: K = 10
