"""The most likely missing links of the whole graph, which a checkpoint carries for whoever asks for a few of them."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from latentlink.models.arrays import Array, Bool, Int64
from latentlink.models.checkpoint import KnownGraph
from latentlink.models.checkpoint.best_links import BEST_LINKS, BestLinks
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.types import NodeTypes
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.inference.top_links.pair_classes import PairClasses
from latentlink.models.inference.top_links.search import LeftOut
from latentlink.models.inference.top_links.whole_graph import Searched, WholeGraph

LIMIT = 1_000  # links
_MOST_WORK = (
    10**11
)  # multiplications, some ten seconds; a training on a graph that takes more of them takes many minutes
_LEAST_STEP = 2**24  # of them that a step takes as long as, beside those of its product


def best_links_file(graph: Graph, embeddings: Embeddings, links: Mapping[str, Array]) -> dict[str, Mapping[str, Array]]:
    """The file of the best links; none where no bound rules out enough pairs to find them in `_MOST_WORK`.

    Args:
        graph: of the training.
        embeddings: what it made.
        links: the tensors of known and held-out links, as the checkpoint has them.
    """
    relations = 1 if graph.relations is None else len(graph.relations.names)
    heldout: Int64 | None = links.get("heldout")
    of = links.get("heldout_relation")
    known = KnownGraph(links["indptr"], links["indices"], None, heldout, relations=relations, heldout_relation=of)
    types = None if graph.types is None else (graph.types.of, _allowed(graph.types, directed=graph.directed))
    classes = PairClasses.make(graph.n_nodes, directed=graph.directed, types=types)
    search = WholeGraph(classes, [partial(_searched, embeddings, known, place) for place in range(relations)], LIMIT)
    work = 0
    for advance in search.steps():
        work += _LEAST_STEP + advance.items * embeddings.mu.shape[1]
        if work > _MOST_WORK:
            return {}
    found = search.links()
    return {BEST_LINKS: BestLinks(found.sources, found.targets, found.relations).tensors()}


def _allowed(types: NodeTypes, *, directed: bool) -> Bool:
    """From which type to which links may lead, bool (T, T)."""
    allowed = np.zeros((len(types.names),) * 2, np.bool_)
    allowed[tuple(types.linked.T)] = True
    return allowed if directed else allowed | allowed.T


def _searched(embeddings: Embeddings, known: KnownGraph, place: int) -> Searched:
    decoder, graph = embeddings.decoder, known
    if embeddings.relations is not None:
        decoder = decoder.of_relation(embeddings.weights["relations.weight"][place])
        graph = known.of_relation(place)
    return Searched(decoder, LeftOut(graph.indptr, graph.indices, graph.heldout), place)
