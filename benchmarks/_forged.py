"""A checkpoint of a large graph with hubs and random weights: the shapes of a served model, made in seconds, untrained."""

from importlib.metadata import version as installed
from pathlib import Path

import numpy as np

from latentlink.models.arrays import Array, Float32, Int64
from latentlink.models.checkpoint import encode_nodes, publish
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.strata import components
from latentlink.models.facts.metrics import Metrics
from latentlink.models.facts.published import Counts, ModelFacts
from latentlink.models.facts.training import TrainingSettings
from latentlink.models.graph.graph import adjacency

NAME = "forged"
DIM, FEATURES = 64, 100
_OTHERS = 2  # links that a node draws at random beside those to hubs


def forge(
    store: Path, *, nodes: int = 400_000, hubs: int = 10, links: int = 100_000, encoder: str = "normalized"
) -> None:
    """Publish the model `NAME`; nothing of it depends on anything but the arguments.

    It stores no row scales, as older checkpoints do, so that the first use of a node computes its own. `linear` has learned
    embeddings beside its features. There is no search index: every search scans all nodes.

    Args:
        store: the directory of all checkpoints.
        nodes: N; the hubs are the rows from 0 on.
        hubs: nodes with about `links` links each, to random nodes, and to all other hubs.
        links: at most N − `hubs`.
        encoder: one of `latentlink.models.inference.encoders.ENCODERS`.
    """
    random = np.random.default_rng(0)
    edges = _edges(random, nodes, hubs, links)
    known = adjacency(nodes, edges)
    graph: dict[str, Array] = {"indptr": known.indptr, "indices": known.indices.astype(np.int32)}
    publish(
        store,
        NAME,
        _facts(encoder, nodes, len(edges)),
        {
            "embeddings.safetensors": {"mu": _normal(random, nodes, DIM), "map": _normal(random, nodes, 2)},
            "graph.safetensors": {**graph, "components": components(known)},
            "nodes.safetensors": encode_nodes([f"n{row}" for row in range(nodes)]),
            "features.safetensors": {"x": _normal(random, nodes, FEATURES)},
            "weights.safetensors": _weights(random, nodes, encoder),
            "MODEL_CARD.md": f"# {NAME}\n",
        },
    )


def _edges(random: np.random.Generator, nodes: int, hubs: int, links: int) -> Int64:
    """int64 (E, 2), distinct, the lower end first."""
    among = np.stack(np.triu_indices(hubs, 1), axis=1)
    leaves = [hubs + random.choice(nodes - hubs, links, replace=False) for _ in range(hubs)]
    of_hubs = [np.stack([np.full(links, hub), own], axis=1) for hub, own in enumerate(leaves)]
    others = np.sort(random.integers(hubs, nodes, (_OTHERS * nodes, 2)), axis=1)
    edges = np.unique(np.concatenate([among, *of_hubs, others]), axis=0)
    return np.asarray(edges[edges[:, 0] != edges[:, 1]])


def _weights(random: np.random.Generator, nodes: int, encoder: str) -> dict[str, Array]:
    if encoder == "gcn":
        return {"gcn.hidden.weight": _normal(random, FEATURES, DIM), "gcn.mu.weight": _normal(random, DIM, DIM)}
    of_features: dict[str, Array] = {f"{encoder}.features.weight": _normal(random, FEATURES, DIM)}
    if encoder == "linear":
        return {**of_features, "linear.rows.weight": _normal(random, nodes, DIM)}
    return {**of_features, "normalized.scale": np.ones(1 + _config(encoder).hops, np.float32)}


def _normal(random: np.random.Generator, rows: int, columns: int) -> Float32:
    return random.standard_normal((rows, columns), np.float32) / np.float32(np.sqrt(columns))


def _config(encoder: str) -> TrainingConfig:
    return TrainingConfig.model_validate({"encoder": encoder, "model": "gae", "dim": DIM, "hidden": DIM, "hops": 2})


def _facts(encoder: str, nodes: int, edges: int) -> ModelFacts:
    config = _config(encoder)
    scores = {"auc": 0.9, "ap": 0.9}
    return ModelFacts(
        model=config.model,
        encoder=encoder,
        config=TrainingSettings(**config.model_dump()),
        seed=config.seed,
        software={"latentlink": installed("latentlink")},
        counts=Counts(nodes=nodes, edges=edges, features=FEATURES, dim=DIM),
        data_fingerprint="0" * 64,
        metrics=Metrics.model_validate({"validation": scores, "test": scores}),
    )
