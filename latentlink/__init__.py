"""A client of Latentlink's HTTP API, for programs that wait (`Client`) and for those that await (`AsyncClient`).

It needs httpx (the extra `client`) and nothing of the service or of training.
"""

from latentlink.answers import Interval, Neighbor, Node, Score, Scores, Table
from latentlink.client import AsyncClient, Client
from latentlink.errors import APIError, UnknownModelError, UnknownNodeError

__all__ = [
    "APIError",
    "AsyncClient",
    "Client",
    "Interval",
    "Neighbor",
    "Node",
    "Score",
    "Scores",
    "Table",
    "UnknownModelError",
    "UnknownNodeError",
]
