"""Small checkpoints that were trained, for what reads weights and features: one of each kind of encoder and graph."""

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
    "rows alone": ({"layout": "none"}, {"encoder": "normalized", "dim": 6}),
    "dense": ({"layout": "table"}, {"encoder": "normalized", "dim": 7, "node_rows": "off"}),
    "sparse, with rows": ({"layout": "sparse"}, {"encoder": "normalized", "dim": 6, "node_rows": "on"}),
    "weighted": (
        {"layout": "table", "weighted": True},
        {"encoder": "normalized", "dim": 8, "hops": 3, "node_rows": "off"},
    ),
    "linear": ({"layout": "sparse", "weighted": True}, {"encoder": "linear", "dim": 5, "hops": 2}),
}
"""What a graph and its training are made with, of models whose logits are sums."""
POINT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "point": ({"layout": "sparse"}, {"model": "gae", "encoder": "linear", "dim": 5, "hops": 2}),
}
"""One that is not variational."""
GCN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "gcn": ({"layout": "sparse", "weighted": True}, {"encoder": "gcn", "dim": 4, "hidden": 6}),
    "gcn without features": ({"layout": "none"}, {"encoder": "gcn", "dim": 4, "hidden": 6}),
}
FEATURES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "features alone": ({"layout": "table"}, {"model": "ae", "dim": 2}),
}
"""A model that sees no links."""


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


def publish_trained(store: Path, kind: str, name: str = "small", **options: Any) -> Checkpoint:
    """Train a model of one of these kinds for a few epochs, publish it and open it."""
    of_graph, of_training = {**KINDS, **GCN, **FEATURES, **POINT}[kind]
    graph = random_graph(**of_graph)
    config = TrainingConfig.model_validate({"epochs": 4, "evaluate_every": 1, **of_training})
    return open_checkpoint(export(store, name, graph, config, train(graph, config), **options))


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
