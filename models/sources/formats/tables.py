"""What the readers take and return, before edges and features meet in a `Graph`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.graph.columns import Columns
from latentlink.models.graph.csr import CSR

_LISTED = 5  # names in a message


class EdgeColumns(NamedTuple):
    """Names of the columns of links.

    Attributes:
        source: one end of each link.
        target: the other end.
        weight: numbers > 0; None takes the column "weight" if there is one.
        time: numbers, or dates or times, which become seconds since 1970 in UTC; or None.
    """

    source: str = "source"
    target: str = "target"
    weight: str | None = None
    time: str | None = None


COLUMNS = EdgeColumns()  # the names where the caller gives none


@dataclass(frozen=True)
class EdgeTable:
    """m links in the order of a file, with self-loops, repeats and both directions.

    Attributes:
        ids: the n nodes: those of the links in order of first appearance, or all that the file lists.
        pairs: int64 (m, 2), source and target as rows of `ids`.
        weights: float32 (m,), finite and > 0, or None where the file has none.
        times: float64 (m,), finite, or None without a column of times.
        columns: node columns of n cells each, where the file holds nodes as well.
        notes: how the result differs from the file, a sentence each.
    """

    ids: list[str]
    pairs: Int64
    weights: Float32 | None
    times: Float64 | None = None
    columns: Columns = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NodeTable:
    """N distinct nodes with their features.

    Attributes:
        ids: N strings, in the order of the file.
        features: columns of N cells each, numbers within float32 or NaN; or a matrix (N, F) that stays as it is.
        notes: how the result differs from the file, a sentence each.
    """

    ids: list[str]
    features: Columns | CSR | Float32
    notes: tuple[str, ...] = ()


def listed(names: Iterable[str]) -> str:
    """The first five names, quoted, and whether there are more."""
    some = [*islice(names, _LISTED + 1)]
    return ", ".join(map(repr, some[:_LISTED])) + (", ..." if len(some) > _LISTED else "")
