"""What a model says of nodes that it never saw: some are hidden entirely, and then embedded as the service embeds strangers.

Leaving one out: for each link of a hidden node v to a visible u, v is embedded with its other visible neighbours and u is scored
beside visible nodes that v isn't linked to. A link that is given is never scored; where none is left to be given, v has its
features alone, and the link is counted apart.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.evaluate import RANKED, spaced
from latentlink.models.evaluation.heuristics import cosine
from latentlink.models.evaluation.metrics import link_metrics, mean_reciprocal_rank
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import dense_rows
from latentlink.models.graph.graph import Graph, adjacency
from latentlink.models.graph.subgraph import features_fitted_on, induced_subgraph
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.inference.encoders import Strangers, Twin, embed_strangers, make_twin
from latentlink.models.inference.encoders.khop import KHop

CANDIDATES = (
    100  # visible nodes beside each link of a stranger, not linked to it; the first is the non-edge of AUC and AP
)
MODEL = "model"


class Fitted(NamedTuple):
    """A training on visible nodes alone.

    Attributes:
        embeddings: of the evaluated run.
        features: (m, F), what its encoder took, or None.
        test: its metrics on held-out links among visible nodes.
    """

    embeddings: Embeddings
    features: Float32 | CSR | None
    test: dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A link of a hidden node to a visible one, to be told from non-edges.

    Attributes:
        v: the hidden node's row in the whole graph.
        ends: int64 (1 + 100,), visible nodes: the linked one, then those it is scored beside.
        given: int64 (m,), its other visible neighbours, rising.
        weights: float64 (m,), of the links to them.
    """

    v: int
    ends: Int64
    given: Int64
    weights: Float64


def evaluate_unseen(
    graph: Graph, config: TrainingConfig, share: float, fit: Callable[[Graph], Fitted]
) -> dict[str, Any]:
    """Hide a share of the nodes, fit on the rest, and embed the hidden ones as strangers.

    Args:
        graph: N nodes.
        config: what `fit` trains with; its seed decides who is hidden.
        share: of nodes, in (0, 0.5).
        fit: trains on the graph of visible nodes.

    Returns:
        `hidden`, how many nodes; `transductive`, the test metrics of the same training; and `with_links` and `features_alone`,
        each with the number of `links` and the metrics of `model` and of every baseline by name, or None without such links.
    """
    rng = np.random.default_rng(config.seed)
    order, hidden = rng.permutation(graph.n_nodes), max(1, int(share * graph.n_nodes))
    visible, features = np.sort(order[hidden:]), features_fitted_on(graph, np.sort(order[hidden:]))
    fitted = fit(induced_subgraph(graph, visible, features))
    asked = list(_asked(graph, visible, rng))
    alone = np.array([len(one.given) == 0 for one in asked], np.bool_)
    parts = {"with_links": np.flatnonzero(~alone), "features_alone": np.flatnonzero(alone & (features is not None))}
    scorers = _scorers(fitted, config, visible, features)
    return {
        "hidden": hidden,
        "transductive": fitted.test,
        **{name: _measured([asked[at] for at in part.tolist()], scorers) for name, part in parts.items()},
    }


def _asked(graph: Graph, visible: Int64, rng: np.random.Generator) -> Iterator[Asked]:
    """Links of hidden nodes to visible ones, at most `RANKED` of them; none of a node that is linked to all."""
    whole, place = adjacency(graph.n_nodes, graph.edges, graph.weights), np.full(graph.n_nodes, -1)
    place[visible] = np.arange(len(visible))
    links = [(v, u) for v in np.flatnonzero(place < 0).tolist() for u in whole.row(v).tolist() if place[u] >= 0]
    for v, u in spaced(np.array(links, np.int64).reshape(-1, 2), RANKED).tolist():
        row = slice(whole.indptr[v], whole.indptr[v + 1])
        neighbors = place[whole.indices[row]]
        free = np.ones(len(visible), np.bool_)
        free[neighbors[neighbors >= 0]] = False
        if free.any():
            given = (neighbors >= 0) & (neighbors != place[u])
            ends = np.append(place[u], rng.choice(np.flatnonzero(free), CANDIDATES))
            yield Asked(v, ends, neighbors[given], whole.data[row][given].astype(np.float64))


def _scorers(
    fitted: Fitted, config: TrainingConfig, visible: Int64, features: Float32 | CSR | None
) -> dict[str, Callable[[Asked], Float64 | None]]:
    """By name, what gives the ends of a question their scores, float64 (101,); None where it can't."""
    mu, twin = fitted.embeddings.mu, _twin(fitted, config, len(visible))

    def by_model(one: Asked) -> Float64:
        x = None if features is None else dense_rows(features, np.array([one.v]))[0]
        [stranger] = embed_strangers(twin, Strangers.one(len(visible), x, one.given, one.weights))
        return np.asarray(mu[one.ends] @ stranger.z)

    def by_mean(one: Asked) -> Float64 | None:
        return np.asarray(mu[one.ends] @ mu[one.given].mean(axis=0), np.float64) if len(one.given) else None

    scorers: dict[str, Callable[[Asked], Float64 | None]] = {MODEL: by_model, "mean_of_neighbors": by_mean}
    if features is not None:
        alike = cosine(features)
        scorers["feature_cosine"] = lambda one: alike(
            np.stack([np.full(len(one.ends), one.v), visible[one.ends]], axis=1)
        )
    return scorers


def _twin(fitted: Fitted, config: TrainingConfig, n_nodes: int) -> Twin:
    """The encoder in numpy, over the links that it saw."""
    seen = fitted.embeddings
    matrix = adjacency(n_nodes, seen.edges, seen.edge_weights)
    walks = KHop(matrix.indptr, matrix.indices, None if seen.edge_weights is None else matrix.data)
    return make_twin(config.encoder, seen.weights, fitted.features, walks, dim=config.dim, hops=config.hops)


def _measured(asked: list[Asked], scorers: dict[str, Callable[[Asked], Float64 | None]]) -> dict[str, Any] | None:
    if not asked:
        return None
    measured: dict[str, Any] = {"links": len(asked)}
    for name, score in scorers.items():
        rows = [scores for one in asked if (scores := score(one)) is not None]
        if rows:
            scores = np.stack(rows)
            ranked = {"mrr": mean_reciprocal_rank(scores[:, 0], scores[:, 1:])}
            measured[name] = {**link_metrics(scores[:, 0], scores[:, 1]), **ranked}
    return measured
