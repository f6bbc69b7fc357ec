"""What a list will take at most, before it is asked for."""

import time
from typing import NamedTuple

import numpy as np

from latentlink.app.schemas.links import LinksRequest
from latentlink.app.services.link_lists.ends import Ends
from latentlink.app.services.link_lists.finding import finder_of
from latentlink.app.services.scorer import Scorer
from latentlink.models.inference.top_links.search import BLOCK

_NUMBERS = 110  # bytes of a line of NDJSON beside its two ids


class Estimate(NamedTuple):
    """What a list takes at most.

    Attributes:
        pairs: that are searched, of all relations together; bounds rule some of them out.
        links: in the list.
        seconds: on one core, as fast as it multiplies now, if no pair is ruled out.
        bytes: of the list as NDJSON.
    """

    pairs: int
    links: int
    seconds: float
    bytes: int


def estimate(model: Scorer, asked: LinksRequest) -> Estimate:
    """The estimate of a request; raises as `finder_of`."""
    finder_of(model, asked)
    ends = Ends.of(model, asked)
    several = len(model.relations.names) if asked.relation is None else 1
    pairs = ends.classes(model).pairs() * max(1, several)
    sources = len(model.nodes) if ends.sources is None else int(np.count_nonzero(ends.sources))
    links = min(pairs, asked.limit or (asked.per_node or 0) * sources)
    of_ids = 2 * len(model.nodes.texts.content) // max(1, len(model.nodes))
    return Estimate(pairs, links, pairs * _seconds_a_pair(model), links * (_NUMBERS + of_ids))


def _seconds_a_pair(model: Scorer) -> float:
    """By the product of two blocks."""
    vectors = model.checkpoint.decoder.target_vectors[:BLOCK]
    start = time.perf_counter()
    _ = vectors @ vectors.T
    return (time.perf_counter() - start) / len(vectors) ** 2
