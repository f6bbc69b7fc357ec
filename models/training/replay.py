"""Graph and config of a training, read from its checkpoint alone, to train the model again."""

from collections.abc import Sequence

import numpy as np
from pydantic import ValidationError

from latentlink.models.arrays import Array, Float32, Float64, Int64
from latentlink.models.checkpoint import Checkpoint, KnownGraph
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.relations import Relations, triple_keys, triples_of
from latentlink.models.graph.types import NodeTypes
from latentlink.models.recipes import MADE_ELSEWHERE, is_module


def graph_of(checkpoint: Checkpoint) -> Graph:
    """The graph that the checkpoint was trained on: ids, edges, weights, features and notes; its fingerprint is checked.

    Raises:
        DataError: the checkpoint does not hold all of it, or holds another graph.
    """
    manifest, known, n = checkpoint.manifest, checkpoint.graph, len(checkpoint.nodes)
    if manifest.counts.features and checkpoint.features is None:
        raise DataError(
            f"{checkpoint.path}: expected the {manifest.counts.features:,} features that it was trained with, found none; "
            "train again without --no-store-features"
        )
    changing = [what for what in ("features", "weights") if getattr(manifest.training, f"{what}_change")]
    if changing and manifest.config.time_column is not None:
        raise DataError(
            f"{checkpoint.path}: expected {' and '.join(changing)} that hold at all times, found some that change with time, "
            "of which a checkpoint keeps one moment; evaluate such a model by training it with other seeds"
        )
    if manifest.relations:
        edges, relations = _triples(known, n, manifest.relations)
        weights = times = None
    else:
        edges, weights, times = _edges(known, n, directed=manifest.directed)
        relations = None
    graph = Graph(
        checkpoint.nodes.ids(range(n)),
        edges,
        weights,
        _widened(checkpoint.features),
        notes=tuple(manifest.training.notes),
        times=times,
        types=_types(checkpoint),
        directed=manifest.directed,
        relations=relations,
    )
    if (found := graph.fingerprint()) != manifest.data_fingerprint:
        raise DataError(
            f"{checkpoint.path}: expected a graph with the fingerprint {manifest.data_fingerprint}, found {found}; "
            "the checkpoint does not hold what it was trained on"
        )
    return graph


def config_of(checkpoint: Checkpoint) -> TrainingConfig:
    """The config that the checkpoint was trained with.

    Raises:
        DataError: this version of Latentlink knows no such config.
    """
    kind = checkpoint.manifest.encoder
    if kind in MADE_ELSEWHERE or (is_module(kind) and not kind.startswith("pyg:")):
        raise DataError(
            f"{checkpoint.path}: expected an encoder that its name makes again, found {kind!r}: a checkpoint has no code and can "
            "name none to run; train again with `latentlink train --encoder … --seed …`"
        )
    try:
        # A checkpoint without a weight decay or parts is older than the option; the recipe would add some.
        return TrainingConfig.model_validate(
            {"weight_decay": 0.0, "parts": "dense", **checkpoint.manifest.config.document()}
        )
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise DataError(
            f"{checkpoint.path}, config: expected settings of a training, found {field}: {first['msg']}"
        ) from None


def _types(checkpoint: Checkpoint) -> NodeTypes | None:
    names, of = checkpoint.manifest.types, checkpoint.nodes.types
    if of is None:
        return None
    linked = [[names.index(one), names.index(other)] for one, other in checkpoint.manifest.linked]
    return NodeTypes(tuple(names), of.astype(np.int16), np.array(linked, np.int16))


def _edges(known: KnownGraph, n: int, *, directed: bool) -> tuple[Int64, Float32 | None, Float64 | None]:
    """All edges, held-out ones included, each once and in the order of `Graph`; their weights and times."""
    rows, columns = np.repeat(np.arange(n), np.diff(known.indptr)), known.indices.astype(np.int64)
    once = np.ones(len(rows), np.bool_) if directed else rows < columns
    edges = np.stack([rows[once], columns[once]], axis=1)
    weights = None if known.weights is None else known.weights[once]
    if known.heldout is None:
        return edges, weights, None if known.times is None else np.array(known.times)
    edges = np.concatenate([edges, known.heldout if directed else np.sort(known.heldout, axis=1)])
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    return (
        edges[order],
        _joined(weights, known.heldout_weights, order, "weight"),
        _joined(known.times, known.heldout_times, order, "time"),
    )


def _triples(known: KnownGraph, n: int, names: Sequence[str]) -> tuple[Int64, Relations]:
    """All edges of a graph with relations, as `_edges`, and their relations."""
    rows = np.repeat(np.arange(len(known.indptr) - 1), np.diff(known.indptr))
    relation, sources = np.divmod(rows, n)
    keys = triple_keys(np.stack([sources, known.indices], axis=1), relation, n)
    if known.heldout is not None and known.heldout_relation is not None:
        keys = np.append(keys, triple_keys(known.heldout.astype(np.int64), known.heldout_relation, n))
    of, edges = triples_of(np.sort(keys), n)
    return edges, Relations(tuple(names), of)


def _joined(known: Array | None, heldout: Array | None, order: Int64, what: str) -> Array | None:
    if known is None:
        return None
    if heldout is None:
        raise DataError(f"checkpoint: expected the {what} of every edge, found none of the held-out ones; train again")
    return np.concatenate([known, heldout])[order]


def _widened(features: Float32 | CSR | None) -> Float32 | CSR | None:
    """With int64 indices, as in training; dense features stay mapped."""
    if not isinstance(features, CSR):
        return features
    indptr, indices = np.array(features.indptr, np.int64), features.indices.astype(np.int64)
    return CSR(indptr, indices, np.array(features.data), features.shape)
