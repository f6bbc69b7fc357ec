"""The best links that a search has found so far."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Array, Float64, Int16, Int64

_SPARE = 2**12  # links that are held beside the best, at least


class Links(NamedTuple):
    """Links in order: by falling logit, then by source, target and relation.

    Attributes:
        sources: int64 (m,), rows.
        targets: int64 (m,), rows.
        logits: float64 (m,).
        relations: int16 (m,), the place of each relation; 0 where links have none.
    """

    sources: Int64
    targets: Int64
    logits: Float64
    relations: Int16

    @classmethod
    def of(cls, state: Mapping[str, Array]) -> "Links":
        """Those of a state that holds them by name."""
        return cls(*(state[name] for name in cls._fields))

    def take(self, places: Int64 | slice) -> "Links":
        """Those at some places."""
        return Links(self.sources[places], self.targets[places], self.logits[places], self.relations[places])

    def order(self) -> Int64:
        """The places of links in order."""
        return np.lexsort((self.relations, self.targets, self.sources, -self.logits))


NO_LINKS = Links(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0, np.int16))


def together(parts: Sequence[Links]) -> Links:
    """The links of parts, one after the other."""
    sources, targets, logits, relations = map(np.concatenate, zip(*parts, strict=True))
    return Links(sources, targets, logits, relations)


class Best:
    """Keeps up to `limit` links with the highest logits.

    Args:
        limit: at least 1.

    Attributes:
        threshold: the logit that another link needs to be among the best: ties are decided by the rows.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self.threshold = limit, -np.inf
        self._parts = [NO_LINKS]
        self._held, self._full = 0, False

    def add(self, sources: Int64, targets: Int64, logits: Float64, relation: int = 0) -> None:
        """Offer links that were not offered before, with their exact logits; arrays (m,)."""
        high = np.flatnonzero(logits >= self.threshold)
        relations = np.full(len(high), relation, np.int16)
        self._parts.append(Links(sources[high], targets[high], logits[high], relations))
        self._held += len(high)
        if self._held > self.limit + self.limit // 4 + _SPARE or (self._held >= self.limit and not self._full):
            self._settle()

    @property
    def found(self) -> int:
        """How many links there are so far."""
        return min(self._held, self.limit)

    def links(self) -> Links:
        """The best links offered so far, in order."""
        self._settle()
        [links] = self._parts
        return links.take(links.order()[: self.limit])

    def state(self) -> dict[str, Array]:
        """What `restored` continues from: the best links, in any order."""
        self._settle()
        [links] = self._parts
        return dict(links._asdict())

    @classmethod
    def restored(cls, limit: int, state: Mapping[str, Array]) -> "Best":
        """The best links of a search that was interrupted; the limit as of the first one."""
        best = cls(limit)
        best._parts, best._held = [Links.of(state)], len(state["logits"])
        best._settle()
        return best

    def _settle(self) -> None:
        """Drop what is not among the best."""
        links = together(self._parts)
        if len(links.logits) > self.limit:
            links = links.take(np.flatnonzero(links.logits >= np.partition(links.logits, -self.limit)[-self.limit]))
            if len(links.logits) > self.limit:  # ties
                links = links.take(links.order()[: self.limit])
        self._parts, self._held = [links], len(links.logits)
        self._full = self._held == self.limit
        if self._full:
            self.threshold = max(self.threshold, float(links.logits.min()))
