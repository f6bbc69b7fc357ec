"""The search for neighbours in one direction of links."""

from typing import NamedTuple, Self

import numpy as np

from latentlink.app.schemas.requests import Direction
from latentlink.app.services.search.batching import Batcher, InThread
from latentlink.app.services.search.searcher import Begun, Searcher
from latentlink.app.services.search.selection import Neighbors, Query
from latentlink.models.checkpoint import Checkpoint


class Search(NamedTuple):
    """The search for neighbours in one direction.

    Attributes:
        direction: of links: "out" searches for targets, "in" for sources.
        searcher: of this direction.
        together: exact searches of one row each that arrive at the same time.
    """

    direction: Direction
    searcher: Searcher
    together: Batcher[tuple[int, Query], Begun, Neighbors]

    @classmethod
    def of(cls, checkpoint: Checkpoint, direction: Direction, longest: float | None = None) -> Self:
        """In a checkpoint; `longest` as `Searcher` has it."""
        searcher = Searcher(checkpoint if direction == "out" else checkpoint.reversed(), longest)
        # Not an attribute of the searcher: each would keep the other in memory, with the files that the checkpoint maps.
        return cls(direction, searcher, Batcher(searcher.begin, searcher.finish, searcher.most))

    @classmethod
    def each(cls, checkpoint: Checkpoint, longest: float | None = None) -> dict[Direction, Self]:
        """In each direction that the links of a checkpoint have; "out" alone where they have none."""
        directions: tuple[Direction, ...] = ("out", "in") if checkpoint.manifest.directed else ("out",)
        return {direction: cls.of(checkpoint, direction, longest) for direction in directions}

    async def find(self, row: int, query: Query, in_thread: InThread) -> Neighbors:
        """The top k of a row in [0, N): at a glance, in one scan with those that arrive at the same time, or alone."""
        if (found := self.searcher.glance(row, query)) is not None:
            return found
        if self.searcher.scans_all(query):
            return await self.together.submit((row, query), in_thread)
        neighbors: Neighbors = await in_thread(lambda: next(self.searcher.search(np.array([row]), query)))
        return neighbors
