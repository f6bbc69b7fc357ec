"""The way to explain links of a checkpoint, by its encoder."""

from collections.abc import Iterator

from latentlink.app.services.encoder import Embedded
from latentlink.app.services.explaining.decomposition import Decomposition
from latentlink.app.services.explaining.leave_one_out import LeaveOneOut
from latentlink.app.services.explaining.sides import Method, Name, Side
from latentlink.models.arrays import Ints
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.inference.encoders import NoEncoder, NumpyEncoder, NumpyGCN


def make_explainer(checkpoint: Checkpoint, encoder: NumpyEncoder) -> Method:
    """The way to explain links of a checkpoint, by its encoder."""
    if isinstance(encoder, NoEncoder):
        return Nothing()
    return LeaveOneOut(checkpoint, encoder) if isinstance(encoder, NumpyGCN) else Decomposition(checkpoint, encoder)


class Nothing:
    """The explanation of a logit by its parts alone: without dense columns, or of an encoder that the service can't run."""

    name: Name = "contributions"

    def sides(self, source: int, target: int, limit: int) -> Iterator[Side]:  # noqa: ARG002
        """None."""
        return iter(())

    def sides_of_new_node(self, one: Embedded, targets: list[int], limit: int) -> Iterator[Iterator[Side]]:  # noqa: ARG002
        """None of each."""
        return (iter(()) for _ in targets)

    def side_work(self, near: Ints, other: Ints, limit: int) -> int:  # noqa: ARG002
        """None."""
        return 0
