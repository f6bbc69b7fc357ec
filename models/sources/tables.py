"""What the file readers hand over, before edges and features meet in a `Graph`."""

from dataclasses import dataclass, field

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.graph.columns import Columns
from latentlink.models.graph.csr import CSR


@dataclass(frozen=True)
class EdgeTable:
    """m links as a file tells them: self-loops, repeats and directions are still there.

    Attributes:
        ids: the n nodes: those of the links in order of first appearance, or all that the file lists.
        pairs: int64 (m, 2), source and target as rows of `ids`.
        weights: float32 (m,), finite and > 0, or None where the file has none.
        times: float64 (m,), finite, or None where none were asked for.
        columns: facts about the nodes, n cells each, where the file tells of nodes as well.
        notes: what was read otherwise than it is written, a sentence each.
    """

    ids: list[str]
    pairs: Int64
    weights: Float32 | None
    times: Float64 | None = None
    columns: Columns = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NodeTable:
    """N distinct nodes with facts about them.

    Attributes:
        ids: N strings, in the order of the file.
        features: columns of N cells each, numbers within float32 or NaN; or a matrix (N, F) that stays as it is.
        notes: what was read otherwise than it is written, a sentence each.
    """

    ids: list[str]
    features: Columns | CSR | Float32
    notes: tuple[str, ...] = ()
