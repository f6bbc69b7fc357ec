"""Types of nodes, and the pairs of types between which there can be links at all."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np

from latentlink.models.arrays import Bool, Int16, Int64


@dataclass(frozen=True)
class NodeTypes:
    """The type of each of N nodes, of T types.

    Attributes:
        names: T distinct names.
        of: int16 (N,), the type of each node, an index into `names`.
        linked: int16 (p, 2), distinct pairs of types in lexicographic order, the lower index first: a node of one may be linked
            to a node of the other. Users and items: names ("user", "item"), linked [[0, 1]].
        apart: int64 (x, 2), distinct pairs of nodes that may not be linked although their types may: the two roles of one node,
            see `latentlink.models.graph.roles`; or None.
    """

    names: tuple[str, ...]
    of: Int16
    linked: Int16
    apart: Int64 | None = None

    @classmethod
    def of_edges(cls, names: tuple[str, ...], of: Int16, edges: Int64) -> "NodeTypes":
        """The types of nodes whose edges, int64 (E, 2), show which types may be linked; self-loops, which are no edges, don't."""
        ends = of[edges[edges[:, 0] != edges[:, 1]]]
        return cls(names, of, np.unique(np.sort(ends, axis=1), axis=0).astype(np.int16))

    def counts(self) -> dict[str, int]:
        """The number of nodes of each type."""
        numbers = np.bincount(self.of, minlength=len(self.names)).tolist()
        return dict(zip(self.names, numbers, strict=True))

    @property
    def sides(self) -> Bool | None:
        """Whether each node is in the second of two groups without links inside of one, bool (N,); None if types form none."""
        second = self._second
        return None if second is None else second[self.of]

    @property
    def groups(self) -> tuple[list[str], list[str]] | None:
        """The names of the types that are linked: those of the first group and of the second; None if types form none."""
        if (second := self._second) is None:
            return None
        linked = np.unique(self.linked).tolist()
        first, other = ([self.names[one] for one in linked if second[one] == side] for side in (False, True))
        return first, other

    @property
    def _second(self) -> Bool | None:
        """Whether each type is in the second group, bool (T,); the first one with links is in the first. None without groups."""
        fit = np.zeros((len(self.names), len(self.names)), np.int64)
        fit[tuple(self.linked.T)] = fit[tuple(self.linked.T[::-1])] = 1
        side = np.zeros(len(self.names), np.int64)  # 1 or -1; 0 as long as it is unknown
        while len(unknown := np.flatnonzero(side == 0)):
            across = -np.sign(fit @ side)[unknown]
            side[unknown] = across
            side[unknown[0]] += not across.any()
        one, other = side[self.linked.T]
        return None if (one == other).any() else np.asarray(side < 0)

    def take(self, nodes: Int64) -> "NodeTypes":
        """The types of some nodes, int64 (m,), rising, with the pairs apart among them."""
        if self.apart is None:
            return NodeTypes(self.names, self.of[nodes], self.linked)
        place = np.full(len(self.of), -1)
        place[nodes] = np.arange(len(nodes))
        apart = place[self.apart]
        return NodeTypes(self.names, self.of[nodes], self.linked, apart[(apart >= 0).all(axis=1)])

    def digest(self) -> bytes:
        """sha256 over all attributes: equal types have equal ones."""
        digest = hashlib.sha256(json.dumps(self.names).encode())
        for array in (self.of, self.linked, np.empty((0, 2), np.int64) if self.apart is None else self.apart):
            digest.update(f"{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.digest()
