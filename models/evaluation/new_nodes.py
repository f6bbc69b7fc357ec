"""Evaluation of inductive prediction: hide some nodes from a training, then embed them as the service embeds new nodes.

Leave-one-out: for each link of a hidden node v to a known node u, v is embedded by its other links to known nodes, and u is
ranked among known nodes that v is not linked to. The scored link is never an input. A node without another link is embedded
by its features alone, and its link is counted separately.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.evaluate import RANKED
from latentlink.models.evaluation.heuristics.cosine import FeatureCosine
from latentlink.models.evaluation.metrics import link_metrics, mean_reciprocal_rank
from latentlink.models.evaluation.ranking import spaced
from latentlink.models.facts.metrics import LinkMetrics, NewNodeMetrics, NewNodes
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import dense_rows
from latentlink.models.graph.graph import Graph, adjacency
from latentlink.models.graph.negatives import absent
from latentlink.models.graph.pair_space import PairSpace
from latentlink.models.graph.subgraph import features_fitted_on, induced_subgraph
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.inference.encoders import (
    LinkColumns,
    NewNodeGroup,
    NoEncoder,
    NumpyEncoder,
    embed_new_nodes,
    make_numpy_encoder,
)
from latentlink.models.inference.encoders.khop import KHop

CANDIDATES = (
    100  # known nodes, not linked to the hidden node, that each of its links is ranked among; AUC and AP use the first
)
# Nodes within two hops of the hidden nodes of all ranked links: a minute or two. Only where nearly every node is linked to a hub
# are there so many in `RANKED` neighborhoods.
_REACHED = 2**26


class Fitted(NamedTuple):
    """A training on the induced subgraph of the known nodes.

    Attributes:
        embeddings: of the evaluated run.
        features: (m, F), the input of its encoder, or None.
        test: its metrics on held-out links between known nodes.
    """

    embeddings: Embeddings
    features: Float32 | CSR | None
    test: LinkMetrics


@dataclass(frozen=True)
class HiddenLink:
    """A link between a hidden node and a known node, and the non-edges that it is ranked among.

    Attributes:
        v: the hidden node's row in the whole graph.
        ends: int64 (1 + 100,), known nodes: the linked node, then the unlinked ones.
        given: int64 (m,), the other known neighbours of v, ascending.
        weights: float64 (m,), of the links to them.
    """

    v: int
    ends: Int64
    given: Int64
    weights: Float64


Score = Callable[[HiddenLink], Float64 | None]
_Scores = Mapping[str, Float64]  # (101,) of one link by each scorer


def evaluate_unseen(graph: Graph, config: TrainingConfig, share: float, fit: Callable[[Graph], Fitted]) -> NewNodes:
    """Hide a share of the nodes, fit on the rest, and embed the hidden ones as new nodes.

    Args:
        graph: N nodes.
        config: settings of `fit`; the seed selects the hidden nodes.
        share: share of the nodes to hide, in (0, 0.5).
        fit: trains on the induced subgraph of the known nodes.
    """
    rng = np.random.default_rng(config.seed)
    order, hidden = rng.permutation(graph.n_nodes), max(1, int(share * graph.n_nodes))
    visible, features = np.sort(order[hidden:]), features_fitted_on(graph, np.sort(order[hidden:]))
    fitted = fit(induced_subgraph(graph, visible, features))
    scorers = _scorers(fitted, config, visible, features)
    scores = _scores(_hidden_links(graph, visible, rng), scorers, alone=features is not None)
    return NewNodes(
        hidden=hidden,
        transductive=fitted.test,
        with_links=_measured(scores[True]),
        features_alone=_measured(scores[False]),
    )


def _hidden_links(graph: Graph, visible: Int64, rng: np.random.Generator) -> Iterator[HiddenLink]:
    """Links between hidden and known nodes, at most `RANKED` and as many as `_REACHED` allows, spread evenly over all.

    Links of a node that is linked to all known nodes are left out. One at a time, since each holds all links of its node.
    """
    whole, place = adjacency(graph.n_nodes, graph.edges, graph.weights), np.full(graph.n_nodes, -1)
    place[visible] = np.arange(len(visible))
    rows = whole.row_of_entry()
    links = np.flatnonzero((place[rows] < 0) & (place[whole.indices] >= 0))
    open_to = _visible_partners(graph.pair_space, place)
    two_hops = np.bincount(rows, np.diff(whole.indptr)[whole.indices], graph.n_nodes)
    reached = np.minimum(two_hops, graph.n_nodes)[rows[links]].sum()
    for link in spaced(links, max(1, min(RANKED, int(_REACHED * len(links) / max(reached, 1))))).tolist():
        v, u = int(rows[link]), place[whole.indices[link]]
        row = slice(whole.indptr[v], whole.indptr[v + 1])
        neighbors = place[whole.indices[row]]
        known, partners = neighbors[neighbors >= 0], open_to[int(graph.pair_space.kinds[v])]
        if len(known) < len(partners):
            given = (neighbors >= 0) & (neighbors != u)
            ranks = rng.integers(0, len(partners) - len(known), CANDIDATES)
            ends = np.append(u, partners[absent(np.searchsorted(partners, known), ranks)])
            yield HiddenLink(v, ends, neighbors[given], whole.data[row][given].astype(np.float64))


def _visible_partners(space: PairSpace, place: Int64) -> dict[int, Int64]:
    """The known nodes that a hidden node may be linked to, by its kind: their rows among the known ones, rising.

    Args:
        space: of all N nodes.
        place: int64 (N,), the row of each known node among these, −1 of a hidden one.
    """
    kinds, first = np.unique(space.kinds, return_index=True)
    rows = (place[space.partners_of(node)] for node in first.tolist())
    return {kind: some[some >= 0] for kind, some in zip(kinds.tolist(), rows, strict=True)}


def _scorers(
    fitted: Fitted, config: TrainingConfig, visible: Int64, features: Float32 | CSR | None
) -> dict[str, Score]:
    """Scorers by name: functions from a link to the scores of its ends, float64 (101,), or None if it has no score."""
    seen, decoder, encoder = fitted.embeddings, fitted.embeddings.decoder, _numpy_encoder(fitted, config, len(visible))
    known = adjacency(len(visible), seen.edges)
    columns = LinkColumns.of(seen.parts, seen.weights, seen.mu, known.indptr)

    def by_model(link: HiddenLink) -> Float64:
        x = None if features is None else dense_rows(features, np.array([link.v]))[0]
        [embedded] = embed_new_nodes(encoder, NewNodeGroup.one(len(visible), x, link.given, link.weights))
        z = np.concatenate([embedded.z, columns.of_new_node(link.given, len(link.given))])
        return decoder.new_node(z.astype(np.float32), link.given, link.ends)

    def by_mean(link: HiddenLink) -> Float64 | None:
        return decoder.of_vector(seen.mu[link.given].mean(axis=0), link.ends, None) if len(link.given) else None

    scorers: dict[str, Score] = {"model": by_model, "mean_of_neighbors": by_mean}
    if features is not None:
        alike = FeatureCosine(features)
        scorers["feature_cosine"] = lambda link: alike.score_pairs(
            np.stack([np.full(len(link.ends), link.v), visible[link.ends]], axis=1)
        )
    return scorers


def _numpy_encoder(fitted: Fitted, config: TrainingConfig, n_nodes: int) -> NumpyEncoder:
    """The numpy encoder, over the message-passing edges of the training."""
    seen = fitted.embeddings
    if not seen.dense.size:
        return NoEncoder()
    matrix = adjacency(n_nodes, seen.edges, seen.edge_weights)
    propagation = KHop(matrix.indptr, matrix.indices, None if seen.edge_weights is None else matrix.data)
    return make_numpy_encoder(
        config.encoder, seen.weights, fitted.features, propagation, dim=config.dim, hops=config.hops
    )


def _scores(links: Iterable[HiddenLink], score: Mapping[str, Score], *, alone: bool) -> dict[bool, list[_Scores]]:
    """The scores of the ends of each link, by whether its node has other links; without them only if `alone`."""
    scores: dict[bool, list[_Scores]] = {True: [], False: []}
    for link in links:
        if (linked := len(link.given) > 0) or alone:
            scores[linked].append({name: found for name, by in score.items() if (found := by(link)) is not None})
    return scores


def _measured(links: list[_Scores]) -> NewNodeMetrics | None:
    """Metrics of each scorer that can score the links; None without links."""
    if not links:
        return None
    measured: dict[str, LinkMetrics] = {}
    for name in links[0]:
        scores = np.stack([one[name] for one in links])
        mrr = mean_reciprocal_rank(scores[:, 0], scores[:, 1:])
        measured[name] = link_metrics(scores[:, 0], scores[:, 1]).model_copy(update={"mrr": mrr})
    return NewNodeMetrics(links=len(links), **measured)
