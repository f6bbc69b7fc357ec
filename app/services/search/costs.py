"""How much work searches are, estimated before they begin."""

from typing import NamedTuple

from latentlink.app.services.search.selection import Query
from latentlink.models.arrays import Int64, Ints
from latentlink.models.checkpoint import Checkpoint

ANSWERED = 2_000  # operations that take as long as to select a neighbour and to write it
_SELECTED, _SELECTED_ALONE = 4, 20  # operations that take as long as to compare a score of several searches, or of one
_EXCLUDED = 25  # operations that take as long as to leave out a node
_SEARCHED = 50_000  # operations that take as long as what a search does however few nodes there are
_GATHERED = 4  # nodes that are scored one after the other while one somewhere among them is
_SHARED = 20  # operations that take as long as to read a link of a neighbour and to add its weight


class Plan(NamedTuple):
    """Which nodes a search scores: those of a pool, those of some clusters of an index, or all.

    Attributes:
        scored: in about the time of so many nodes one after the other.
        probes: clusters that are scanned first; 0 without the index.
        pooled: whether only the nodes that may be answers are scored.
    """

    scored: int
    probes: int = 0
    pooled: bool = False


class Costs:
    """Operations of searches of one checkpoint.

    Args:
        checkpoint: N nodes, D dimensions.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        n, dim = checkpoint.mu.shape
        self._shape, self._index, self._shared = (int(n), int(dim)), checkpoint.index, checkpoint.decoder.shared
        self._links_around = None if self._shared is None else self._shared.links_around()

    def plan(self, candidates: int | None, allowed: int | None, *, exact: bool) -> Plan:
        """What takes the least, of a search in so many candidates, or among all of which so many are allowed.

        Among the probed clusters a mask leaves fewer nodes. They are as many more as hold the usual number of allowed
        ones: the best k of a share s of all nodes are about the best k / s of all.
        """
        n = self._shape[0]
        if candidates is not None:
            return Plan(_GATHERED * candidates, pooled=True)
        plan = Plan(n)
        if self._index is not None and not exact and allowed != 0:
            probes = -(-self._index.probes * n // (n if allowed is None else allowed))
            if probes < len(self._index.centroids):
                plan = Plan(self._index.looked_at(probes), probes)
        if allowed is not None and (gathered := _GATHERED * allowed) <= plan.scored:
            return Plan(gathered, pooled=True)
        return plan

    def of_rows(self, rows: int, query: Query, allowed: int | None) -> int:
        """Operations of a search for so many rows, among all nodes or so many allowed ones, and of an answer with it.

        What shared links take depends on the rows: `of_shared_links`.
        """
        n, dim = self._shape
        plan = self.plan(_count(query.candidates) or None, allowed, exact=query.exact)
        if plan.pooled:
            return rows * self.of_vector(query, allowed)
        each = n * (dim // 8 + _SELECTED)
        # With fewer nodes in them, the clusters would not do for k, and all nodes are scanned.
        if plan.probes and plan.scored > 4 * query.k:
            each = plan.scored * dim
        return rows * (each + _SEARCHED + _count(query.exclude) * _EXCLUDED + min(query.k, n) * ANSWERED)

    def of_vector(self, query: Query, allowed: int | None) -> int:
        """As `of_rows`, of a search that shares its scan with no other."""
        n, dim = self._shape
        scanned = _count(query.candidates) or n
        if scanned == n and allowed is not None and self.plan(None, allowed, exact=True).pooled:
            scanned = allowed
        answered = min(query.k, scanned) * ANSWERED
        return scanned * (dim + _SELECTED_ALONE) + _SEARCHED + _count(query.exclude) * _EXCLUDED + answered

    def of_shared_links(self, rows: Ints) -> int:
        """Operations that shared links add to searches of some rows, −1 for none; 0 for a model without such a part."""
        if self._links_around is None:
            return 0
        # Through an index each node that shares a link is a candidate, too.
        each = _SHARED if self._index is None else _SHARED + self._shape[1]
        return each * int(self._links_around[rows[rows >= 0]].sum())

    def of_new_shared_links(self, linked: Int64) -> int:
        """Operations that shared links add to a search of a vector with these known links."""
        shared = self._shared
        return 0 if shared is None else _SHARED * int(shared.degrees(linked).sum())


def _count(rows: Int64 | None) -> int:
    return 0 if rows is None else len(rows)
