"""A client of Latentlink's HTTP API, for programs that wait (`Client`) and for those that await (`AsyncClient`).

It needs httpx (the extra `client`) and nothing of the service or of training.
"""

from latentlink.answers import (
    Contribution,
    Explanation,
    Feature,
    Interval,
    Map,
    Neighbor,
    Node,
    Score,
    Scores,
    Side,
    StrangerExplanation,
    Support,
    Table,
    Unseen,
)
from latentlink.client import AsyncClient, Client
from latentlink.errors import APIError, UnknownModelError, UnknownNodeError
from latentlink.questions import Newcomer, Stranger

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
