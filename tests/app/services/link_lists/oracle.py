"""Lists of missing links by brute force: `score_pair` of every pair, sorted."""

from itertools import product
from typing import Any, NamedTuple

from latentlink.app.schemas.links import LinksRequest
from latentlink.app.services.scorer import Scorer


class Link(NamedTuple):
    """A link of a list: rows, place of the relation, logit."""

    source: int
    target: int
    relation: int
    logit: float


def all_links(model: Scorer, asked: LinksRequest, meets: Any = None) -> list[Link]:
    """All links that a request allows, whatever its limit; best first, of equal ones by rows.

    Args:
        model: with all of its relations.
        asked: the request.
        meets: whether each node meets its filter; None without.
    """
    names = [asked.relation] if asked.relation else (model.relations.names or [None])
    found = [link for name in names for link in _links(model.of_relation(name), model, name, asked, meets)]
    return sorted(found, key=lambda link: (-link.logit, link.source, link.target, link.relation))


def _links(view: Scorer, model: Scorer, name: str | None, asked: LinksRequest, meets: Any) -> list[Link]:
    manifest, graph, ids = view.checkpoint.manifest, view.checkpoint.graph, view.nodes.ids(range(len(view.nodes)))
    heldout = {*map(tuple, [] if graph.heldout is None else graph.heldout.tolist())}
    directed, types = manifest.directed, view.types
    linked = {(a, b) for a, b in manifest.linked} | (set() if directed else {(b, a) for a, b in manifest.linked})

    def is_source(row: int) -> bool:
        return _fits(row, asked.sources, asked.source_type)

    def is_target(row: int) -> bool:
        return _fits(row, asked.targets, asked.target_type) and (meets is None or bool(meets[row]))

    def _fits(row: int, some: list[str] | None, kind: str | None) -> bool:
        return (some is None or ids[row] in some) and (types is None or kind in (None, types.name(row)))

    found: dict[Any, Link] = {}
    place = model.relations.names.index(name) if name else 0
    # Of two ways to write a link, the one from the earlier type, or else from the lower row.
    rows = sorted(range(len(ids)), key=lambda row: (0 if types is None else types.of[row], row))
    for source, target in product(rows, repeat=2):
        key = (source, target) if directed else frozenset((source, target))
        if source == target or key in found or not (is_source(source) and is_target(target)):
            continue
        if types is not None and (types.name(source), types.name(target)) not in linked:
            continue
        score = view.score_pair(source, target)
        pairs = {(source, target)} if directed else {(source, target), (target, source)}
        if (score.known or heldout & pairs) and not asked.known:
            continue
        if score.probability >= asked.min_probability:
            found[key] = Link(source, target, place, score.logit)
    return [*found.values()]
