"""Synthetic graphs of which the best possible score of a pair is known: the probability by which it was linked.

A model's AUC stands beside that of these probabilities on the same test pairs; no model can expect more.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import networkx as nx
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from latentlink.models.arrays import Float64, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.graph.graph import Graph, adjacency
from latentlink.models.training.protocol import train
from latentlink.models.training.trained import Trained

TOP = 10  # neighbours of each node whose type is looked at

Chance = Callable[[Int64, Int64], Float64]
"""The probability that pairs, int64 (m, 2), are linked, float64 (m,), given the training edges, int64 (e, 2)."""


class Family(NamedTuple):
    """A graph and what is known of it.

    Attributes:
        graph: without features.
        chance: ranks pairs as the probabilities do by which they were linked.
        kind: int64 (N,), the type of each node where links go between two types only, or None.
    """

    graph: Graph
    chance: Chance
    kind: Int64 | None = None


class Row(NamedTuple):
    """The default model on one family over seeds; AUC in percent, lists (seeds,)."""

    graph: str
    auc: list[float]
    best: list[float]
    wrong: list[float]  # percent of the top 10 that are of the node's own type; empty for graphs of one type


def families() -> Mapping[str, Callable[[], Family]]:
    """The families by their names; each is drawn when it is called, always the same."""
    return {
        "bipartite blocks": _bipartite,
        "ring of blocks": lambda: _blocks([150] * 6, _ring(6, 0.05, 0.003)),
        "assortative": lambda: _blocks([150] * 6, _two_values(6, 0.08, 0.004)),
        "disassortative": lambda: _blocks([250] * 4, _two_values(4, 0.002, 0.03)),
        "planted partition": _planted,
        "core-periphery": lambda: _blocks([150, 750], np.array([[0.15, 0.04], [0.04, 0.004]])),
        "random tree": _tree,
    }


def measure(name: str, family: Family, seeds: Sequence[int]) -> Row:
    """Train the default on each seed's split, and score the test pairs by the model and by the probabilities."""
    row = Row(name, [], [], [])
    for seed in seeds:
        trained = train(family.graph, TrainingConfig.model_validate({"seed": seed, "refit": False}))
        split, known = trained.split, family.graph.edges[trained.split.train]
        best = auc_ap(family.chance(split.test, known), family.chance(split.test_negatives, known))
        row.auc.append(100 * auc_ap(*trained.test_logits)["auc"])
        row.best.append(100 * best["auc"])
        if family.kind is not None:
            row.wrong.append(100 * _wrong(trained, known, family.kind))
    return row


def _wrong(trained: Trained, known: Int64, kind: Int64) -> float:
    """The share of the own type among the `TOP` best nodes that each node with a link is not linked to in training."""
    n = len(kind)
    linked = adjacency(n, known)
    nodes = np.flatnonzero(np.diff(linked.indptr))
    logits = trained.embeddings.decoder.rows(nodes)
    logits[linked.take(nodes).to_dense() > 0] = -np.inf
    logits[np.arange(len(nodes)), nodes] = -np.inf
    best = np.argpartition(-logits, TOP, axis=1)[:, :TOP]
    return float((kind[best] == kind[nodes, None]).mean())


def _blocks(sizes: Sequence[int], chances: Float64, kind: Int64 | None = None) -> Family:
    """A stochastic block model, and the types of its blocks."""
    block = np.repeat(np.arange(len(sizes)), sizes)
    network = nx.stochastic_block_model(sizes, chances.tolist(), seed=0)
    return _by_blocks(network, block, chances, None if kind is None else kind[block])


def _by_blocks(network: nx.Graph, block: Int64, chances: Float64, kind: Int64 | None = None) -> Family:
    def chance(pairs: Int64, _: Int64) -> Float64:
        found: Float64 = chances[block[pairs[:, 0]], block[pairs[:, 1]]]
        return found

    return Family(_graph(network), chance, kind)


def _bipartite() -> Family:
    """Four groups on each side, and four densities in random order between them."""
    across = np.random.default_rng(1).permutation(np.repeat([0.09, 0.03, 0.004, 0.002], 4)).reshape(4, 4)
    none = np.zeros((4, 4))
    return _blocks([125] * 8, np.block([[none, across], [across.T, none]]), np.repeat([0, 1], 4))


def _planted() -> Family:
    """Forty communities of fifty, whose probabilities are far apart."""
    network = nx.planted_partition_graph(40, 50, 0.25, 0.001, seed=0)
    return _by_blocks(network, np.repeat(np.arange(40), 50), _two_values(40, 0.25, 0.001))


def _tree() -> Family:
    """A uniform labelled tree: of those that hold a forest a share of (1/a + 1/b) / N links u and v in trees of a and b nodes.

    N^(k − 2) ∏ aᵢ trees hold a forest of k trees of aᵢ nodes (Moon 1970); with u – v it has k − 1, one of a + b nodes.
    """
    graph = _graph(nx.random_labeled_tree(1500, seed=0))

    def chance(pairs: Int64, known: Int64) -> Float64:
        forest = sparse.coo_array((np.ones(len(known)), tuple(known.T)), shape=(graph.n_nodes, graph.n_nodes))
        _, component = csgraph.connected_components(forest, directed=False)
        one, other = component[pairs.T]
        inverse = 1 / np.bincount(component)
        return np.where(one == other, 0.0, inverse[one] + inverse[other])

    return Family(graph, chance)


def _ring(k: int, next_to: float, others: float) -> Float64:
    """Probabilities (k, k) of blocks that are linked with the next one in a ring, and rarely else."""
    apart = (np.arange(k)[:, None] - np.arange(k)) % k
    return np.where((apart == 1) | (apart == k - 1), next_to, others)


def _two_values(k: int, within: float, across: float) -> Float64:
    return np.where(np.eye(k, dtype=np.bool_), within, across)


def _graph(network: nx.Graph) -> Graph:
    return Graph.from_pairs([str(node) for node in network], np.array(network.edges, np.int64))
