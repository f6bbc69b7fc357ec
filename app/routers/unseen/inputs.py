"""What a request says of new nodes: their types, features and links, and what to compute for each."""

from collections.abc import Sequence
from typing import NamedTuple, Self, cast

import numpy as np

from latentlink.app.errors import InvalidRequestError
from latentlink.app.http.pair_bodies import annotations_of
from latentlink.app.routers.searching import search_query
from latentlink.app.routers.unknown import resolve
from latentlink.app.schemas.unseen import NamedNewNode, UnseenRequest
from latentlink.app.services.annotations import (
    Annotations,
)
from latentlink.app.services.new_nodes import Given, NodeInput
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.search.partners import Partners
from latentlink.app.services.search.selection import Query as SearchQuery
from latentlink.models.arrays import Float64, Int64


class Options(NamedTuple):
    """What a request computes for each of its new nodes, with its ids looked up once.

    Attributes:
        annotations: added to the scores.
        embedding: whether to return the vector.
        targets: int64 (m,), rows, −1 for unknown ones; None without.
        search: for predicted neighbours, or None.
        listed: nodes of a side that an explanation lists, or None.
        partners: those that the search is for.
    """

    annotations: Annotations
    embedding: bool
    targets: Int64 | None
    search: SearchQuery | None
    listed: int | None
    partners: Partners

    @classmethod
    def of(cls, model: Scorer, body: UnseenRequest, kinds: Sequence[int | None]) -> Self:
        """From the body of a request, with the types of its new nodes."""
        partners = model.partners(body.target_type)
        only, named = partners.only_kind(kinds), ["target_type"]
        targets = None
        if body.targets is not None:
            targets = resolve(model, body.targets, body.on_unknown, only, named, "targets")
        search = None if body.k is None else search_query(model, body, body.k, only)
        listed = body.limit if "explanation" in body.include else None
        return cls(annotations_of(body), body.embedding, targets, search, listed, partners)

    def require_linked(self, model: Scorer, kind: int | None) -> None:
        """Refuse what a new node of a type may not be linked with.

        Raises:
            InvalidRequestError: it may not be linked to one of the targets, or to nodes of the type in the request.
        """
        if model.types is not None and kind is not None and self.targets is not None:
            model.types.require_partners(kind, self.targets, "targets.{}")
        if self.search is not None:
            self.partners.require_linked([kind])


class Inputs(NamedTuple):
    """The new nodes of a request, checked and with their ids looked up.

    Attributes:
        nodes: features and links to known nodes of each.
        kinds: the type of each; None in a model without types.
        links: int64 (c, 2), between them, by their places, the lower one first.
        weights: float64 (c,), of these.
        options: what to compute.
    """

    nodes: list[NodeInput]
    kinds: list[int | None]
    links: Int64
    weights: Float64
    options: Options

    @classmethod
    def of(cls, model: Scorer, body: UnseenRequest) -> Self:
        """From the body of a request.

        Raises:
            InvalidRequestError, UnknownNodesError, AmbiguousNodesError, UnsupportedByModelError: it can't be answered.
        """
        several, alone = body.strangers, (body.type, body.features, body.neighbor_types, body.weights)
        if several is not None and (body.neighbors or any(field is not None for field in alone)):
            expected = "either several new nodes or the type, features and neighbors of one"
            raise InvalidRequestError.of("strangers", expected, "both")
        links, weights = links_of(several or [], body)
        linked = {name for link in body.links for name in link}
        new_nodes: list[tuple[UnseenRequest | NamedNewNode, str, bool]] = (
            [(body, "", False)]
            if several is None
            else [(one, f"strangers.{at}.", one.id in linked) for at, one in enumerate(several)]
        )
        kinds = [kind_of(model, one, where) for one, where, _ in new_nodes]
        if model.types is not None:
            model.types.require_kinds(np.array(kinds, np.int64)[links], "links")
        options = Options.of(model, body, kinds)
        nodes = [
            node_input(model, one, body.on_unknown, kind, where, linked=between)
            for (one, where, between), kind in zip(new_nodes, kinds, strict=True)
        ]
        for kind in {*kinds}:
            options.require_linked(model, kind)
        return cls(nodes, kinds, links, weights, options)

    def searching(self, query: SearchQuery) -> Self:
        """The same, with this search for each."""
        return self._replace(options=self.options._replace(search=query))


