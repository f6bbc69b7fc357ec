"""Relations: the several kinds of directed links of a knowledge graph."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np

from latentlink.models.arrays import Int16, Int64, Ints
from latentlink.models.errors import DataError
from latentlink.models.wording import listed, shortened

MOST_RELATIONS = 1_000


@dataclass(frozen=True)
class Relations:
    """The relation of each of E edges, of R relations: an edge with its relation is a triple.

    Attributes:
        names: R distinct names, in order of their first appearance.
        of: int16 (E,), the relation of each edge, an index into `names`.

    Raises:
        DataError: there are more than 1,000 relations.
    """

    names: tuple[str, ...]
    of: Int16

    def __post_init__(self) -> None:
        if len(self.names) > MOST_RELATIONS:
            raise DataError(
                f"relations: expected at most {MOST_RELATIONS:,} names, found {len(self.names):,}, such as "
                f"{listed(repr(shortened(name)) for name in self.names)}; check which column names the relation"
            )

    def counts(self) -> dict[str, int]:
        """The number of triples of each relation."""
        numbers = np.bincount(self.of, minlength=len(self.names)).tolist()
        return dict(zip(self.names, numbers, strict=True))

    def used(self) -> "Relations":
        """The same without names that no edge has."""
        found = np.unique(self.of)
        return Relations(tuple(self.names[at] for at in found), np.searchsorted(found, self.of).astype(np.int16))

    def digest(self) -> bytes:
        """sha256 over all attributes: equal relations have equal ones."""
        digest = hashlib.sha256(json.dumps(self.names).encode())
        digest.update(np.ascontiguousarray(self.of, "<i2").data)
        return digest.digest()


def triple_keys(pairs: Int64, relation: Ints | Int16 | int, n_nodes: int) -> Int64:
    """One sortable number for each triple, int64 (m,): by relation, then source, then target.

    Args:
        pairs: int64 (m, 2), (source, target).
        relation: int (m,), of each pair, or one of all.
        n_nodes: N; R · N² is below 2⁶³ for N ≤ 90 million.
    """
    return np.asarray((np.asarray(relation, np.int64) * n_nodes + pairs[:, 0]) * n_nodes + pairs[:, 1])


def triples_of(keys: Int64, n_nodes: int) -> tuple[Int16, Int64]:
    """The triples of some keys (m,): relations int16 (m,), and pairs int64 (m, 2)."""
    rest, targets = np.divmod(keys, n_nodes)
    relation, sources = np.divmod(rest, n_nodes)
    return relation.astype(np.int16), np.stack([sources, targets], axis=1)
