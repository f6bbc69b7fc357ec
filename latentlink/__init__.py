"""A client of Latentlink's HTTP API, for programs that wait (`Client`) and for those that await (`AsyncClient`).

It needs httpx (the extra `client`) and nothing of the service or of training.
"""

from latentlink.answers import (
    Contribution,
    Explanation,
    Feature,
    Interval,
    Neighbor,
    Node,
    Score,
    Scores,
    Side,
    Support,
    Table,
    Unseen,
)
from latentlink.client import AsyncClient, Client, Stranger
from latentlink.errors import APIError, UnknownModelError, UnknownNodeError

__all__ = [
    "APIError",
    "AsyncClient",
    "Client",
    "Contribution",
    "Explanation",
    "Feature",
    "Interval",
    "Neighbor",
    "Node",
    "Score",
    "Scores",
    "Side",
    "Stranger",
    "Support",
    "Table",
    "UnknownModelError",
    "UnknownNodeError",
    "Unseen",
]
