"""A checkpoint of what was made elsewhere and can't be measured: neither metrics nor a calibration, and a card that says so."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from latentlink.models.arrays import Array
from latentlink.models.checkpoint import encode_nodes, publish
from latentlink.models.config import TrainingConfig
from latentlink.models.facts.metrics import Metrics
from latentlink.models.facts.published import Counts, IndexFacts, ModelFacts
from latentlink.models.facts.training import TrainingFacts, TrainingSettings
from latentlink.models.graph.graph import Graph
from latentlink.models.host import installed
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.publishing.best_links import best_links_file
from latentlink.models.publishing.card_metadata import front_matter
from latentlink.models.publishing.export import feature_files, graph_tensors, index_parts, vector_tensors
from latentlink.models.recipes import MADE_ELSEWHERE

UNEVALUATED = (
    "The {} were given without a split: links that they were made of would flatter every metric, so there is no evaluation "
    "and no calibration."
)


def publish_unevaluated(
    store: Path, name: str, graph: Graph, embeddings: Embeddings, config: TrainingConfig, *, activate: bool
) -> Path:
    """Publish embeddings that know all links of a graph as a new version of the model `name`; its directory.

    Raises:
        DataError: `name` is not a legal one.
        CheckpointError: the store can't be written to.
    """
    none = np.empty((0, 2), np.int64)
    index, index_files = index_parts(embeddings.decoder, graph.edges, config.seed)
    links = graph_tensors(graph, embeddings, none)
    files: dict[str, Mapping[str, Array] | str] = {
        "embeddings.safetensors": vector_tensors(embeddings),
        "graph.safetensors": links,
        "nodes.safetensors": encode_nodes(graph.ids, None),
        "weights.safetensors": embeddings.weights,
        "MODEL_CARD.md": _card(name, graph, config),
        **feature_files(graph.features, graph),
        **index_files,
        **best_links_file(graph, embeddings, links),
    }
    return publish(store, name, _facts(graph, config, index), files, activate=activate)


def _facts(graph: Graph, config: TrainingConfig, index: IndexFacts | None) -> ModelFacts:
    facts: dict[str, Any] = {} if index is None else {"index": index}
    return ModelFacts(
        model=config.model,
        encoder=config.encoder,
        config=TrainingSettings.model_validate({**config.settings, "parts": "dense"}),
        seed=config.seed,
        software={package: installed(package) for package in ("latentlink", "numpy")},
        counts=Counts(nodes=graph.n_nodes, edges=graph.n_edges, features=graph.n_features, dim=config.dim),
        map_method="pca",
        data_fingerprint=graph.fingerprint(),
        metrics=Metrics(),
        training=TrainingFacts(
            refit=False,
            duplicates_merged=graph.duplicates,
            self_loops_dropped=graph.self_loops,
            notes=[*graph.notes, UNEVALUATED.format(MADE_ELSEWHERE[config.encoder])],
        ),
        **facts,
    )


def _card(name: str, graph: Graph, config: TrainingConfig) -> str:
    made = MADE_ELSEWHERE[config.encoder]
    notes = "".join(f"\n{note}\n" for note in graph.notes)
    weighted = " with weights" * (graph.weights is not None)
    return f"""{front_matter(name, graph, config, Metrics())}
# {name}

**These {made} are not evaluated: nothing is known of how well they predict links.**

{made.capitalize()} that were made elsewhere, published as given with the encoder `{config.encoder}`; the probability of
an edge is σ(zᵢᵀzⱼ).

## Data
{graph.n_nodes:,} nodes with vectors of {config.dim:,} numbers, {graph.n_edges:,} undirected edges{weighted}.
Duplicate edges that were merged: {graph.duplicates:,}; self-loops that were dropped: {graph.self_loops:,}.
Fingerprint `{graph.fingerprint()}`.
{notes}
## Evaluation
{UNEVALUATED.format(made)}
Make {made} of the training links of a split alone, and publish them with `--split`, to have both.

## Probabilities
Raw probabilities σ(zᵢᵀzⱼ) rank pairs; they are no probabilities. There are no calibrated ones.
"""
