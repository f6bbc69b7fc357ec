"""Open a checkpoint: verify it, and map it read-only, so that all processes share its memory."""

from collections.abc import Callable, Mapping
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from pydantic import ValidationError

from latentlink.models.arrays import Array, Float32, Int64
from latentlink.models.checkpoint.best_links import BEST_LINKS, BestLinks, verify_best_links
from latentlink.models.checkpoint.checkpoint import Checkpoint
from latentlink.models.checkpoint.columns import COLUMNS, read_columns, verify_columns
from latentlink.models.checkpoint.disk.files import FileEntry, open_whole, read_bytes, read_line, require_inside
from latentlink.models.checkpoint.ids.nodes import NodeTable
from latentlink.models.checkpoint.known_graph import KnownGraph
from latentlink.models.checkpoint.manifest import MANIFEST, MANIFEST_DIGEST, Manifest, read_manifest
from latentlink.models.checkpoint.tensors import map_tensors
from latentlink.models.checkpoint.verify import (
    verify_features,
    verify_index,
    verify_nodes,
    verify_preprocessing,
)
from latentlink.models.checkpoint.verify.links import verify_graph, verify_types
from latentlink.models.checkpoint.verify.weights import verify_embeddings, verify_weights
from latentlink.models.errors import CheckpointError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.filter_columns import FilterColumns
from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.host import return_freed
from latentlink.models.inference.ivf import Index

Opener = Callable[[Path, FileEntry], BufferedReader]
"""Opens a file of a checkpoint, or a copy of it, with the size and digest that its manifest has; CheckpointError if it can't."""

_NEEDED = ("embeddings.safetensors", "graph.safetensors", "nodes.safetensors")
_WEIGHTS, _FEATURES, _PREPROCESSING = "weights.safetensors", "features.safetensors", "preprocessing.json"
_INDEX = "index.safetensors"
_MAPPED = ".safetensors"


def open_checkpoint(path: Path | str, *, verify: bool = True, opener: Opener = open_whole) -> Checkpoint:
    """Map the checkpoint in the directory `path`.

    Args:
        path: a version's directory, `<store>/<name>/<version>`.
        verify: check every file against its size and digest, and the arrays against each other. Turn it off only in a
            process whose parent has just verified the checkpoint.
        opener: opens the files that are mapped; of `Cache` to map copies of them.

    Raises:
        CheckpointError: a file is missing, damaged, a link that leaves the store, or of a newer format version; it names the
            file and what was expected.
    """
    path = Path(path)
    try:
        if (path / "CURRENT").is_file():
            current = read_line(path / "CURRENT")
            raise CheckpointError(f"{path}: expected a version's directory, found a model's; try {path / current}")
        checkpoint = _open(path, _Files.of(path, opener if verify else None))
    except KeyError as error:
        raise CheckpointError(f"{path}: expected a tensor named {error}, found none") from None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{path}: expected a whole checkpoint, found: {error}") from error
    return_freed()  # verification takes several times the memory that stays in use
    return checkpoint


class _Files(NamedTuple):
    """The files of a version.

    Attributes:
        path: their directory.
        manifest: its facts.
        opener: of those that are mapped; None to verify nothing.
    """

    path: Path
    manifest: Manifest
    opener: Opener | None

    @classmethod
    def of(cls, path: Path, opener: Opener | None) -> Self:
        """The files that the manifest names, none of which is a link out of the store; verified but for those to be mapped."""
        store = path.absolute().parent.parent
        for name in (MANIFEST, MANIFEST_DIGEST):
            require_inside(path / name, store)
        manifest = read_manifest(path)
        if missing := sorted({*_NEEDED, _WEIGHTS} - manifest.files.keys()):
            raise CheckpointError(f"{path / MANIFEST}: expected a digest of {', '.join(missing)}, found none")
        for name, entry in manifest.files.items():
            require_inside(path / name, store)
            if opener is not None and not name.endswith(_MAPPED):
                open_whole(path / name, entry).close()
        return cls(path, manifest, opener)

    def map(self, name: str, verified: Callable[[Mapping[str, Array], Manifest], None]) -> dict[str, Array]:
        """The tensors of a file, verified by a function of them and the manifest."""
        file = None if self.opener is None else self.opener(self.path / name, self.manifest.files[name])
        tensors = map_tensors(self.path / name, file)
        if self.opener is not None:
            verified(tensors, self.manifest)
        return tensors


