"""The most likely missing links of each node."""

import numpy as np

from latentlink.app.schemas.links import LinksRequest
from latentlink.app.services.link_lists.ends import Ends, least_logit
from latentlink.app.services.link_lists.in_order import InOrder
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.search.selection import Query
from latentlink.models.arrays import Bool
from latentlink.models.inference.top_links.best import Links

_ROWS = 256  # nodes of a step


class BestOfEach(InOrder):
    """Finds the `per_node` links of each source with the highest logits, in order of the sources' rows.

    Args:
        model: with all of its relations.
        asked: the request.

    Raises:
        InvalidRequestError, UnsupportedByModelError, UnknownNodesError, AmbiguousNodesError: as `finder_of`; or the model has
            several relations, and the request names none.
    """

    unit = "nodes"

    def __init__(self, model: Scorer, asked: LinksRequest) -> None:
        place = model.relations.place(asked.relation)
        model, ends = model.of_relation(asked.relation), Ends.of(model, asked)
        self._relation, self._least = place or 0, least_logit(model.checkpoint.manifest, asked)
        self._partners = model.partners(asked.target_type)
        self._query = Query(k=asked.per_node or 1, known=asked.known, exact=True, allowed=ends.targets)
        self._rows = np.flatnonzero(_linked(model, ends.sources, asked.target_type))
        super().__init__(len(self._rows), _ROWS)

    def _links_of(self, items: slice) -> Links:
        rows = self._rows[items]
        found = [one for one in self._partners.results(rows, self._query) if one is not None]
        sources = np.repeat(rows, [len(one.rows) for one in found])
        targets, logits = (np.concatenate(parts) for parts in zip(*((x.rows, x.logits) for x in found), strict=True))
        relations = np.full(len(sources), self._relation, np.int16)
        return Links(sources, targets, logits, relations).take(np.flatnonzero(logits >= self._least))


def _linked(model: Scorer, sources: Bool | None, target_type: str | None) -> Bool:
    """The sources whose type may be linked with that of targets, bool (N,)."""
    every = np.ones(len(model.nodes), np.bool_) if sources is None else sources
    if model.types is None:
        return every
    partner = model.kind(target_type, "target_type")
    allowed = model.types.allowed if partner is None else model.types.allowed[:, [partner]]
    return every & np.asarray(allowed.any(axis=1))[model.types.of]
