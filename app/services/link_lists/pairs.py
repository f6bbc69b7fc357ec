"""The scores of given pairs, as a list of links."""

from collections.abc import Sequence

import numpy as np

from latentlink.app.errors import InvalidRequestError
from latentlink.app.services.link_lists.in_order import InOrder
from latentlink.app.services.scorer import Scorer
from latentlink.models.arrays import Int16, Int64
from latentlink.models.inference.top_links.best import Links

_AT_ONCE = 2**16  # pairs of a step


class GivenPairs(InOrder):
    """Scores pairs in their order.

    Args:
        model: with all of its relations.
        nodes: 2m ids, source and target of each pair in turn.
        types: the names of the types of all sources and of all targets; None where ids say it.
        relations: the name of the relation of each pair; one for all of them; or None.

    Raises:
        UnknownNodesError, AmbiguousNodesError: of the ids.
        InvalidRequestError: a pair may not be linked, or there is no such relation, or none is named where there are several.
        UnsupportedByModelError: types or relations of a model without.
    """

    unit = "pairs"

    def __init__(
        self,
        model: Scorer,
        nodes: Sequence[str],
        types: tuple[str | None, str | None] = (None, None),
        relations: Sequence[str] | str | None = None,
    ) -> None:
        ends = zip(("source_type", "target_type"), types, strict=True)
        kinds = [(model.kind(name, parameter), parameter) for parameter, name in ends]
        rows = (model.rows(nodes[at::2], kind, [parameter]) for at, (kind, parameter) in enumerate(kinds))
        self._rows = np.stack([*rows], axis=1)
        if model.types is not None:
            model.types.require_linked(self._rows, "pairs.{}")
        self._model, self._relations = model, _places(model, relations, len(self._rows))
        super().__init__(len(self._rows), _AT_ONCE)

    def _links_of(self, items: slice) -> Links:
        sources, targets = self._rows[items].T
        return scored(self._model, sources, targets, self._relations[items])


def scored(model: Scorer, sources: Int64, targets: Int64, relations: Int16) -> Links:
    """Links (m,) with their logits, in the same order; arguments as of `Links`."""
    logits, checkpoint = np.empty(len(sources)), model.checkpoint
    for place in np.unique(relations).tolist():
        own = relations == place
        decoder = (checkpoint.of_relation(place) if model.relations.names else checkpoint).decoder
        logits[own] = decoder.pairs(sources[own], targets[own])
    return Links(sources, targets, logits, relations)


def _places(model: Scorer, relations: Sequence[str] | str | None, m: int) -> Int16:
    """The place of the relation of each of m pairs, int16 (m,)."""
    if relations is None or isinstance(relations, str):
        return np.full(m, model.relations.place(relations) or 0, np.int16)
    if len(relations) != m:
        raise InvalidRequestError.of("relations", f"a relation for each of {m:,} pairs", f"{len(relations):,}")
    places = {name: model.relations.place(name) or 0 for name in dict.fromkeys(relations)}
    return np.array([places[name] for name in relations], np.int16)
