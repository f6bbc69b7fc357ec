"""Publish a finished training as a checkpoint: tensors, manifest, model card and charts."""

from pathlib import Path

import numpy as np

from latentlink.models.arrays import Array, Float32, Int16, Int64
from latentlink.models.checkpoint import NodePairs, encode_nodes, publish
from latentlink.models.checkpoint.columns import column_files
from latentlink.models.checkpoint.split import SPLIT
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.splits import Split
from latentlink.models.evaluation.strata import components
from latentlink.models.facts.published import IndexFacts
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph, adjacency, out_links
from latentlink.models.graph.negatives import edge_keys, ordered_keys
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.inference.encoders import NumpyPropagation
from latentlink.models.inference.encoders.khop import KHop
from latentlink.models.inference.ivf import INDEXED_FROM, make_index
from latentlink.models.inference.link_decoder import LinkDecoder
from latentlink.models.publishing.best_links import best_links_file
from latentlink.models.publishing.charts import curve_svg, reliability_svg, scores_svg
from latentlink.models.publishing.model_card import model_card
from latentlink.models.publishing.model_facts import model_facts
from latentlink.models.publishing.projection import principal_map
from latentlink.models.training.trained import Trained

_WORTHWHILE = 4  # clusters per probe from which on an index is faster than a scan


def export(
    store: Path,
    name: str,
    graph: Graph,
    config: TrainingConfig,
    trained: Trained,
    *,
    store_features: bool = True,
    activate: bool = True,
) -> Path:
    """Publish a training as a new version of the model `name`, current unless `activate` is False; return its directory.

    The features are stored, too, unless `store_features` is False.

    Raises:
        DataError: `name` is not a legal one.
        CheckpointError: the store can't be written to.
    """
    embeddings = trained.embeddings
    # Clusters mix types, of which a search wants some, and a relation turns vectors.
    typed = graph.types is not None or graph.relations is not None
    index, index_files = (None, {}) if typed else index_parts(embeddings.decoder, embeddings.edges, config.seed)
    links = graph_tensors(graph, embeddings, trained.heldout)
    return publish(
        store,
        name,
        facts=model_facts(graph, config, trained, index),
        files={
            "embeddings.safetensors": _vectors(config, trained, store_features=store_features),
            "graph.safetensors": links,
            "nodes.safetensors": encode_nodes(
                graph.ids, None if graph.types is None else graph.types.of.astype(np.int64)
            ),
            "weights.safetensors": embeddings.weights,
            SPLIT: _node_pairs(graph, trained.split).tensors(graph.n_nodes),
            "MODEL_CARD.md": model_card(name, graph, config, trained),
            **_curve_file(trained),
            "scores.svg": scores_svg(*trained.test_logits),
            **(feature_files(trained.features, graph) if store_features else {}),
            **index_files,
            **best_links_file(graph, embeddings, links),
            **column_files(graph.columns),
            **_reliability_file(trained),
        },
        activate=activate,
    )


def _curve_file(trained: Trained) -> dict[str, str]:
    """The chart of the epochs; none without an encoder that was fitted."""
    return {"curve.svg": curve_svg(trained.curve, trained.epoch)} if trained.curve else {}


def _vectors(config: TrainingConfig, trained: Trained, *, store_features: bool) -> dict[str, Array]:
    """The tensors of N nodes: their vectors, variances and places on the map, and what is computed from them once."""
    embeddings = trained.embeddings
    tensors = vector_tensors(embeddings)
    explained = config.encoder == "normalized" and embeddings.target is None
    if store_features and explained and embeddings.dense.size:
        tensors["stretches"] = _row_scales(config, trained)
    return tensors


def vector_tensors(embeddings: Embeddings) -> dict[str, Array]:
    """The tensors of N nodes that embeddings are, and their places on the map."""
    optional = {
        "logvar": embeddings.logvar,
        "column_weights": embeddings.column_weights,
        "target": embeddings.target,
        "target_logvar": embeddings.target_logvar,
    }
    tensors: dict[str, Array] = {"mu": embeddings.mu, "map": principal_map(_by_weight(embeddings))}
    return tensors | {name: tensor for name, tensor in optional.items() if tensor is not None}


def index_parts(decoder: LinkDecoder, edges: Int64, seed: int) -> tuple[IndexFacts | None, dict[str, dict[str, Array]]]:
    """The facts of the search index, and the file that holds it.

    There is none for a small graph, where a search would probe so many clusters that a scan is as fast, and for directed links.

    Args:
        decoder: of logits, with the embeddings z, float32 (N, D).
        edges: int64 (E, 2), the known links.
        seed: of the samples that the index is made with.
    """
    n = len(decoder.z)
    if n < INDEXED_FROM or decoder.targets is not None:
        return None, {}
    index, recall = make_index(decoder, adjacency(n, edges), np.random.default_rng(seed))
    if index.probes * _WORTHWHILE > len(index.centroids):
        return None, {}
    tensors: dict[str, Array] = {
        "centroids": index.centroids,
        "starts": index.starts,
        "rows": index.rows,
        "vectors": index.vectors,
    }
    return IndexFacts(probes=index.probes, recall_at_10=recall), {"index.safetensors": tensors}


