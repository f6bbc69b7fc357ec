"""Predicted neighbours of nodes that come as Arrow."""

from functools import partial

from fastapi import Request, Response

from latentlink.app.deps import State
from latentlink.app.http.arrow.batches import Batch, Batches
from latentlink.app.http.arrow.options import queried
from latentlink.app.http.computed import answer_in_steps
from latentlink.app.http.negotiation import ARROW_TYPE
from latentlink.app.http.pair_bodies import annotations_of
from latentlink.app.http.requests import require_at_most
from latentlink.app.routers.arrow.reading import Described, ids_found, read_rows, require_columns
from latentlink.app.routers.searching import filtered, search_query, shadowed_list
from latentlink.app.schemas.requests import NeighborsRequest
from latentlink.app.services.annotations import annotation_work, used_prior
from latentlink.app.services.arrow_writing import BLOCK
from latentlink.app.services.batch_streams import write_neighbors
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.search.partners import Partners
from latentlink.models.arrays import Int64

DESCRIBED = Described(
    "`node`, ids as texts, integers or dictionaries of them",
    "`node`, `exact` and `neighbors`, a list of structs with the fields of JSON, for each node, null where it is unknown",
)


async def neighbors_streamed(request: Request, model: Scorer, state: State) -> Response:
    """The neighbours of the nodes of a body of Arrow; raises as `read_rows`, and before the body is read as `used_prior`."""
    asked = queried(request, NeighborsRequest, {"nodes", "candidates", "exclude"}, state.settings)
    annotations, model = annotations_of(asked), model.of_relation(asked.relation)
    require_columns(annotations)
    require_at_most("k", asked.k, state.settings.max_k)
    if annotations.calibrated:
        used_prior(model, asked.prior)
    kind, partners = model.kind(asked.type, "type"), model.partners(asked.target_type, asked.direction)
    every = search_query(model, asked, asked.k)
    query, work = await filtered(request, model, state, every, asked.filter, {}, body_read=False)

    def work_of(rows: Int64) -> int:
        known = rows[rows[:, 0] >= 0, 0]
        return partners.work(known, query) + annotation_work(model, annotations, len(known) * asked.k)

    look_up = partial(_looked_up, model, asked, kind, partners)
    batches = Batches(state.settings.max_rows, ("node",))
    kept, of_nodes = await read_rows(request, state, batches, 1, look_up, work_of)
    size = max(1, BLOCK // asked.k)
    first = next(kept.blocks(size))
    steps = write_neighbors(model, partners, kept.blocks(size), query, annotations)
    answer = await answer_in_steps(request, state, steps, {**work, "body": of_nodes}, ARROW_TYPE)
    return shadowed_list(answer, state, model, partners, first[:, 0], query)


def _looked_up(
    model: Scorer, asked: NeighborsRequest, kind: int | None, partners: Partners, batch: Batch, _: int
) -> Int64:
    """int64 (m, 1): the row of each node, −1 for an unknown one."""
    rows = ids_found(model, batch, "node", asked.on_unknown, kind, "type")
    partners.require_linked(partners.kinds_of(rows[rows >= 0]) if kind is None else [kind])
    return rows[:, None]