def kind_of(model: Scorer, given: UnseenRequest | NamedNewNode, where: str = "") -> int | None:
    """The type of a new node; None in a model without types.

    Raises:
        InvalidRequestError: a typed model has no such type, or none is given.
        UnsupportedByModelError: one is given to a model without types.
    """
    if model.types is not None and given.type is None:
        raise InvalidRequestError.of(f"{where}type", f"that of a new node, {model.types.one_of_them}", "none")
    return model.kind(given.type, f"{where}type")


def node_input(
    model: Scorer,
    given: UnseenRequest | NamedNewNode,
    on_unknown: str,
    kind: int | None,
    where: str = "",
    *,
    linked: bool = False,
) -> NodeInput:
    """The features and links of one new node; repeated links become one, their weights added up, as in training."""
    if given.features is None and not given.neighbors and not linked:
        instead = "neither, nor links to other new nodes" if where else "neither"
        raise InvalidRequestError.of(f"{where}features", "features or neighbors, to embed a node from", instead)
    features = cast(Given | None, given.features)  # as `UnseenRequest` has checked
    rows = _neighbors(model, given, on_unknown, kind, where)
    known = rows >= 0
    if given.weights is None:
        neighbors = np.unique(rows[known])
        return NodeInput(features, neighbors, np.ones(len(neighbors)), where, given.type)
    if len(given.weights) != len(rows):
        raise InvalidRequestError.of(f"{where}weights", f"{len(rows):,}, one a neighbour", f"{len(given.weights):,}")
    neighbors, at = np.unique(rows[known], return_inverse=True)
    weights = np.bincount(at, np.array(given.weights)[known], len(neighbors)).astype(np.float64)
    return NodeInput(features, neighbors, weights, where, given.type)


def _neighbors(
    model: Scorer, given: UnseenRequest | NamedNewNode, on_unknown: str, kind: int | None, where: str
) -> Int64:
    """int64 (m,): the rows of the neighbours of one new node, each of its given type, or of the only one that it may have."""
    ids, field, types = f"{where}neighbors", f"{where}neighbor_types", given.neighbor_types
    if types is None:
        rows = resolve(model, given.neighbors, on_unknown, model.partners().only_kind([kind]), [field], ids)
    elif len(types) != len(given.neighbors):
        raise InvalidRequestError.of(field, f"{len(given.neighbors):,}, one a neighbour", f"{len(types):,}")
    else:
        kinds = np.array([model.kind(name, f"{field}.{at}") for at, name in enumerate(types)], np.int64)
        rows = np.empty_like(kinds)
        for partner in np.unique(kinds).tolist():
            places = np.flatnonzero(kinds == partner)
            own = [given.neighbors[at] for at in places.tolist()]
            rows[places] = resolve(model, own, on_unknown, partner, [field], ids)
    if model.types is not None and kind is not None:
        model.types.require_partners(kind, rows, f"{ids}.{{}}")
    return rows


def links_of(new_nodes: list[NamedNewNode], body: UnseenRequest) -> tuple[Int64, Float64]:
    """Links between new nodes, int64 (c, 2), by their places, the lower one first, and weights, float64 (c,)."""
    places = {one.id: at for at, one in enumerate(new_nodes)}
    if len(places) < len(new_nodes):
        raise InvalidRequestError.of("strangers", f"{len(new_nodes)} different ids", f"{len(places)}")
    if unknown := [name for link in body.links for name in link if name not in places]:
        raise InvalidRequestError.of("links", "ids of new nodes", f"{unknown[0]!r}")
    if same := [one for one, other in body.links if one == other]:
        raise InvalidRequestError.of("links", "two different new nodes", f"{same[0]!r} twice")
    given = body.link_weights
    if given is not None and len(given) != len(body.links):
        raise InvalidRequestError.of("link_weights", f"{len(body.links):,}, one a link", f"{len(given):,}")
    pairs = np.array([[places[one], places[other]] for one, other in body.links], np.int64).reshape(-1, 2)
    links, at = np.unique(np.sort(pairs, axis=1), axis=0, return_inverse=True)
    if given is None:
        return links, np.ones(len(links))
    return links, np.bincount(at.ravel(), given, len(links)).astype(np.float64)