def _open(path: Path, files: _Files) -> Checkpoint:
    manifest = files.manifest
    embeddings, graph, nodes = map(files.map, _NEEDED, (verify_embeddings, verify_graph, verify_nodes))
    if manifest.types and files.opener is not None:
        verify_types(graph, nodes, manifest)
    target = embeddings["target"] if manifest.targets else None
    return Checkpoint(
        path=path,
        manifest=manifest,
        mu=embeddings["mu"],
        logvar=embeddings.get("logvar"),
        graph=_known(graph, manifest),
        nodes=NodeTable(nodes),
        features=_features(files),
        preprocessing=_preprocessing(files),
        index=_index(files, embeddings["mu"] if target is None else target),
        map=embeddings.get("map"),
        row_scales=embeddings.get("stretches"),
        weights=files.map(_WEIGHTS, verify_weights),
        column_weights=None if manifest.parts is None else embeddings["column_weights"],
        target=target,
        target_logvar=embeddings.get("target_logvar"),
        columns=_columns(files),
        best_links=_best_links(files),
    )


def _known(tensors: Mapping[str, Array], manifest: Manifest) -> KnownGraph:
    return KnownGraph(
        tensors["indptr"],
        tensors["indices"],
        tensors.get("weights"),
        _int64(tensors.get("heldout")),
        tensors.get("heldout_weights"),
        tensors.get("times"),
        tensors.get("heldout_times"),
        tensors.get("components"),
        (tensors["in_indptr"], tensors["in_indices"]) if manifest.directed else None,
        max(1, len(manifest.relations)),
        tensors.get("heldout_relation"),
    )


def _features(files: _Files) -> Float32 | CSR | None:
    manifest = files.manifest
    if _FEATURES not in manifest.files:
        return None
    tensors = files.map(_FEATURES, verify_features)
    if "x" in tensors:
        return tensors["x"]
    shape = (manifest.counts.nodes, manifest.counts.features)
    return CSR(tensors["indptr"], tensors["indices"], tensors["data"], shape)


def _preprocessing(files: _Files) -> Preprocessing | None:
    path = files.path / _PREPROCESSING
    if _PREPROCESSING not in files.manifest.files:
        return None
    try:
        preprocessing = Preprocessing.model_validate_json(read_bytes(path))
    except ValidationError as error:
        message = error.errors()[0]["msg"]
        raise CheckpointError(f"{path}: expected a preprocessing, found: {message}") from None
    if files.opener is not None:
        verify_preprocessing(preprocessing, files.manifest)
    return preprocessing


def _index(files: _Files, mu: Float32) -> Index | None:
    facts = files.manifest.index
    if _INDEX not in files.manifest.files or facts is None:
        return None
    tensors = files.map(_INDEX, partial(verify_index, mu=mu))
    return Index(tensors["centroids"], tensors["starts"], tensors["rows"], tensors["vectors"], facts.probes)


def _columns(files: _Files) -> FilterColumns:
    manifest = files.manifest
    if not manifest.columns:
        return {}
    if COLUMNS not in manifest.files:
        raise CheckpointError(f"{files.path / MANIFEST}: expected a digest of {COLUMNS}, found none")
    return read_columns(files.map(COLUMNS, verify_columns), manifest)


def _best_links(files: _Files) -> BestLinks | None:
    if BEST_LINKS not in files.manifest.files:
        return None
    tensors = files.map(BEST_LINKS, verify_best_links)
    return BestLinks(*(tensors[name] for name in BestLinks._fields))


def _int64(array: Array | None) -> Int64 | None:
    return None if array is None else array.astype(np.int64, copy=False)
