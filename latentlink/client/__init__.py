"""A client of Latentlink's HTTP API, for blocking (`Client`) and for asynchronous programs (`AsyncClient`).

It needs httpx2, nanoarrow and numpy, and nothing of the service or of training; it works on Windows, too.
"""

from latentlink.client.answers import Interval, Neighbor, Neighbors, Score, Scores, Support
from latentlink.client.async_client import AsyncClient
from latentlink.client.errors import (
    AmbiguousNodeError,
    APIError,
    ForbiddenError,
    RateLimitedError,
    UnknownModelError,
    UnknownNodeError,
    UnreachableError,
)
from latentlink.client.explanations import Contribution, Explanation, Feature, NewNodeExplanation, Side
from latentlink.client.facts.model import ModelInfo, ModelSummary
from latentlink.client.facts.probabilities import Threshold
from latentlink.client.links import FoundLinks, Job, Link
from latentlink.client.new_nodes import NewNode, NewNodeQuery, Unseen
from latentlink.client.nodes import Node, NodeList
from latentlink.client.sync_client import Client
from latentlink.client.vectors import Map, Table

__all__ = [
    "APIError",
    "AmbiguousNodeError",
    "AsyncClient",
    "Client",
    "Contribution",
    "Explanation",
    "Feature",
    "ForbiddenError",
    "FoundLinks",
    "Interval",
    "Job",
    "Link",
    "Map",
    "ModelInfo",
    "ModelSummary",
    "Neighbor",
    "Neighbors",
    "NewNode",
    "NewNodeExplanation",
    "NewNodeQuery",
    "Node",
    "NodeList",
    "RateLimitedError",
    "Score",
    "Scores",
    "Side",
    "Support",
    "Table",
    "Threshold",
    "UnknownModelError",
    "UnknownNodeError",
    "UnreachableError",
    "Unseen",
]
