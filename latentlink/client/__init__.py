"""A client of Latentlink's HTTP API, for blocking (`Client`) and for asynchronous programs (`AsyncClient`).

It needs httpx (the extra `client`) and nothing of the service or of training.
"""

from latentlink.client.answers import Interval, Map, Neighbor, Node, NodeList, Score, Scores, Support, Table
from latentlink.client.clients import AsyncClient, Client
from latentlink.client.errors import AmbiguousNodeError, APIError, UnknownModelError, UnknownNodeError
from latentlink.client.explanations import Contribution, Explanation, Feature, NewNodeExplanation, Side
from latentlink.client.facts import ModelInfo, ModelSummary
from latentlink.client.new_nodes import NewNode, NewNodeQuery, Unseen
from latentlink.client.probabilities import Threshold

__all__ = [
    "APIError",
    "AmbiguousNodeError",
    "AsyncClient",
    "Client",
    "Contribution",
    "Explanation",
    "Feature",
    "Interval",
    "Map",
    "ModelInfo",
    "ModelSummary",
    "Neighbor",
    "NewNode",
    "NewNodeExplanation",
    "NewNodeQuery",
    "Node",
    "NodeList",
    "Score",
    "Scores",
    "Side",
    "Support",
    "Table",
    "Threshold",
    "UnknownModelError",
    "UnknownNodeError",
    "Unseen",
]
