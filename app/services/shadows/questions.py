"""What a candidate is asked: the pairs, or the list of neighbours, that a request was about."""

import numpy as np

from latentlink.app.errors import InvalidRequestError, UnsupportedByModelError
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.search.partners import Partners
from latentlink.app.services.search.selection import Neighbors, Query
from latentlink.models.arrays import Float64, Int64
from latentlink.models.comparison.matching import Matching
from latentlink.models.inference.scoring import sigmoid

PAIRS = 100
"""Of a request, at most."""


def compare_scores(model: Scorer, rows: Int64, candidate: Scorer) -> bool:
    """Note by how much the probabilities of pairs of rows, int64 (2m,) by pair, −1 for unknown nodes, differ; the first of many.

    Returns:
        Whether the candidate knows any of them.
    """
    pairs = rows.reshape(-1, 2)[:PAIRS]
    pairs = pairs[(pairs >= 0).all(axis=1)]
    others = Matching(model.checkpoint, candidate.checkpoint).rows(pairs.ravel()).reshape(-1, 2)
    both = (others >= 0).all(axis=1)
    view = _of_relation(candidate, model)
    if view is None or not both.any():
        return False
    own, other = (_probabilities(one, some[both]) for one, some in ((model, pairs), (view, others)))
    model.observer.differed(model.name, np.abs(other - own).tolist())
    return True


def compare_lists(model: Scorer, partners: Partners, row: int, query: Query, candidate: Scorer) -> bool:
    """Note how much of the list of neighbours of a row the candidate's list has; the query names no other rows.

    Returns:
        Whether the candidate knows the node, and such lists.
    """
    [other_row] = Matching(model.checkpoint, candidate.checkpoint).rows(np.array([row])).tolist()
    view = _of_relation(candidate, model)
    if view is None or other_row < 0:
        return False
    kind = None if model.types is None or partners.kind is None else model.types.names[partners.kind]
    try:
        others = view.partners(kind, partners.search.direction if len(model.searches) > 1 else None)
        own, other = _list(partners, row, query), _list(others, other_row, query)
    except (InvalidRequestError, UnsupportedByModelError):  # of other types or directions
        return False
    back = Matching(candidate.checkpoint, model.checkpoint).rows(other.rows)
    if most := max(len(own.rows), len(back)):
        model.observer.overlapped(model.name, int(np.isin(own.rows, back).sum()) / most)
    return True


def _probabilities(model: Scorer, pairs: Int64) -> Float64:
    """σ of the logits of pairs of rows, int64 (m, 2), float64 (m,)."""
    decoder = model.checkpoint.decoder
    return sigmoid(decoder.pairs(*pairs.T) if len(pairs) > 1 else np.array([decoder.pair(*pairs[0].tolist())]))


def _list(partners: Partners, row: int, query: Query) -> Neighbors:
    return next(found for found in partners.results(np.array([row]), query) if found is not None)


def _of_relation(candidate: Scorer, model: Scorer) -> Scorer | None:
    """The candidate of the relation that a model is of; None if it has none of this name."""
    try:
        return candidate.of_relation(model.relation)
    except (InvalidRequestError, UnsupportedByModelError):
        return None
