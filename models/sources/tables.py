"""What the file readers hand over, before edges and features meet in a `Graph`."""

from dataclasses import dataclass

from models.csr import CSR, Float32, Int64


@dataclass(frozen=True)
class EdgeTable:
    """m links as a file tells them: self-loops, repeats and directions are still there.

    Attributes:
        ids: the n nodes: those of the links in order of first appearance, or all that the file lists.
        pairs: int64 (m, 2), source and target as rows of `ids`.
        weights: float32 (m,), finite and > 0, or None where the file has none.
        features: float32 (n, F), finite, where the file tells of nodes as well, else None.
        notes: what was read otherwise than it is written, a sentence each.
    """

    ids: list[str]
    pairs: Int64
    weights: Float32 | None
    features: Float32 | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NodeTable:
    """N distinct nodes with F numbers each.

    Attributes:
        ids: N strings, in the order of the file.
        features: (N, F), finite, a float32 array or CSR.
    """

    ids: list[str]
    features: Float32 | CSR
