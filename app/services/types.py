"""Types of nodes: which pairs of them may be linked, and which nodes a node of one type may be linked to."""

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np

from latentlink.app.errors import InvalidRequestError
from latentlink.app.schemas.requests import Direction
from latentlink.models.arrays import Bool, Int64, Ints, UInt16
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.wording import MOST_LISTED, listed, listed_names, shortened

_MASKS = 2**25  # bytes of masks that are kept, N of each


class Types:
    """The types of the nodes of one checkpoint.

    Args:
        names: T names.
        of: uint16 (N,), the type of each node.
        linked: pairs of names, (source, target), that may be linked.
        directed: whether links of a pair lead from its first type to its second alone.

    Attributes:
        names: T names.
        of: uint16 (N,), the type of each node.
        allowed: bool (T, T), whether links may lead from a type to another one.
    """

    def __init__(self, names: Sequence[str], of: UInt16, linked: Sequence[Sequence[str]], *, directed: bool) -> None:
        self.names, self.of = tuple(names), of
        self._places = {name: place for place, name in enumerate(names)}
        allowed = np.zeros((len(names), len(names)), np.bool_)
        for source, target in linked:
            allowed[self._places[source], self._places[target]] = True
        self.allowed = allowed if directed else allowed | allowed.T
        self._counts = np.bincount(of, minlength=len(names))
        self._may_be_linked = f"types that may be linked, {listed(map(_pair, linked), MOST_LISTED)}"
        self._masks: Mapping[bytes, Bool] = {}

    @classmethod
    def of_checkpoint(cls, checkpoint: Checkpoint) -> Self | None:
        """Those of a checkpoint; None where all nodes are of one type."""
        manifest, of = checkpoint.manifest, checkpoint.nodes.types
        return None if of is None else cls(manifest.types, of, manifest.linked, directed=manifest.directed)

    def place(self, name: str, field: str) -> int:
        """The place of a type among the names.

        Raises:
            InvalidRequestError: there is no such type.
        """
        if name not in self._places:
            raise InvalidRequestError.of(field, self.one_of_them, repr(shortened(name)))
        return self._places[name]

    @property
    def one_of_them(self) -> str:
        """What errors expect of a type: the names, the first of very many."""
        return f"one of {listed_names(self.names, MOST_LISTED)}"

    def name(self, row: int) -> str:
        """The name of the type of a node."""
        return self.names[int(self.of[row])]

    def names_of(self, rows: Ints | slice) -> list[str]:
        """The names of the types of m nodes."""
        return [self.names[kind] for kind in self.of[rows].tolist()]

    def require_linked(self, pairs: Int64, field: str, first: int = 0) -> None:
        """Refuse pairs of rows, int64 (m, 2), of which one may not be linked; those with a −1 are of unknown nodes.

        Raises:
            InvalidRequestError: one may not; it is named as `field`, which may have a place `{}` for its number, from `first` on.
        """
        self._require(self.of[pairs], np.asarray((pairs >= 0).all(axis=1)), field, first)

    def require_pair(self, rows: Int64, field: str) -> None:
        """As `require_linked`, of one pair of known nodes, int64 (2,), and faster."""
        source, target = rows.tolist()
        if not self.allowed[self.of[source], self.of[target]]:
            self.require_linked(rows[None], field)

    def require_partners(self, kind: int, rows: Int64, field: str) -> None:
        """As `require_linked`, of a new node of type `kind` with m rows."""
        kinds = self.of[rows]
        self._require(np.stack([np.full_like(kinds, kind), kinds], axis=1), rows >= 0, field)

    def require_kinds(self, pairs: Int64, field: str) -> None:
        """As `require_linked`, of pairs of types."""
        self._require(pairs, np.ones(len(pairs), np.bool_), field)

    def _require(self, kinds: Int64 | UInt16, known: Bool, field: str, first: int = 0) -> None:
        """Refuse pairs of types, (m, 2), of known nodes, bool (m,)."""
        wrong = np.flatnonzero(known & ~self.allowed[kinds[:, 0], kinds[:, 1]])
        if len(wrong):
            found = _pair([self.names[kind] for kind in kinds[wrong[0]].tolist()])
            raise InvalidRequestError.of(field.format(first + wrong[0]), self._may_be_linked, found)

    def partners(self, kind: int, direction: Direction, partner: int | None = None) -> Bool:
        """Which types a node of type `kind` may be linked to, or, with "in", be linked from: bool (T,); `partner` alone of them.

        Raises:
            InvalidRequestError: `partner` is none of them.
        """
        allowed = self.allowed[kind] if direction == "out" else self.allowed[:, kind]
        if partner is None:
            return np.asarray(allowed)
        if not allowed[partner]:
            pair = (kind, partner) if direction == "out" else (partner, kind)
            found = _pair([self.names[end] for end in pair])
            raise InvalidRequestError.of("target_type", self._may_be_linked, found)
        return np.asarray(np.arange(len(self.names)) == partner)

    def count(self, kinds: Bool) -> int:
        """How many nodes are of one of the types, bool (T,)."""
        return int(self._counts[kinds].sum())

    def mask(self, kinds: Bool) -> Bool:
        """Which nodes are of one of the types, bool (T,): bool (N,)."""
        key = kinds.tobytes()
        found = self._masks.get(key)
        if found is None:
            some = np.flatnonzero(kinds)
            # To compare numbers takes a tenth of the time that it takes to look them up.
            found = np.asarray(self.of == some[0] if len(some) == 1 else kinds.take(self.of))
            kept = max(1, _MASKS // len(found))
            self._masks = dict([*self._masks.items(), (key, found)][-kept:])  # another one, which no thread is reading
        return found


def _pair(names: Sequence[str]) -> str:
    return "–".join(map(shortened, names))
