"""A client of Latentlink's HTTP API, for programs that wait (`Client`) and for those that await (`AsyncClient`).

It needs httpx (the extra `client`) and nothing of the service or of training.
"""

from latentlink.answers import Interval, Map, Neighbor, Node, Score, Scores, Support, Table
from latentlink.client import AsyncClient, Client
from latentlink.errors import APIError, UnknownModelError, UnknownNodeError
from latentlink.explanations import Contribution, Explanation, Feature, Side, StrangerExplanation
from latentlink.questions import Newcomer, Stranger
from latentlink.strangers import Unseen

__all__ = [
    "APIError",
    "AsyncClient",
    "Client",
    "Contribution",
    "Explanation",
    "Feature",
    "Interval",
    "Map",
    "Neighbor",
    "Newcomer",
    "Node",
    "Score",
    "Scores",
    "Side",
    "Stranger",
    "StrangerExplanation",
    "Support",
    "Table",
    "UnknownModelError",
    "UnknownNodeError",
    "Unseen",
]
