"""The most likely missing links of a graph, as the API answers them."""

from typing import NotRequired

from typing_extensions import TypedDict


class Link(TypedDict):
    """One of the most likely missing links; degrees with `include=["degrees"]`."""

    source: str
    target: str
    source_type: NotRequired[str]
    target_type: NotRequired[str]
    relation: NotRequired[str]
    probability: float
    logit: float
    calibrated: NotRequired[float]
    source_degree: NotRequired[int]
    target_degree: NotRequired[int]