def _by_weight(embeddings: Embeddings) -> Float32:
    """Columns whose lengths are what they count in a logit, float32 (N, D), or (N, 2D) of a source and of a target."""
    weights, both = embeddings.column_weights, [embeddings.mu, embeddings.target]
    columns = [part if weights is None else part * np.sqrt(np.abs(weights)) for part in both if part is not None]
    return columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1)


def _row_scales(config: TrainingConfig, trained: Trained) -> Float32:
    """float32 (N, V): the encoder's row scales, stored because an explanation reads thousands of them."""
    n = len(trained.embeddings.mu)
    # Row scales do not depend on links.
    parts = trained.embeddings.weights, trained.features, KHop.without_links(n)
    encoder = NumpyPropagation(*parts, kind=config.encoder, dim=config.dim, hops=config.hops)
    return encoder.row_scales(np.arange(n))


def feature_files(x: Float32 | CSR | None, graph: Graph) -> dict[str, dict[str, Array] | str]:
    """The encoded features and their preprocessing."""
    files: dict[str, dict[str, Array] | str] = {}
    if isinstance(x, CSR):
        files["features.safetensors"] = {"indptr": x.indptr, "indices": x.indices.astype(np.int32), "data": x.data}
    elif x is not None:
        files["features.safetensors"] = {"x": x}
    if graph.preprocessing is not None:
        files["preprocessing.json"] = graph.preprocessing.model_dump_json(indent=2)
    return files


def _reliability_file(trained: Trained) -> dict[str, str]:
    """The reliability curve, where the test is large enough for one."""
    curves = trained.probabilities.calibration.balanced.curves(trained.split.sizes.test)
    return {} if curves is None else {"reliability.svg": reliability_svg(curves)}


def graph_tensors(graph: Graph, embeddings: Embeddings, heldout: Int64) -> dict[str, Array]:
    """The tensors of the known links, the message-passing edges of some embeddings, and of held-out ones, int64 (m, 2)."""
    n, edges = graph.n_nodes, embeddings.edges
    if graph.relations is not None and embeddings.relations is not None:
        return tensors_of_relations(n, len(graph.relations.names), edges, embeddings.relations, heldout)
    csr = (out_links if graph.directed else adjacency)(n, edges, embeddings.edge_weights)
    tensors: dict[str, Array] = {"indptr": csr.indptr, "indices": csr.indices.astype(np.int32)}
    if graph.directed:
        back = csr.transpose()
        tensors |= {"in_indptr": back.indptr, "in_indices": back.indices.astype(np.int32)}
    tensors["components"] = components(csr)
    if embeddings.edge_weights is not None:
        tensors["weights"] = csr.data
    if graph.times is not None:
        tensors["times"] = graph.times[_places(graph, embeddings.edges)]
    if len(heldout):
        at = _places(graph, heldout)
        parts = {"heldout_weights": graph.weights, "heldout_times": graph.times}
        tensors |= {"heldout": heldout} | {name: part[at] for name, part in parts.items() if part is not None}
    return tensors


def tensors_of_relations(n: int, relations: int, edges: Int64, of: Int16, heldout: Int64) -> dict[str, Array]:
    """Rows r·N + u have the targets of the links of relation r from node u, and turned round the sources of those into it."""
    tensors: dict[str, Array] = {}
    for prefix, (near, far) in (("", edges.T), ("in_", edges.T[::-1])):
        csr = CSR.from_coo(of * np.int64(n) + near, far, np.ones(len(edges), np.float32), (relations * n, n))
        tensors |= {f"{prefix}indptr": csr.indptr, f"{prefix}indices": csr.indices.astype(np.int32)}
    tensors["components"] = components(out_links(n, edges))
    if len(heldout):
        tensors |= {"heldout": heldout[:, :2], "heldout_relation": heldout[:, 2].astype(np.int16)}
    return tensors


def _node_pairs(graph: Graph, split: Split) -> NodePairs:
    negatives, test_negatives = split.validation_negatives, split.test_negatives
    edges = graph.edges if graph.relations is None else graph.triples
    return NodePairs(edges[split.train], split.validation, negatives, split.test, test_negatives)


def _places(graph: Graph, edges: Int64) -> Int64:
    """int64 (m,): the positions of some edges (m, 2) in `graph.edges`."""
    keys = ordered_keys if graph.directed else edge_keys
    return np.searchsorted(keys(graph.edges, graph.n_nodes), keys(edges, graph.n_nodes))
