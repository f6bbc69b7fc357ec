"""Bounds of requests about new nodes: how much they may ask for, and what that takes."""

import numpy as np

from latentlink.app.errors import InvalidRequestError
from latentlink.app.http.computed import Work
from latentlink.app.http.pair_bodies import annotations_of
from latentlink.app.http.requests import require_at_most
from latentlink.app.schemas.unseen import UnseenRequest
from latentlink.app.services.annotations import annotation_work, require_few
from latentlink.app.services.lookup import LOOKED_UP
from latentlink.app.services.new_nodes import groups
from latentlink.app.services.scorer import Scorer
from latentlink.app.settings import Settings
from latentlink.models.arrays import Bool, Int64

EXPLAINED = 100  # pairs in one request: a few milliseconds each, some tens near hubs


def require_within_limits(body: UnseenRequest, settings: Settings) -> None:
    """Refuse a request with more of something than an operator allows for.

    Raises:
        InvalidRequestError: it has.
    """
    new_nodes = body.strangers or ()
    for field in ("neighbors", "links", "targets", "candidates", "exclude"):
        require_at_most(field, len(getattr(body, field) or ()), settings.max_nodes)
    require_at_most("strangers.neighbors, together", sum(len(s.neighbors) for s in new_nodes), settings.max_nodes)
    require_at_most("strangers × targets", len(new_nodes) * len(body.targets or ()), settings.max_pairs)
    require_at_most("strangers × k", len(new_nodes) * (body.k or 0), settings.max_results)
    require_at_most("k", body.k or 0, settings.max_k)
    scored = max(1, len(new_nodes)) * (len(body.targets or ()) + (body.k or 0))
    require_few(annotations_of(body), "strangers × (targets + k)", scored)
    if "explanation" in body.include:
        pairs = max(1, len(new_nodes)) * len(body.targets or ())
        if pairs > EXPLAINED:
            raise InvalidRequestError.of("strangers × targets", f"at most {EXPLAINED} to explain", f"{pairs:,}")


def work_of(model: Scorer, body: UnseenRequest, allowed: Bool | None) -> Work:
    """The work of a request, beside its filter's; takes up to tenths of a second, and the time to make the encoder."""
    explainer, graph = model.explainer, model.checkpoint.graph
    near = _neighbors_of_each(model, body)
    count, targets, k = len(near), len(body.targets or ()), body.k or 0
    candidates, exclude = len(body.candidates or ()), len(body.exclude)
    count_allowed = None if allowed is None else int(np.count_nonzero(allowed))
    explained, shared = 0, sum(map(model.searcher.costs.of_new_shared_links, near))
    if "explanation" in body.include:
        rows = model.nodes.rows(body.targets or [])
        for end in map(graph.neighbors, rows[rows >= 0].tolist()):
            explained += sum(explainer.side_work(one, end, body.limit) for one in near)
            explained += sum(explainer.side_work(end, one, body.limit) for one in near)
    return {
        "neighbors" if body.strangers is None else "strangers": _embedding_work(model, body, near),
        "targets": count * model.scoring_work(targets) + (shared if targets else 0),
        "k": count * model.searcher.costs.of_vector(k, candidates, exclude, count_allowed) + shared if k else 0,
        "include": count * annotation_work(model, annotations_of(body), targets + k) + explained,
        "candidates": LOOKED_UP * candidates,
        "exclude": LOOKED_UP * exclude,
    }


def _embedding_work(model: Scorer, body: UnseenRequest, near: list[Int64]) -> int:
    looked_up = LOOKED_UP * sum(map(len, near))
    return looked_up + sum(model.encoder.embedding_work(rows, 2 * len(body.links)) for rows in near)


def _neighbors_of_each(model: Scorer, body: UnseenRequest) -> list[Int64]:
    """The known neighbours, int64, rising, of each new node and of those that it is linked to, also by way of others."""
    new_nodes = [body] if body.strangers is None else body.strangers
    rows = model.nodes.rows([node for one in new_nodes for node in one.neighbors])
    own = np.split(rows, np.cumsum([len(one.neighbors) for one in new_nodes[:-1]], dtype=np.int64))
    places = {one.id: at for at, one in enumerate(body.strangers or ())}
    links = [[places.get(name, 0) for name in link] for link in body.links]
    near = own
    for members in groups(len(new_nodes), np.array(links, np.int64).reshape(-1, 2)):
        together = np.unique(np.concatenate([own[at] for at in members]))
        for at in members:
            near[at] = together[together >= 0]
    return near
