"""The most likely missing links of the whole graph."""

from collections.abc import Iterator, Mapping
from functools import partial

from latentlink.app.schemas.links import LinksRequest
from latentlink.app.services.link_lists.ends import Ends, least_logit
from latentlink.app.services.scorer import Scorer
from latentlink.models.arrays import Array
from latentlink.models.inference.top_links.best import Links
from latentlink.models.inference.top_links.search import LeftOut
from latentlink.models.inference.top_links.whole_graph import Advance, Searched, WholeGraph


class BestOfAll:
    """Finds the links with the highest logits, of one relation or of all together.

    Args:
        model: with all of its relations.
        asked: the request.
        limit: of links.

    Raises:
        InvalidRequestError, UnsupportedByModelError, UnknownNodesError, AmbiguousNodesError: as `finder_of`.
    """

    unit = "pairs"

    def __init__(self, model: Scorer, asked: LinksRequest, limit: int) -> None:
        least_logit(model.checkpoint.manifest, asked)  # refuses before the search begins
        several = len(model.relations.names) > 1 and asked.relation is None
        places = range(len(model.relations.names)) if several else [model.relations.place(asked.relation)]
        parts = [partial(_searched, model, asked, place) for place in places]
        self._search = WholeGraph(Ends.of(model, asked).classes(model), parts, limit)

    def steps(self) -> Iterator[Advance]:
        """Find on, from where it is."""
        return self._search.steps()

    @property
    def found(self) -> int:
        """How many links there are so far."""
        return self._search.found

    def links(self) -> Links:
        """What is found so far, in order."""
        return self._search.links()

    def state(self) -> dict[str, Array]:
        """What `restore` continues from."""
        return self._search.state()

    def restore(self, state: Mapping[str, Array]) -> None:
        """Go on from a state."""
        self._search.restore(state)


def _searched(model: Scorer, asked: LinksRequest, place: int | None) -> Searched:
    checkpoint = model.checkpoint if place is None else model.checkpoint.of_relation(place)
    graph = checkpoint.graph
    left_out = None if asked.known else LeftOut(graph.indptr, graph.indices, graph.heldout)
    return Searched(checkpoint.decoder, left_out, place or 0, least_logit(checkpoint.manifest, asked))
