"""Which partners of nodes a search is for: in a direction of links, and of the types that may be linked."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from latentlink.app.services.search.directed import Search
from latentlink.app.services.search.selection import Neighbors, Query
from latentlink.app.services.types import Types
from latentlink.models.arrays import Bool, Int64

_MARKED = 4  # operations that take as long as to mark a node of some types, and to count it


class Partners(NamedTuple):
    """The partners that a search is for.

    Attributes:
        search: in a direction.
        types: of all N nodes, or None where they are of one type.
        kind: the only type of the partners, or None for all that a node may be linked with.
    """

    search: Search
    types: Types | None = None
    kind: int | None = None

    def kinds_of(self, rows: Int64) -> list[int | None]:
        """The types of m known nodes."""
        return [None] * len(rows) if self.types is None else self.types.of[rows].tolist()

    def require_linked(self, kinds: Sequence[int | None]) -> None:
        """Refuse nodes that may not be linked with the type of the partners.

        Raises:
            InvalidRequestError: nodes of one of these types may not.
        """
        for kind in {*kinds}:
            self._types_for(kind)

    def only_kind(self, kinds: Sequence[int | None]) -> int | None:
        """The type of all partners of nodes of these types: the given one, or the only one that each of them may be linked with.

        None where there are several. Raises as `require_linked`.
        """
        if self.kind is not None:
            return self.kind
        possible = {tuple(np.flatnonzero(self._types_for(kind)).tolist()) for kind in {*kinds}}
        places = possible.pop() if len(possible) == 1 else ()
        return places[0] if len(places) == 1 else None

    def narrowed(self, query: Query, kind: int | None) -> Query:
        """A query for a node of a type, among its possible partners; raises as `require_linked`."""
        if self.types is None or kind is None:
            return query
        mask = self.types.mask(self._types_for(kind))
        return replace(query, allowed=mask if query.allowed is None else mask & query.allowed)

    @property
    def marking(self) -> int:
        """Operations of `narrowed`."""
        return 0 if self.types is None else _MARKED * len(self.types.of)

    def work(self, rows: Int64, query: Query) -> int:
        """Operations of `results`, and of an answer with them."""
        costs, counts = self.search.searcher.costs, Counter(self.kinds_of(rows))
        found = sum(costs.of_rows(count, query, self._most(query, kind)) for kind, count in counts.items())
        return found + self.marking * len(counts) + costs.of_shared_links(rows)

    def work_of_vectors(self, kinds: Sequence[int | None], query: Query) -> int:
        """Operations of a search for each of several new nodes, beside what shared links add."""
        costs = self.search.searcher.costs
        return sum(costs.of_vector(query, self._most(query, kind)) + self.marking for kind in kinds)

    def results(self, rows: Int64, query: Query) -> Iterator[Neighbors | None]:
        """The neighbours of each row, in order, and None wherever the search may be ended before there are any.

        One type is searched after the other, since each marks N nodes. What is found before its turn is held until then, some
        40 bytes a neighbour.
        """
        kinds, search = self.kinds_of(rows), self.search.searcher.search
        places: dict[int | None, list[int]] = {kind: [] for kind in kinds}
        for at, kind in enumerate(kinds):
            places[kind].append(at)
        found, following = dict[int, Neighbors](), 0
        for kind, own in places.items():
            for at, neighbors in zip(own, search(rows[own], self.narrowed(query, kind)), strict=True):
                found[at] = neighbors
                if following not in found:
                    yield None
                while following in found:
                    yield found.pop(following)
                    following += 1

    def _types_for(self, kind: int | None) -> Bool:
        """The possible types of the partners of a node of a type, bool (T,); T is 0 where all nodes are of one type."""
        if self.types is None or kind is None:
            return np.zeros(0, np.bool_)
        return self.types.partners(kind, self.search.direction, self.kind)

    def _most(self, query: Query, kind: int | None) -> int | None:
        """How many nodes `narrowed` allows at most, without marking them; None for all."""
        if self.types is None or kind is None:
            return query.count_allowed
        most = self.types.count(self._types_for(kind))
        return most if query.count_allowed is None else min(most, query.count_allowed)
