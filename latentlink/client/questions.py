"""What the calls of a client may be asked with."""

from collections.abc import Mapping, Sequence
from typing import TypedDict


class More(TypedDict, total=False):
    """What may be asked for beside a score: `include=["calibrated", "support"]`, at a `prior`, and an `interval`."""

    include: Sequence[str]
    prior: float
    interval: float


class Search(More, total=False):
    """What may be asked of a search; `candidates`, `exclude` and `on_unknown` of one for many nodes alone."""

    k: int
    known: bool
    min_probability: float
    exact: bool
    candidates: Sequence[str]
    exclude: Sequence[str]
    on_unknown: str


class Newcomer(TypedDict, total=False):
    """A node that was not there at training."""

    features: Mapping[str, float | str | Sequence[str]] | Sequence[float]
    neighbors: Sequence[str]
    weights: Sequence[float]


class Stranger(Newcomer, total=False):
    """One alone, and the known nodes that it is to be scored against."""

    targets: Sequence[str]


class Together(Search, total=False):
    """What may be asked of several of them; `limit` is that of what `include=["explanation"]` lists."""

    targets: Sequence[str]
    link_weights: Sequence[float]
    limit: int
