"""What routes that search share: filters and ids of a request, work before it is done, and entries of the answer."""

from dataclasses import replace
from functools import partial

import numpy as np
from fastapi import Request, Response

from latentlink.app.deps import State
from latentlink.app.http.computed import Work, require_affordable, result_in_steps, result_of
from latentlink.app.http.responses import as_json
from latentlink.app.http.shadowed import shadowed
from latentlink.app.routers.unknown import resolve
from latentlink.app.schemas import answers
from latentlink.app.schemas.filters import Filter
from latentlink.app.schemas.requests import (
    Narrowed,
)
from latentlink.app.services.annotations import Annotations, add_to, annotate, used_prior
from latentlink.app.services.filters import allowed_by, filter_work
from latentlink.app.services.scorer import PairScores, Scorer
from latentlink.app.services.search.partners import Partners
from latentlink.app.services.search.selection import Neighbors
from latentlink.app.services.search.selection import Query as SearchQuery
from latentlink.app.services.shadows.questions import compare_lists
from latentlink.app.services.steps import Steps
from latentlink.models.arrays import Int64
from latentlink.models.steps import finished


async def filtered(
    request: Request,
    model: Scorer,
    state: State,
    query: SearchQuery,
    given: Filter | None,
    work: Work,
    *,
    body_read: bool = True,
) -> tuple[SearchQuery, Work]:
    """The search among nodes that meet a filter, evaluated after all else is checked, and its work beside other `work`.

    Before the body is read, nobody listens for a client that leaves: who listens takes the body.

    Raises:
        InvalidRequestError, UnsupportedByModelError: as `filter_work`, or the work is over the limit.
        OverloadedError, ClientDisconnect: as `result_in_steps`.
    """
    if given is None:
        return query, work
    columns, n = model.checkpoint.columns, len(model.nodes)
    own = filter_work(columns, given, n)
    work = {**work, "filter": own}
    require_affordable(state, work)
    steps = allowed_by(columns, given, n)
    allowed = await (
        result_in_steps(request, state, steps, own) if body_read else result_of(state, partial(finished, steps), own)
    )
    return replace(query, allowed=allowed), work


def search_query(model: Scorer, body: Narrowed, k: int, kind: int | None = None) -> SearchQuery:
    """The search that a body requests, but for its filter, with its ids resolved, among nodes of a type or all."""
    named = ["target_type"]
    candidates = None
    if body.candidates is not None:
        candidates = resolve(model, body.candidates, body.on_unknown, kind, named, "candidates")
    exclude = model.find(body.exclude, kind, named, "exclude")
    return SearchQuery(
        k=k,
        known=body.known,
        min_probability=body.min_probability,
        candidates=None if candidates is None else candidates[candidates >= 0],
        exclude=exclude[exclude >= 0],
        exact=body.exact,
    )


def entries(model: Scorer, found: Neighbors) -> list[answers.Neighbor]:
    """The found neighbours, as the answer lists them."""
    columns = (found.probabilities.tolist(), found.logits.tolist(), found.known.tolist())
    listed: list[answers.Neighbor] = [
        {"node": node, "probability": probability, "logit": logit, "known": known}
        for node, probability, logit, known in zip(model.nodes.ids(found.rows.tolist()), *columns, strict=True)
    ]
    if model.types is not None:
        for entry, kind in zip(listed, model.types.names_of(found.rows), strict=True):
            entry["type"] = kind
    return listed


def annotated(
    model: Scorer, partners: Partners, row: int, found: Neighbors, annotations: Annotations
) -> Steps[list[answers.Neighbor]]:
    """The entries of one node, with their annotations."""
    listed = entries(model, found)
    if annotations:
        scores = PairScores(found.logits, found.probabilities, found.known)
        ends = np.full(len(found.rows), row), found.rows
        sources, targets = ends if partners.search.direction == "out" else ends[::-1]
        add_to(listed, (yield from annotate(model, scores, sources, targets, annotations)))
    return listed


def shadowed_list(
    answer: Response, state: State, model: Scorer, partners: Partners, rows: Int64, query: SearchQuery
) -> Response:
    """The answer; of a search that names no other nodes the candidate may be asked for the list of the first known row, too."""
    plain = query.allowed is None and query.candidates is None and (query.exclude is None or not len(query.exclude))
    first = rows[rows >= 0][:1].tolist()
    return shadowed(answer, state, model, compare_lists, partners, first[0], query) if plain and first else answer


def prior_field(model: Scorer, annotations: Annotations) -> bytes:
    """The last field of an object that is written part by part; nothing without calibrated probabilities."""
    return b"," + as_json({"prior": used_prior(model, annotations.prior)})[1:-1] if annotations.calibrated else b""
