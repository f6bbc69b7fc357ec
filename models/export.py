"""From a finished training run to a published checkpoint: tensors, manifest and model card."""

from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import numpy as np

from models.checkpoint import encode_nodes, publish
from models.checkpoint.tensors import Array
from models.config import TrainingConfig
from models.csr import Int64
from models.graph import Graph, adjacency
from models.training import Embeddings, Trained

_SOFTWARE = ("latentlink", "numpy", "scikit-learn", "torch")


def export(store: Path, name: str, graph: Graph, config: TrainingConfig, trained: Trained) -> Path:
    """Publish a training run as a new, current version of the model `name`; the version's directory.

    Raises:
        DataError: `name` is not a legal one.
        CheckpointError: the store can't be written to.
    """
    embeddings = trained.embeddings
    tensors = {"mu": embeddings.mu} if embeddings.logvar is None else {"mu": embeddings.mu, "logvar": embeddings.logvar}
    return publish(
        store,
        name,
        facts=_facts(graph, config, trained),
        files={
            "embeddings.safetensors": tensors,
            "graph.safetensors": _graph_tensors(graph.n_nodes, embeddings, trained.heldout),
            "nodes.safetensors": encode_nodes(graph.ids),
            "weights.safetensors": embeddings.weights,
            "MODEL_CARD.md": model_card(name, graph, config, trained),
        },
    )


def model_card(name: str, graph: Graph, config: TrainingConfig, trained: Trained) -> str:
    """The facts of a training run for a person, in Markdown."""
    refit = (
        f"After evaluation the model was trained again on all {graph.n_edges:,} edges for {trained.epoch} epochs; "
        "the served embeddings know every edge of the data. The metrics are of the evaluated run."
        if config.refit
        else f"The evaluated weights are served; {len(trained.heldout):,} held-out edges were kept from the encoder."
    )
    rows = "\n".join(f"| {part} | {m['auc']:.4f} | {m['ap']:.4f} |" for part, m in trained.metrics.items())
    counts = "\n".join(f"| {what.replace('_', ' ')} | {count} |" for what, count in trained.split_audit.items())
    settings = "\n".join(f"| {field} | {value} |" for field, value in config.model_dump().items())
    features = (
        f"{graph.n_features:,} features a node" if graph.n_features else "no features: each node has a learned row"
    )
    return f"""# {name}

A {config.model.upper()} with the encoder `{config.encoder}`; the probability of an edge is σ(zᵢᵀzⱼ) with z = μ.

## Data
{graph.n_nodes:,} nodes, {graph.n_edges:,} undirected edges{" with weights" if graph.weights is not None else ""}, {features}.
{graph.duplicates:,} duplicate edges were merged and {graph.self_loops:,} self-loops dropped.
Fingerprint `{graph.fingerprint()}`.

## Evaluation
Edges were split at random as undirected pairs: {config.validation:.0%} for selecting the epoch, {config.test:.0%} for the
report, the rest for training, with as many uniform non-edges. The encoder and the training negatives saw training
edges only; epoch {trained.epoch} of {config.epochs} was best on validation.

| edges | AUC | AP |
|---|---|---|
{rows}

{refit}

## Split audit
Every count must be 0.

| what would leak | count |
|---|---|
{counts}

## Limits
Raw probabilities rank pairs; they are not calibrated. The mean logit over all pairs can't be negative, so that they
average about 0.5 however sparse the graph is.
A node without links{" is told apart by its features alone" if graph.n_features else " has nothing to be told apart by"}.

## To reproduce
Train with the same data and these settings; the same machine gives the same bytes.

| setting | value |
|---|---|
{settings}
"""


def _facts(graph: Graph, config: TrainingConfig, trained: Trained) -> dict[str, Any]:
    return {
        "model": config.model,
        "encoder": config.encoder,
        "config": config.model_dump(),
        "seed": config.seed,
        "software": {package: installed(package) for package in _SOFTWARE},
        "counts": {
            "nodes": graph.n_nodes,
            "edges": len(trained.embeddings.edges),
            "features": graph.n_features,
            "dim": config.dim,
        },
        "data_fingerprint": graph.fingerprint(),
        "metrics": trained.metrics,
        "training": {
            "epoch": trained.epoch,
            "refit": config.refit,
            "split_audit": trained.split_audit,
            "duplicates_merged": graph.duplicates,
            "self_loops_dropped": graph.self_loops,
            "curve": {
                "loss": [epoch.loss for epoch in trained.curve],
                "validation_auc": [epoch.validation_auc for epoch in trained.curve],
            },
        },
    }


def _graph_tensors(n_nodes: int, embeddings: Embeddings, heldout: Int64) -> dict[str, Array]:
    csr = adjacency(n_nodes, embeddings.edges, embeddings.edge_weights)
    tensors: dict[str, Array] = {"indptr": csr.indptr, "indices": csr.indices.astype(np.int32)}
    if embeddings.edge_weights is not None:
        tensors["weights"] = csr.data
    if len(heldout):
        tensors["heldout"] = heldout
    return tensors
