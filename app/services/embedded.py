"""What became of a stranger."""

from dataclasses import dataclass

from models.csr import Float32, Int64
from models.twins import Strangers


@dataclass(frozen=True)
class Embedded:
    """A stranger with its vector.

    Attributes:
        z: float32 (D,).
        logvar: float32 (D,), log σ² of its posterior; None for a model that isn't variational.
        approximate: whether something that the encoder looks at was not there to be looked at.
        linked: int64 (m,), known rows that it is linked to, rising.
        group: the strangers that stand on one graph with it.
        members: their places among all of the request, rising.
        at: its place in the group.
    """

    z: Float32
    logvar: Float32 | None
    approximate: bool
    linked: Int64
    group: Strangers
    members: list[int]
    at: int
