"""Which partners of nodes a search is for: in a direction of links, and of the types that may be linked."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np

from latentlink.app.schemas.requests import Direction
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.search.costs import MARKED
from latentlink.app.services.search.directed import Search
from latentlink.app.services.search.selection import Neighbors
from latentlink.app.services.search.selection import Query as SearchQuery
from latentlink.models.arrays import Int64

_TOGETHER = 8  # nodes a type, on average, whose neighbours are found before they are listed


class Which(NamedTuple):
    """Which links a search is for.

    Attributes:
        search: in a direction.
        kind: the type of the nodes whose partners are searched, or None where ids are of one type alone.
        partner: the only type of the partners, or None for all that the nodes may be linked with.
    """

    search: Search
    kind: int | None = None
    partner: int | None = None

    @classmethod
    def of(cls, model: Scorer, type_: str | None, target_type: str | None, direction: Direction | None) -> Self:
        """From the fields of a request; raises as `Scorer.kind` and `Scorer.search`."""
        kinds = model.kind(type_, "type"), model.kind(target_type, "target_type")
        return cls(model.search(direction), *kinds)

    def require_linked(self, model: Scorer, rows: Int64) -> None:
        """Refuse nodes that may not be linked with the type of the partners.

        Raises:
            InvalidRequestError: one of them may not.
        """
        if model.types is not None:
            for kind in {*model.types.of[rows].tolist()}:
                model.types.partners(kind, self.search.direction, self.partner)

    def work(self, model: Scorer, rows: Int64, query: SearchQuery) -> int:
        """Operations of `results`, and of an answer with them."""
        costs, types = self.search.searcher.costs, model.types
        work = costs.of_shared_links(rows)
        if types is None:
            return work + costs.of_rows(len(rows), query, query.count_allowed)
        for kind, count in Counter(types.of[rows].tolist()).items():
            allowed = types.most_allowed(query, kind, self.partner, self.search.direction)
            work += costs.of_rows(count, query, allowed) + MARKED * len(types.of)
        return work

    def results(self, model: Scorer, rows: Int64, query: SearchQuery) -> Iterator[Neighbors | None]:
        """The neighbours of each row, in order, and None wherever the search may be ended before there are any."""
        if model.types is None:
            yield from self.search.searcher.search(rows, query)
            return
        together = max(1, _TOGETHER * len(np.unique(model.types.of[rows])))
        for start in range(0, len(rows), together):
            some = rows[start : start + together]
            kinds, found = model.types.of[some], list[Neighbors | None]([None] * len(some))
            for kind in np.unique(kinds).tolist():  # one type after the other: each marks N nodes
                places = np.flatnonzero(kinds == kind)
                results = self.search.searcher.search(some[places], self.narrowed(model, kind, query))
                for place, result in zip(places.tolist(), results, strict=True):
                    found[place] = result
                    yield None
            yield from found

    def narrowed(self, model: Scorer, kind: int, query: SearchQuery) -> SearchQuery:
        """A query for a node of a type; raises as `require_linked`."""
        return query if model.types is None else model.types.narrowed(query, kind, self.partner, self.search.direction)

    def type_of_partners(self, model: Scorer) -> int | None:
        """The type of all partners, where it is one."""
        types = model.types
        return None if types is None else types.partner_of(self.kind, self.partner, self.search.direction)
