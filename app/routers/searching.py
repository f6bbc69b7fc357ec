"""What routes that search share: filters and ids of a request, work before it is done, and entries of the answer."""

from collections.abc import Callable, Sequence
from functools import partial

from latentlink.app.deps import State
from latentlink.app.http.computed import AT_ONCE, require_affordable
from latentlink.app.http.responses import as_json
from latentlink.app.routers.unknown import resolve
from latentlink.app.schemas import answers
from latentlink.app.schemas.filters import Filter
from latentlink.app.schemas.requests import (
    Narrowed,
)
from latentlink.app.services.annotations import (
    Annotations,
    used_prior,
)
from latentlink.app.services.filters import allowed_by, filter_work
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.search.selection import Neighbors
from latentlink.app.services.search.selection import Query as SearchQuery
from latentlink.models.arrays import Bool, Int64
from latentlink.models.checkpoint import Texts


async def allowed_rows(model: Scorer, state: State, given: Filter | None) -> Bool | None:
    """Whether each node meets a filter, bool (N,); None without one.

    Raises:
        InvalidRequestError: as `filter_work`, or the work is over the limit.
        UnsupportedByModelError: as `filter_work`.
    """
    if given is None:
        return None
    columns, n = model.checkpoint.columns, len(model.nodes)
    work = filter_work(columns, given, n)
    require_affordable(state, {"filter": work})
    if work <= AT_ONCE:
        return allowed_by(columns, given, n)
    return await state.computing.lane(work).run(partial(allowed_by, columns, given, n))


async def with_shared_links(
    model: Scorer, state: State, nodes: Sequence[str] | Texts, work: Callable[[Int64], int]
) -> int:
    """Operations that shared links add to work on some nodes, by their rows; unknown ones are −1 and take none."""
    if model.checkpoint.decoder.shared is None:
        return 0
    return await state.computing.light.run(lambda: work(model.nodes.rows(nodes)))


def search_query(model: Scorer, body: Narrowed, k: int, allowed: Bool | None, kind: int | None = None) -> SearchQuery:
    """The search that a body requests, with its ids resolved, among nodes of a type or all, and its filter evaluated."""
    named = ["target_type"]
    candidates = None if body.candidates is None else resolve(model, body.candidates, body.on_unknown, kind, named)
    exclude = model.find(body.exclude, kind, named)
    return SearchQuery(
        k=k,
        known=body.known,
        min_probability=body.min_probability,
        candidates=None if candidates is None else candidates[candidates >= 0],
        exclude=exclude[exclude >= 0],
        exact=body.exact,
        allowed=allowed,
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


def prior_field(model: Scorer, annotations: Annotations) -> bytes:
    """The last field of an object that is written part by part; nothing without calibrated probabilities."""
    return b"," + as_json({"prior": used_prior(model, annotations.prior)})[1:-1] if annotations.calibrated else b""
