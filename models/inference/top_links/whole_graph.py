"""The search of a whole graph: of its links, or of those of each of its relations in turn, with one list for all."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Array
from latentlink.models.inference.link_decoder import LinkDecoder
from latentlink.models.inference.top_links.best import Best, Links
from latentlink.models.inference.top_links.pair_classes import PairClasses
from latentlink.models.inference.top_links.search import LeftOut, LinkSearch


class Searched(NamedTuple):
    """The links of one relation, or of a graph without any.

    Attributes:
        decoder: of their logits.
        left_out: links that are no answers, or None.
        relation: the place of the relation; 0 without any.
        least: the logit that a link must reach.
    """

    decoder: LinkDecoder
    left_out: LeftOut | None = None
    relation: int = 0
    least: float = -np.inf


class Advance(NamedTuple):
    """How far a search of a whole graph is.

    Attributes:
        share: of the work, in [0, 1], as far as is known: what is found rules out more and more of it.
        items: what the last step looked at: pairs whose logits it computed of a product of two blocks, or others.
    """

    share: float
    items: int


class WholeGraph:
    """Searches one relation after the other, in steps, and can go on after any of them in another process.

    Args:
        classes: which pairs are searched.
        parts: each makes one of what is searched, when its turn comes.
        limit: of links.
    """

    def __init__(self, classes: PairClasses, parts: Sequence[Callable[[], Searched]], limit: int) -> None:
        self._classes, self._parts, self._best = classes, parts, Best(limit)
        self._part = self._done = 0

    def steps(self) -> Iterator[Advance]:
        """Search on, from where it is."""
        while self._part < len(self._parts):
            decoder, left_out, relation, least = self._parts[self._part]()
            search = LinkSearch(decoder, self._classes, self._best, left_out, relation, least)
            for work in search.run(self._done):
                self._done = work.done
                share = work.done / (work.done + work.left)
                yield Advance((self._part + share) / len(self._parts), work.pairs)
            self._part, self._done = self._part + 1, 0

    @property
    def found(self) -> int:
        """How many links there are so far."""
        return self._best.found

    def links(self) -> Links:
        """The best links found so far, in order."""
        return self._best.links()

    def state(self) -> dict[str, Array]:
        """What `restore` continues from, after any step."""
        return {"done": np.array([self._part, self._done]), **self._best.state()}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Go on from the state of the same search."""
        self._part, self._done = state["done"].tolist()
        self._best = Best.restored(self._best.limit, state)
