"""What a score can have beside it: a calibrated probability, an interval, local evidence."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from latentlink.models.inference.local_evidence import COLD_BELOW, MAX_DISTANCE

Calibrated = Annotated[float, Field(description="The probability at the prior in use.", ge=0, le=1)]
UsedPrior = Annotated[float, Field(description="The fraction of linked pairs that `calibrated` assumes.")]


class Interval(TypedDict):
    """The interval that holds the logit with the given probability, by the posterior, and σ of its ends."""

    logit: tuple[float, float]
    probability: tuple[float, float]


class Support(TypedDict):
    """Local evidence: the links of the checkpoint's graph around a pair."""

    degrees: Annotated[tuple[int, int], Field(description="Known links of the source and of the target.")]
    same_component: Annotated[
        bool | None,
        Field(
            description="Whether a chain of known links, whatever their directions, joins them; "
            "null in checkpoints without components."
        ),
    ]
    distance: Annotated[
        int | None,
        Field(description=f"Steps over known links, 0 for a node with itself; null beyond {MAX_DISTANCE}.", ge=0),
    ]
    exact: Annotated[bool, Field(description="Whether the search was exhaustive; if not, a null distance may be less.")]
    cold_start: Annotated[bool, Field(description=f"Whether an end has fewer than {COLD_BELOW} known links.")]
