"""New nodes (inductive prediction): their vectors, their scores and their neighbours."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated, Any, cast

import numpy as np
from fastapi import APIRouter, Depends, Request, Response

from latentlink.app.deps import ModelDep, StateDep
from latentlink.app.http.computed import Work, answer_in_steps
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.pair_bodies import annotations_of
from latentlink.app.http.requests import JSONBody
from latentlink.app.http.responses import as_json
from latentlink.app.routers.explanation import common_of, side_of
from latentlink.app.routers.searching import entries, filtered, prior_field
from latentlink.app.routers.unknown import align
from latentlink.app.routers.unseen.bounds import require_within_limits, work_of
from latentlink.app.routers.unseen.inputs import Inputs, Options
from latentlink.app.schemas import answers, explanations
from latentlink.app.schemas import unseen as bodies
from latentlink.app.schemas.unseen import UnseenRequest
from latentlink.app.services.annotations import (
    Annotations,
    add_to,
    annotate_new_node,
    used_prior,
)
from latentlink.app.services.encoder import Embedded
from latentlink.app.services.explaining.logit_parts import parts_of_new_node
from latentlink.app.services.new_nodes import embed
from latentlink.app.services.scorer import PairScores, Scorer
from latentlink.app.services.search.selection import Query as SearchQuery
from latentlink.app.services.steps import Steps, stepwise
from latentlink.models.arrays import Int64
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
    inputs, work = await state.computing.light.run(partial(_read, model, body))  # which may make the encoder first
    if (query := inputs.options.search) is not None:
        query, work = await filtered(request, model, state, query, body.filter, work)
        work = {**work, "k": work["k"] + inputs.options.partners.work_of_vectors(inputs.kinds, query)}
        inputs = inputs.searching(query)
    return await answer_in_steps(
        request, state, _one(model, body, inputs) if body.strangers is None else _several(model, body, inputs), work
    )


def _read(model: Scorer, body: UnseenRequest) -> tuple[Inputs, Work]:
    _ = model.encoder  # a model without one is refused first, so that those with an encoder have no relations
    model = model.of_relation(body.relation)
    inputs = Inputs.of(model, body)
    return inputs, work_of(model, body, inputs)


def _one(model: Scorer, body: UnseenRequest, inputs: Inputs) -> Steps[None]:
    """The answer for one new node."""
    [one] = yield from stepwise(embed(model, inputs.nodes, inputs.links, inputs.weights))
    found = yield from _answer(model, one, inputs.options, inputs.kinds[0], ["stranger"])
    answer = cast(bodies.Unseen, {**_head(model), **found})
    if "calibrated" in body.include:
        answer["prior"] = used_prior(model, body.prior)
    yield as_json(answer)


def _several(model: Scorer, body: UnseenRequest, inputs: Inputs) -> Steps[None]:
    """The answer for several new nodes, a part each; whatever may be wrong is found before the first."""
    new_nodes = body.strangers or []
    embedded = yield from stepwise(embed(model, inputs.nodes, inputs.links, inputs.weights))
    before = as_json(_head(model))[:-1] + b',"results":['
    for one, kind, found in zip(new_nodes, inputs.kinds, embedded, strict=True):
        names = [new_nodes[member].id for member in found.members]
        answer = yield from _answer(model, found, inputs.options, kind, names)
        yield before + as_json({"id": one.id, **answer})
        before = b","
    yield before.removesuffix(b",") + b"]" + prior_field(model, annotations_of(body)) + b"}"


def _head(model: Scorer) -> dict[str, str | int]:
    return {"model": model.name, "version": model.version, "dim": model.dim}


def _answer(
    model: Scorer, one: Embedded, options: Options, kind: int | None, names: Sequence[str]
) -> Steps[bodies.Embedded]:
    """The answer for one new node of a type, whose group has these names."""
    answer: bodies.Embedded = {
        "approximate": one.approximate,
        "embedding": one.z if options.embedding else None,
        "probability": None,
        "logit": None,
        "neighbors": None,
    }
    if options.search is not None:
        query = options.partners.narrowed(options.search, kind)
        answer["neighbors"] = yield from _neighbors(model, one, query, options.annotations)
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
    model.observer.searched(model.name, exact=found.exact)
    listed, scores = entries(model, found), PairScores(found.logits, found.probabilities, found.known)
    add_to(listed, (yield from annotate_new_node(model, one, scores, found.rows, annotations)))
    return listed
