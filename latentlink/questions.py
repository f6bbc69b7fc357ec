"""What the calls of a client may be asked with."""

from collections.abc import Mapping, Sequence
from typing import TypedDict


class More(TypedDict, total=False):
    """What may be asked for beside a score: `include=["calibrated"]`, at a `prior`, and an `interval`."""

    include: Sequence[str]
    prior: float
    interval: float


class Search(More, total=False):
    """What may be asked of a search; `candidates` and `exclude` of one for many nodes alone."""

    k: int
    known: bool
    min_probability: float
    exact: bool
    candidates: Sequence[str]
    exclude: Sequence[str]


class Stranger(TypedDict, total=False):
    """A node that was not there at training, and the known nodes that it is to be scored against."""

    features: Mapping[str, float | str | Sequence[str]] | Sequence[float]
    neighbors: Sequence[str]
    weights: Sequence[float]
    targets: Sequence[str]
