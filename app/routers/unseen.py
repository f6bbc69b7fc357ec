"""New nodes (inductive prediction): their vectors, their scores and their neighbours."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated, Any, NamedTuple, Self, cast

import numpy as np
from fastapi import APIRouter, Depends, Request, Response

from latentlink.app.deps import ModelDep, StateDep
from latentlink.app.errors import InvalidRequestError
from latentlink.app.http.computed import answer_in_steps
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.pair_bodies import annotations_of
from latentlink.app.http.requests import JSONBody
from latentlink.app.http.responses import as_json
from latentlink.app.routers.explanation import common_of, side_of
from latentlink.app.routers.neighbors import allowed_rows, entries, prior_field, search_query
from latentlink.app.routers.unknown import align, resolve
from latentlink.app.routers.unseen_bounds import require_within_limits, work_of
from latentlink.app.schemas import answers, explanations
from latentlink.app.schemas import unseen as bodies
from latentlink.app.schemas.unseen import NamedNewNode, UnseenRequest
from latentlink.app.services.annotations import (
    Annotations,
    add_to,
    annotate_new_node,
    used_prior,
)
from latentlink.app.services.encoder import Embedded
from latentlink.app.services.explaining.logit_parts import parts_of_new_node
from latentlink.app.services.new_nodes import Given, NodeInput, embed
from latentlink.app.services.scorer import PairScores, Scorer
from latentlink.app.services.search.selection import Query as SearchQuery
from latentlink.app.services.steps import Steps, stepwise
from latentlink.models.arrays import Bool, Float64, Int64
from latentlink.models.inference.scoring import sigmoid

router = APIRouter(route_class=ModelRoute, tags=["unseen"])

read_unseen_request = JSONBody(UnseenRequest)


@router.post(
    "/v1/models/{model}/unseen",
    operation_id="unseen",
    response_model=bodies.Unseen | bodies.UnseenSeveral,
    summary="Embed and score new nodes",
    openapi_extra=read_unseen_request.openapi(),
)
async def unseen(
    request: Request, model: ModelDep, state: StateDep, body: Annotated[UnseenRequest, Depends(read_unseen_request)]
) -> Response:
    """Embed new nodes by their features and links, and score them against known nodes; nothing is stored."""
    require_within_limits(body, state.settings)
    allowed = None if body.k is None else await allowed_rows(model, state, body.filter)
    work = await state.computing.light.run(partial(work_of, model, body, allowed))  # which may make the encoder first
    steps = _one(model, body, allowed) if body.strangers is None else _several(model, body, allowed)
    return await answer_in_steps(request, state, steps, work)


def _one(model: Scorer, body: UnseenRequest, allowed: Bool | None) -> Steps[None]:
    """The answer for one new node."""
    links, weights = _links([], body)
    [one] = yield from stepwise(embed(model, [_node_input(model, body, body.on_unknown)], links, weights))
    found = yield from _answer(model, one, _Options.of(model, body, allowed), ["stranger"])
    answer = cast(bodies.Unseen, {**_head(model), **found})
    if "calibrated" in body.include:
        answer["prior"] = used_prior(model, body.prior)
    yield as_json(answer)


def _several(model: Scorer, body: UnseenRequest, allowed: Bool | None) -> Steps[None]:
    """The answer for several new nodes, a part each; whatever may be wrong is found before the first."""
    new_nodes = body.strangers or []
    if body.features is not None or body.neighbors or body.weights is not None:
        raise InvalidRequestError.of(
            "strangers", "either several new nodes or the features and neighbors of one", "both"
        )
    linked, links = {name for link in body.links for name in link}, _links(new_nodes, body)
    inputs = [
        _node_input(model, one, body.on_unknown, f"strangers.{at}.", linked=one.id in linked)
        for at, one in enumerate(new_nodes)
    ]
    options = _Options.of(model, body, allowed)
    embedded = yield from stepwise(embed(model, inputs, *links))
    before = as_json(_head(model))[:-1] + b',"results":['
    for one, found in zip(new_nodes, embedded, strict=True):
        answer = yield from _answer(model, found, options, [new_nodes[member].id for member in found.members])
        yield before + as_json({"id": one.id, **answer})
        before = b","
    yield before.removesuffix(b",") + b"]" + prior_field(model, annotations_of(body)) + b"}"


def _head(model: Scorer) -> dict[str, str | int]:
    return {"model": model.name, "version": model.version, "dim": model.dim}


def _node_input(
    model: Scorer, given: UnseenRequest | NamedNewNode, on_unknown: str, where: str = "", *, linked: bool = False
) -> NodeInput:
    """The features and links of one new node; repeated links become one, their weights added up, as in training."""
    if given.features is None and not given.neighbors and not linked:
        instead = "neither, nor links to other new nodes" if where else "neither"
        raise InvalidRequestError.of(f"{where}features", "features or neighbors, to embed a node from", instead)
    features = cast(Given | None, given.features)  # as `UnseenRequest` has checked
    rows = resolve(model, given.neighbors, on_unknown)
    known = rows >= 0
    if given.weights is None:
        neighbors = np.unique(rows[known])
        return NodeInput(features, neighbors, np.ones(len(neighbors)), where)
    if len(given.weights) != len(rows):
        raise InvalidRequestError.of(f"{where}weights", f"{len(rows):,}, one a neighbour", f"{len(given.weights):,}")
    neighbors, at = np.unique(rows[known], return_inverse=True)
    weights = np.bincount(at, np.array(given.weights)[known], len(neighbors)).astype(np.float64)
    return NodeInput(features, neighbors, weights, where)


def _links(new_nodes: list[NamedNewNode], body: UnseenRequest) -> tuple[Int64, Float64]:
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


class _Options(NamedTuple):
    """What a request computes for each of its new nodes, with its ids looked up once.

    Attributes:
        annotations: added to the scores.
        embedding: whether to return the vector.
        targets: int64 (m,), rows, −1 for unknown ones; None without.
        search: for predicted neighbours, or None.
        listed: nodes of a side that an explanation lists, or None.
    """

    annotations: Annotations
    embedding: bool
    targets: Int64 | None
    search: SearchQuery | None
    listed: int | None

    @classmethod
    def of(cls, model: Scorer, body: UnseenRequest, allowed: Bool | None) -> Self:
        """From the body of a request, and whether each node meets its filter."""
        targets = None if body.targets is None else resolve(model, body.targets, body.on_unknown)
        search = None if body.k is None else search_query(model, body, body.k, allowed)
        listed = body.limit if "explanation" in body.include else None
        return cls(annotations_of(body), body.embedding, targets, search, listed)


def _answer(model: Scorer, one: Embedded, options: _Options, names: Sequence[str]) -> Steps[bodies.Embedded]:
    """The answer for one new node, whose group has these names."""
    answer: bodies.Embedded = {
        "approximate": one.approximate,
        "embedding": one.z if options.embedding else None,
        "probability": None,
        "logit": None,
        "neighbors": None,
    }
    if options.search is not None:
        answer["neighbors"] = yield from _neighbors(model, one, options.search, options.annotations)
    if options.targets is not None:
        found = options.targets >= 0
        rows = options.targets[found]
        scores = _scores(model, one, rows)
        answer["logit"] = align(scores.logits.tolist(), found)
        answer["probability"] = align(scores.probabilities.tolist(), found)
        columns = yield from annotate_new_node(model, one, scores, rows, options.annotations)
        answer.update(cast(Any, {name: align(values, found) for name, values in columns.items()}))
        if options.listed is not None:
            explained = yield from stepwise(_explained(model, one, rows.tolist(), options.listed, names))
            answer["explanation"] = align(explained, found)
    return answer


def _explained(
    model: Scorer, one: Embedded, rows: list[int], limit: int, names: Sequence[str]
) -> Iterator[explanations.NewNodeExplanation]:
    for row, sides in zip(rows, model.explainer.sides_of_new_node(one, rows, limit), strict=True):
        explanation: explanations.NewNodeExplanation = {
            "method": model.explainer.name,
            "sides": [side_of(model, side, names) for side in sides],
            "common_neighbors": common_of(model, one.linked, model.checkpoint.graph.neighbors(row), limit, more=1),
        }
        if parts := parts_of_new_node(model.checkpoint, one, row):
            explanation["parts"] = parts
        yield explanation


def _scores(model: Scorer, one: Embedded, rows: Int64) -> PairScores:
    logits = model.checkpoint.decoder.new_node(one.z, one.linked, rows)
    return PairScores(logits, sigmoid(logits), np.isin(rows, one.linked))


def _neighbors(
    model: Scorer, one: Embedded, query: SearchQuery, annotations: Annotations
) -> Steps[list[answers.Neighbor]]:
    found = model.searcher.search_vector(one.z, one.linked, query)
    listed, scores = entries(model, found), PairScores(found.logits, found.probabilities, found.known)
    add_to(listed, (yield from annotate_new_node(model, one, scores, found.rows, annotations)))
    return listed
