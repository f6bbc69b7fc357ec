"""Small checkpoints that were trained, for what reads weights and features: one of each kind of encoder and graph."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from latentlink.models.arrays import Float32, Float64
from latentlink.models.checkpoint import Checkpoint, open_checkpoint
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.publishing.export import export
from latentlink.models.training.protocol import train

N = 40
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "alone": ({"layout": "none"}, {"encoder": "normalized", "dim": 6}),
    "dense": ({"layout": "table"}, {"encoder": "normalized", "dim": 7, "node_rows": "off"}),
    "rows": ({"layout": "sparse"}, {"encoder": "normalized", "dim": 6, "node_rows": "on"}),
    "weighted": (
        {"layout": "table", "weighted": True},
        {"encoder": "normalized", "dim": 8, "hops": 3, "node_rows": "off"},
    ),
    "numbers": ({"layout": "sparse", "weighted": True}, {"encoder": "linear", "dim": 5, "hops": 2}),
    "gcn": ({"layout": "sparse", "weighted": True}, {"encoder": "gcn", "dim": 4, "hidden": 6}),
    "gcn-alone": ({"layout": "none"}, {"encoder": "gcn", "dim": 4, "hidden": 6}),
    "point": ({"layout": "sparse"}, {"model": "gae", "encoder": "linear", "dim": 5, "hops": 2}),
    "features alone": ({"layout": "table"}, {"model": "ae", "dim": 2}),
}
"""Arguments of a graph and of its training; `point` is not variational, `features alone` sees no links."""
SUMS = ("alone", "dense", "rows", "weighted", "numbers")
"""Kinds whose logits are sums of contributions."""
GCN = ("gcn", "gcn-alone")


def random_graph(layout: str, *, weighted: bool = False) -> Graph:
    """A sparse random graph in which one node has many links and some have none; "table" has named features."""
    random = np.random.default_rng(5)
    pairs = np.concatenate([random.integers(0, N - 3, (70, 2)), [[0, other] for other in range(1, 20)]])
    weights = random.uniform(0.2, 3, len(pairs)).astype(np.float32) if weighted else None
    graph = Graph.from_pairs([f"n{row}" for row in range(N)], pairs, weights)
    if layout == "none":
        return graph
    table = {"age": random.normal(40, 9, N), "city": random.choice(["Oslo", "Rome", "Lima"], N).tolist()}
    preprocessing = Preprocessing.fit(table)
    x = preprocessing.transform(table)
    if layout == "sparse":
        return _with(graph, CSR.from_dense(np.where(random.random((N, 12)) < 0.3, 1, 0).astype(np.float32)))
    return _with(graph, x, preprocessing)


def _with(graph: Graph, features: Float32 | CSR, preprocessing: Preprocessing | None = None) -> Graph:
    return Graph(graph.ids, graph.edges, graph.weights, features, preprocessing=preprocessing)


def publish_trained(store: Path, kind: str, name: str = "", **options: Any) -> Checkpoint:
    """Train a model of one of these kinds for a few epochs, publish it, named after its kind by default, and open it."""
    of_graph, of_training = KINDS[kind]
    graph = random_graph(**of_graph)
    config = TrainingConfig.model_validate({"epochs": 4, "evaluate_every": 1, **of_training})
    return open_checkpoint(export(store, name or kind, graph, config, train(graph, config), **options))


def dense_features(checkpoint: Checkpoint) -> Float32:
    """(N, F), or the identity where there are none."""
    x = checkpoint.features
    return np.eye(N, dtype=np.float32) if x is None else x.to_dense() if isinstance(x, CSR) else x


def dense_adjacency(checkpoint: Checkpoint) -> Float64:
    """A of the served graph."""
    graph = checkpoint.graph
    weights = np.ones(len(graph.indices), np.float32) if graph.weights is None else graph.weights
    return CSR(graph.indptr, graph.indices, weights, (N, N)).to_dense().astype(np.float64)


def propagation(adjacency: Float64) -> Float64:
    """Â of an adjacency, by its definition."""
    looped = adjacency + np.eye(len(adjacency))
    scale = 1 / np.sqrt(looped.sum(axis=1))
    return np.asarray(scale[:, None] * looped * scale)


def convolved(checkpoint: Checkpoint, adjacency: Float64, x: Float64 | Float32) -> Float64:
    """z of all nodes by the formula of a GCN, on another graph."""
    a_hat, weights = propagation(adjacency), checkpoint.weights
    hidden = np.maximum(a_hat @ x @ weights["gcn.hidden.weight"], 0)
    return np.asarray(a_hat @ hidden @ weights["gcn.mu.weight"])


def extended(checkpoint: Checkpoint, x: Float64, links: Iterable[tuple[int, int, float]]) -> Float64:
    """z (c, D) of new nodes N, N + 1, …, by the formula with matrices in full, on the graph that has them.

    Args:
        checkpoint: the model.
        x: their features (c, F).
        links: of the new nodes, two rows and a weight each.
    """
    adjacency, kind = np.pad(dense_adjacency(checkpoint), (0, len(x))), checkpoint.manifest.encoder
    for a, b, weight in links:
        adjacency[a, b] = adjacency[b, a] = weight
    features = np.concatenate([dense_features(checkpoint), x])
    if kind == "gcn":
        return convolved(checkpoint, adjacency, features)[N:]
    hidden, hops = features @ checkpoint.weights[f"{kind}.features.weight"], checkpoint.manifest.config.hops or 0
    a_hat = propagation(adjacency)
    if kind == "linear":
        return np.asarray(np.linalg.matrix_power(a_hat, hops) @ hidden)[N:]
    blocks = np.array_split(hidden, hops + 1, axis=1)
    lengths = checkpoint.weights["normalized.scale"] / np.sqrt(len(blocks))
    rows = [s * u / np.linalg.norm(u, axis=1, keepdims=True) for s, u in zip(lengths, blocks, strict=True)]
    z = np.concatenate([(np.linalg.matrix_power(a_hat, at) @ h)[N:] for at, h in enumerate(rows)], axis=1)
    z[adjacency[N:].sum(axis=1) == 0] *= checkpoint.weights["normalized.isolated_scale"]
    return z
