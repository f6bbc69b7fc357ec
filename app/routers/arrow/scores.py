"""Edge probabilities of pairs that come as Arrow."""

from functools import partial

import numpy as np
from fastapi import Request, Response

from latentlink.app.deps import State
from latentlink.app.errors import InvalidRequestError
from latentlink.app.http.arrow.batches import Batch, Batches
from latentlink.app.http.arrow.options import queried
from latentlink.app.http.computed import answer_in_steps
from latentlink.app.http.negotiation import ARROW_TYPE
from latentlink.app.http.pair_bodies import annotations_of
from latentlink.app.http.shadowed import shadowed
from latentlink.app.routers.arrow.reading import Described, ids_found, read_rows, require_columns
from latentlink.app.routers.unknown import PAIR_TYPES
from latentlink.app.schemas.requests import ScoresRequest
from latentlink.app.services.annotations import annotation_work, used_prior
from latentlink.app.services.arrow_writing import BLOCK
from latentlink.app.services.batch_streams import by_relation, write_scores
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.shadows.questions import PAIRS, compare_scores
from latentlink.models.arrays import Int64
from latentlink.models.checkpoint import Texts

DESCRIBED = Described(
    "`source` and `target`, ids as texts, integers or dictionaries of them, and perhaps the `relation` of each pair",
    "`probability`, `logit` and `known` of each pair, null where a node is unknown; perhaps `calibrated` and `priors`",
)

_ENDS, _RELATION = ("source", "target"), "relation"


async def score_streamed(request: Request, model: Scorer, state: State) -> Response:
    """The scores of the pairs of a body of Arrow; raises as `read_rows` and, before it where no column decides, `used_prior`."""
    asked = queried(request, ScoresRequest, {"pairs", "relations"}, state.settings)
    annotations = annotations_of(asked)
    require_columns(annotations)
    if asked.relation is not None or not model.relations.names:
        _require_answer(model, asked, asked.relation)

    def work_of(rows: Int64) -> int:
        annotated = annotation_work(model, annotations, len(rows))
        return model.scoring_work(len(rows)) + model.shared_work(rows[:, :2]) + annotated

    batches = Batches(state.settings.max_rows, _ENDS, (_RELATION,))
    kept, work = await read_rows(request, state, batches, 3, partial(_looked_up, model, asked), work_of)
    one = None if _RELATION in batches.names else model.of_relation(asked.relation)
    first = next(kept.blocks(PAIRS))
    steps = write_scores(model, one, kept.blocks(BLOCK), annotations)
    answer = await answer_in_steps(request, state, steps, {"body": work}, ARROW_TYPE)
    for part, own in by_relation(model, one, first):
        if own[:1].any():  # of one relation, that of the first pair
            shadowed(answer, state, part, compare_scores, first[own, :2])
    return answer


def _looked_up(model: Scorer, asked: ScoresRequest, batch: Batch, first: int) -> Int64:
    """int64 (m, 3): the rows of each pair, −1 for unknown nodes, and the place of its relation."""
    kinds = model.kind(asked.source_type, "source_type"), model.kind(asked.target_type, "target_type")
    rows = np.zeros((batch.size, 3), np.int64)
    for at, (end, kind, parameter) in enumerate(zip(_ENDS, kinds, PAIR_TYPES, strict=True)):
        rows[:, at] = ids_found(model, batch, end, asked.on_unknown, kind, parameter)
    if model.types is not None:
        model.types.require_linked(rows[:, :2], "pairs.{}", first)
    if _RELATION in batch.columns:
        rows[:, 2] = _relations(model, asked, batch.columns[_RELATION])
    else:
        _require_answer(model, asked, asked.relation)
    return rows


def _require_answer(model: Scorer, asked: ScoresRequest, relation: str | None) -> None:
    """Refuse a relation that the model has not; and calibrated probabilities of one without, as `used_prior`."""
    one = model.of_relation(relation)
    if annotations_of(asked).calibrated:
        used_prior(one, asked.prior)


def _relations(model: Scorer, asked: ScoresRequest, names: Texts) -> Int64:
    """The place of the relation of each pair, int64 (m,); raises as `Relations.place`, and `used_prior`."""
    if asked.relation is not None:
        raise InvalidRequestError.of(_RELATION, "a column or a parameter", "both; drop one of them")
    try:
        decoded = names.decode()
    except UnicodeDecodeError:
        raise InvalidRequestError.of(_RELATION, "texts in UTF-8", "bytes that are not") from None
    places = {name: model.relations.place(name) or 0 for name in dict.fromkeys(decoded)}
    for name in places:  # each has a calibration, or else there is no answer
        _require_answer(model, asked, name)
    return np.array([places[name] for name in decoded], np.int64)
