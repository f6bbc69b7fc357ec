"""Which partners of nodes a search is for: in a direction of links, and of the types that may be linked."""

from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np

from latentlink.app.schemas.requests import Direction
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.search.directed import Search
from latentlink.app.services.search.selection import Neighbors
from latentlink.app.services.search.selection import Query as SearchQuery
from latentlink.models.arrays import Int64


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

    def results(self, model: Scorer, rows: Int64, query: SearchQuery) -> Iterator[Neighbors]:
        """The neighbours of each row, in order.

        Raises:
            InvalidRequestError: a node may not be linked with the type of the partners.
        """
        if (types := model.types) is None:
            return self.search.searcher.search(rows, query)
        kinds = types.of[rows]
        found = {
            kind: self.search.searcher.search(rows[kinds == kind], self.narrowed(model, kind, query))
            for kind in np.unique(kinds).tolist()
        }
        return (next(found[kind]) for kind in kinds.tolist())

    def narrowed(self, model: Scorer, kind: int, query: SearchQuery) -> SearchQuery:
        """A query for a node of a type; raises as `results`."""
        return query if model.types is None else model.types.narrowed(query, kind, self.partner, self.search.direction)

    def type_of_partners(self, model: Scorer) -> int | None:
        """The type of all partners, where it is one."""
        types = model.types
        return None if types is None else types.partner_of(self.kind, self.partner, self.search.direction)
