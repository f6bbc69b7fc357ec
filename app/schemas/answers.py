"""Bodies of answers: plain dicts to build, so that nothing is validated twice on a hot path, but for a model's facts."""

from typing import Annotated, NotRequired

import numpy as np
import numpy.typing as npt
from pydantic import Field, GetPydanticSchema
from pydantic_core import core_schema
from typing_extensions import TypeAliasType, TypedDict

from latentlink.app.schemas.annotations import Calibrated, Interval, Support, UsedPrior
from latentlink.app.schemas.requests import Direction
from latentlink.models.facts.published import MapMethod

Probability = Annotated[float, Field(description="σ of the logit: a score that ranks pairs.", ge=0, le=1)]
Logit = Annotated[
    float,
    Field(description="The inner product of a source and a target vector, plus shared links where they are a part."),
]
Known = Annotated[bool, Field(description="Whether the edge is in the checkpoint's graph.")]
# An array in the handler, a list of numbers in JSON: mypy sees the one, OpenAPI the other.
_AsList = GetPydanticSchema(lambda _source, _handler: core_schema.list_schema(core_schema.float_schema()))
Vector = Annotated[npt.NDArray[np.float32], _AsList, Field(description="z = μ, float32.")]
LeavesOut = Annotated[
    list[str],
    Field(description="Parts of logits that inner products of these vectors lack; absent where there are none."),
]
SharedLinks = TypeAliasType(
    "SharedLinks",
    Annotated[
        dict[str, float],
        Field(
            description="√w(k) of each known neighbour with k links, by its id: the sparse part of the vector, for `parts=all`."
        ),
    ],
)
Coordinates = Annotated[npt.NDArray[np.float32], _AsList, Field(description="float32, aligned with `nodes`.")]


TypeOf = Annotated[str, Field(description="Type of the node, in typed models.")]
TypesOf = Annotated[list[str], Field(description="The type of each of the nodes, in typed models.")]


RelationsOf = Annotated[
    list[str], Field(description="The relation of each of these links, in models with relations, without `relation`.")
]


class ModelRef(TypedDict):
    """The model and the version that answered."""

    model: str
    version: str


class Related(ModelRef):
    """Of the links of a relation."""

    relation: NotRequired[Annotated[str, Field(description="The relation of the links, in models with relations.")]]


class Score(Related):
    """One pair."""

    source: str
    target: str
    source_type: NotRequired[TypeOf]
    target_type: NotRequired[TypeOf]
    probability: Probability
    logit: Logit
    known: Known
    calibrated: NotRequired[Calibrated | None]
    prior: NotRequired[UsedPrior]
    interval: NotRequired[Interval | None]
    support: NotRequired[Support]


class Scores(Related):
    """Columns aligned with the pairs of the request; null where an id is unknown."""

    probability: list[Probability | None]
    logit: list[Logit | None]
    known: list[Known | None]
    calibrated: NotRequired[list[Calibrated | None]]
    prior: NotRequired[UsedPrior]
    priors: NotRequired[
        Annotated[list[float], Field(description="As `prior`, of each pair, in answers about `relations`.")]
    ]
    interval: NotRequired[list[Interval | None]]
    support: NotRequired[list[Support | None]]


class Range(TypedDict):
    """An expected number and its 90 % interval."""

    expected: float
    low: float
    high: float


class Threshold(Related):
    """A cut-off, and the pairs above it among those that are not known to be linked."""

    target: str
    value: float
    reachable: Annotated[
        bool, Field(description="Whether the goal can be reached; if not, this cut-off comes nearest.")
    ]
    probability: Probability
    logit: Logit
    precision: Annotated[Range, Field(description="Fraction of true links among the pairs above.")]
    recall: Annotated[Range, Field(description="Fraction of the missing links that are above.")]
    links: Annotated[Range, Field(description="Missing links above, if as many are missing as were held out.")]
    pairs: Annotated[float, Field(description="Pairs above, true and false.")]


class NodeList(ModelRef):
    """The first ids that begin with a prefix, or that contain a text."""

    prefix: str
    contains: NotRequired[str]
    nodes: list[str]
    types: NotRequired[TypesOf]
    exact: NotRequired[
        Annotated[
            bool,
            Field(
                description="Beside `contains`: whether all ids were searched, unless `limit` of them were found before; "
                "if not, others may contain it."
            ),
        ]
    ]


class Node(Related):
    """One node of the checkpoint's graph."""

    node: str
    type: NotRequired[TypeOf]
    degree: Annotated[
        int, Field(description="All known links, listed or not; in directed models those from the node.", ge=0)
    ]
    neighbors: Annotated[list[str], Field(description="The first `limit` of its `degree` neighbours, in order of row.")]
    neighbor_types: NotRequired[TypesOf]
    neighbor_relations: NotRequired[RelationsOf]
    in_degree: NotRequired[
        Annotated[int, Field(description="All known links to the node, listed or not, in directed models.", ge=0)]
    ]
    in_neighbors: NotRequired[
        Annotated[list[str], Field(description="The first `limit` of the `in_degree` sources, in order of row.")]
    ]
    in_neighbor_types: NotRequired[TypesOf]
    in_neighbor_relations: NotRequired[RelationsOf]


class NodeEmbedding(Related):
    """One vector."""

    node: str
    type: NotRequired[TypeOf]
    dim: int
    leaves_out: NotRequired[LeavesOut]
    embedding: Vector
    shared_links: NotRequired[SharedLinks]


class NodeEmbeddings(Related):
    """Vectors aligned with the nodes of the request; null where an id is unknown."""

    dim: int
    leaves_out: NotRequired[LeavesOut]
    nodes: list[str | None]
    types: NotRequired[Annotated[list[str | None], Field(description="The type of each node, in typed models.")]]
    embeddings: list[Vector | None]
    shared_links: NotRequired[list[SharedLinks | None]]


class Map(ModelRef):
    """All nodes in a plane, in order of row."""

    method: Annotated[
        MapMethod,
        Field(description="pca: two principal components; umap: similar nodes near each other."),
    ]
    nodes: list[str]
    types: NotRequired[TypesOf]
    x: Coordinates
    y: Coordinates


AnsweredDirection = Annotated[Direction, Field(description="Of the links that were searched, in directed models.")]


class Neighbor(TypedDict):
    """One predicted neighbour."""

    node: str
    type: NotRequired[TypeOf]
    probability: Probability
    logit: Logit
    known: Known
    calibrated: NotRequired[Calibrated | None]
    interval: NotRequired[Interval | None]
    support: NotRequired[Support]


class PredictedNeighbors(Related):
    """The best partners of one node, best first."""

    node: str
    type: NotRequired[TypeOf]
    direction: NotRequired[AnsweredDirection]
    k: int
    exact: bool
    neighbors: list[Neighbor]
    prior: NotRequired[UsedPrior]


class NodeNeighbors(TypedDict):
    """The best partners of one node of the request."""

    node: str
    type: NotRequired[TypeOf]
    exact: bool
    neighbors: list[Neighbor]


class NeighborsBatch(Related):
    """Results aligned with the nodes of the request; null where an id is unknown."""

    direction: NotRequired[AnsweredDirection]
    k: int
    results: list[NodeNeighbors | None]
    prior: NotRequired[UsedPrior]
