"""Open a checkpoint: verify it, and map it read-only, so that all processes share its memory."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError
from typing_extensions import Buffer

from latentlink.models.arrays import Array, Float32, Float64, Int32, Int64, Ints
from latentlink.models.checkpoint.manifest import MANIFEST, Manifest, digest_file, file_size, read_bytes, read_manifest
from latentlink.models.checkpoint.nodes import NodeTable
from latentlink.models.checkpoint.split import SPLIT, NodePairs, read_split
from latentlink.models.checkpoint.tensors import map_tensors
from latentlink.models.checkpoint.verify import (
    verify_embeddings,
    verify_features,
    verify_graph,
    verify_index,
    verify_nodes,
    verify_preprocessing,
)
from latentlink.models.errors import CheckpointError
from latentlink.models.graph.csr import CSR, contains
from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.host import return_freed
from latentlink.models.inference.ivf import Index


@dataclass(frozen=True)
class KnownGraph:
    """The known links: the message-passing edges of the served encoder.

    Attributes:
        indptr: int64 (N+1,), where each node's neighbours start.
        indices: int32 or int64 (2E,), neighbours, rising within each row, both directions stored.
        weights: float32 (2E,), or None without weights.
        heldout: int64 (m, 2), edges that were held out for evaluation and are not known, or None.
        heldout_weights: float32 (m,), or None without weights.
        times: float64 (E,), the time of each edge in the order of the upper triangle, or None without times.
        heldout_times: float64 (m,), or None without times.
        components: int32 (N,), the connected component of each node, or None if the checkpoint has none.
    """

    indptr: Ints
    indices: Ints
    weights: Float32 | None
    heldout: Int64 | None = None
    heldout_weights: Float32 | None = None
    times: Float64 | None = None
    heldout_times: Float64 | None = None
    components: Int32 | None = None

    def neighbors(self, row: int) -> Ints:
        """Rows linked to `row`, rising."""
        return self.indices[self.indptr[row] : self.indptr[row + 1]]

    def has_edges(self, sources: Int64, targets: Int64) -> npt.NDArray[np.bool_]:
        """bool (m,): whether each pair (sources[i], targets[i]) is an edge."""
        return contains(self.indptr, self.indices, sources, targets)

    def has_edge(self, source: int, target: int) -> bool:
        """Whether a pair of rows is an edge; for a single pair faster than `has_edges`."""
        neighbors = memoryview(cast(Buffer, self.neighbors(source)))
        at = bisect_left(neighbors, target)
        return at < len(neighbors) and neighbors[at] == target


@dataclass(frozen=True)
class Checkpoint:
    """A verified checkpoint, mapped read-only.

    Attributes:
        path: its directory.
        manifest: its facts.
        mu: float32 (N, D), the embeddings z that are served.
        logvar: float32 (N, D), or None unless the model is variational.
        graph: the known links.
        nodes: ids by row and rows by id.
        features: (N, F), the inputs of the encoder, with int32 columns if sparse; None without features or if not stored.
        preprocessing: how a node table is encoded as features, or None.
        index: the clusters of a large graph for searches, or None.
        map: float32 (N, 2), the embeddings in two dimensions, or None if the checkpoint has none.
        row_scales: float32 (N, V), the factors by which `NumpyPropagation` scales each block of a row, or None if not stored.
        weights: the model's parameters, float32, under their public names.
    """

    path: Path
    manifest: Manifest
    mu: Float32
    logvar: Float32 | None
    graph: KnownGraph
    nodes: NodeTable
    features: Float32 | CSR | None = None
    preprocessing: Preprocessing | None = None
    index: Index | None = None
    map: Float32 | None = None
    row_scales: Float32 | None = None
    weights: Mapping[str, Array] = field(default_factory=dict)

    def read_split(self) -> NodePairs | None:
        """The split that the model was evaluated on; None in a checkpoint without.

        Raises:
            CheckpointError: the file is not a split.
        """
        return read_split(self.path / SPLIT) if SPLIT in self.manifest.files else None


_NEEDED = ("embeddings.safetensors", "graph.safetensors", "nodes.safetensors")
_WEIGHTS, _FEATURES, _PREPROCESSING = "weights.safetensors", "features.safetensors", "preprocessing.json"
_INDEX = "index.safetensors"


def open_checkpoint(path: Path | str, *, verify: bool = True) -> Checkpoint:
    """Map the checkpoint in the directory `path`.

    Args:
        path: a version's directory, `<store>/<name>/<version>`.
        verify: check every file against its size and digest, and the arrays against each other. Turn it off only in a
            process whose parent has just verified the checkpoint.

    Raises:
        CheckpointError: a file is missing, damaged or of a newer format version; it names the file and what was expected.
    """
    path = Path(path)
    try:
        if (path / "CURRENT").is_file():
            current = (path / "CURRENT").read_text("utf-8", "replace").strip()
            raise CheckpointError(f"{path}: expected a version's directory, found a model's; try {path / current}")
        checkpoint = _open(path, verify)
    except KeyError as error:
        raise CheckpointError(f"{path}: expected a tensor named {error}, found none") from None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{path}: expected a whole checkpoint, found: {error}") from error
    return_freed()  # verification takes several times the memory that stays in use
    return checkpoint


def _open(path: Path, verify: bool) -> Checkpoint:
    manifest = read_manifest(path)
    if verify:
        _verify_files(path, manifest)
    embeddings, graph, nodes = (map_tensors(path / file) for file in _NEEDED)
    if verify:
        verify_embeddings(embeddings, manifest)
        verify_graph(graph, manifest)
        verify_nodes(nodes, manifest)
    features, preprocessing = _features(path, manifest, verify), _preprocessing(path, manifest, verify)
    return Checkpoint(
        path=path,
        manifest=manifest,
        mu=embeddings["mu"],
        logvar=embeddings.get("logvar"),
        graph=_known(graph),
        nodes=NodeTable(nodes),
        features=features,
        preprocessing=preprocessing,
        index=_index(path, manifest, embeddings["mu"], verify),
        map=embeddings.get("map"),
        row_scales=embeddings.get("stretches"),
        weights=map_tensors(path / _WEIGHTS),
    )


def _known(tensors: Mapping[str, Array]) -> KnownGraph:
    return KnownGraph(
        tensors["indptr"],
        tensors["indices"],
        tensors.get("weights"),
        _int64(tensors.get("heldout")),
        tensors.get("heldout_weights"),
        tensors.get("times"),
        tensors.get("heldout_times"),
        tensors.get("components"),
    )


def _features(path: Path, manifest: Manifest, verify: bool) -> Float32 | CSR | None:
    if _FEATURES not in manifest.files:
        return None
    tensors = map_tensors(path / _FEATURES)
    if verify:
        verify_features(tensors, manifest)
    if "x" in tensors:
        return tensors["x"]
    shape = (manifest.counts.nodes, manifest.counts.features)
    return CSR(tensors["indptr"], tensors["indices"], tensors["data"], shape)


def _preprocessing(path: Path, manifest: Manifest, verify: bool) -> Preprocessing | None:
    if _PREPROCESSING not in manifest.files:
        return None
    try:
        preprocessing = Preprocessing.model_validate_json(read_bytes(path / _PREPROCESSING))
    except ValidationError as error:
        message = error.errors()[0]["msg"]
        raise CheckpointError(f"{path / _PREPROCESSING}: expected a preprocessing, found: {message}") from None
    if verify:
        verify_preprocessing(preprocessing, manifest)
    return preprocessing


def _index(path: Path, manifest: Manifest, mu: Float32, verify: bool) -> Index | None:
    if _INDEX not in manifest.files or manifest.index is None:
        return None
    tensors = map_tensors(path / _INDEX)
    if verify:
        verify_index(tensors, mu, manifest)
    return Index(tensors["centroids"], tensors["starts"], tensors["rows"], tensors["vectors"], manifest.index.probes)


def _int64(array: Array | None) -> Int64 | None:
    return None if array is None else array.astype(np.int64, copy=False)


def _verify_files(path: Path, manifest: Manifest) -> None:
    if missing := sorted({*_NEEDED, _WEIGHTS} - manifest.files.keys()):
        raise CheckpointError(f"{path / MANIFEST}: expected a digest of {', '.join(missing)}, found none")
    for name, expected in manifest.files.items():
        if Path(name).name != name:
            raise CheckpointError(f"{path}: expected plain file names in the manifest, found {name!r}")
        if (size := file_size(path / name)) != expected.bytes:
            raise CheckpointError(
                f"{path / name}: expected {expected.bytes:,} bytes, found {size:,}; restore it, or train again"
            )
        if (digest := digest_file(path / name).sha256) != expected.sha256:
            raise CheckpointError(
                f"{path / name}: expected sha256 {expected.sha256}, found {digest}; restore it, or train again"
            )
