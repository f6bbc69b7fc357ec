"""Finders whose links come in their final order, part by part."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

import numpy as np

from latentlink.models.arrays import Array
from latentlink.models.inference.top_links.best import NO_LINKS, Links, together
from latentlink.models.inference.top_links.whole_graph import Advance


class InOrder(ABC):
    """Goes through items in their order, and finds links for each.

    Args:
        count: of the items.
        at_once: items of a step.
    """

    unit: str

    def __init__(self, count: int, at_once: int) -> None:
        self._count, self._at_once, self._done, self._parts = count, at_once, 0, [NO_LINKS]

    @abstractmethod
    def _links_of(self, items: slice) -> Links:
        """The links of some items, in order."""

    def steps(self) -> Iterator[Advance]:
        """Find on, from where it is."""
        for start in range(self._done, self._count, self._at_once):
            stop = min(start + self._at_once, self._count)
            self._parts.append(self._links_of(slice(start, stop)))
            self._done = stop
            yield Advance(stop / self._count, stop - start)

    @property
    def found(self) -> int:
        """How many links there are so far."""
        return sum(len(part.logits) for part in self._parts)

    def links(self) -> Links:
        """What is found so far, in order."""
        self._parts = [together(self._parts)]
        return self._parts[0]

    def state(self) -> dict[str, Array]:
        """What `restore` continues from."""
        return {"done": np.array(self._done), **self.links()._asdict()}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Go on from a state."""
        self._done, self._parts = int(state["done"]), [Links.of(state)]
