"""Opening a checkpoint: verify first, then map; what comes out is read-only and shared by all processes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.checkpoint.manifest import Manifest, digest_file, read_manifest
from models.checkpoint.nodes import NodeTable
from models.checkpoint.tensors import Array, map_tensors
from models.csr import Float32, Int64, Ints, contains
from models.errors import CheckpointError


@dataclass(frozen=True)
class KnownGraph:
    """The graph that the encoder saw: what `known` means.

    Attributes:
        indptr: int64 (N+1,), where each node's neighbours start.
        indices: int32 or int64 (2E,), neighbours, rising within each row, both directions stored.
        weights: float32 (2E,), or None where edges are not weighted.
        heldout: int64 (m, 2), edges kept from the encoder on purpose, or None.
    """

    indptr: Int64
    indices: Ints
    weights: Float32 | None
    heldout: Int64 | None

    def neighbors(self, row: int) -> Ints:
        """Rows linked to `row`, rising."""
        return self.indices[self.indptr[row] : self.indptr[row + 1]]

    def has_edges(self, sources: Int64, targets: Int64) -> npt.NDArray[np.bool_]:
        """bool (m,): whether each pair (sources[i], targets[i]) is an edge."""
        return contains(self.indptr, self.indices, sources, targets)


@dataclass(frozen=True)
class Checkpoint:
    """A verified checkpoint, mapped read-only.

    Attributes:
        path: its directory.
        manifest: its facts.
        mu: float32 (N, D), the embeddings z that are served.
        logvar: float32 (N, D), or None for a model that isn't variational.
        graph: the links that count as known.
        nodes: ids by row and rows by id.
    """

    path: Path
    manifest: Manifest
    mu: Float32
    logvar: Float32 | None
    graph: KnownGraph
    nodes: NodeTable


_LARGEST = 1e15  # inner products of larger vectors could overflow float32


def open_checkpoint(path: Path | str, *, verify: bool = True) -> Checkpoint:
    """Map the checkpoint in the directory `path`.

    Args:
        path: a version's directory, `<store>/<name>/<version>`.
        verify: hold every file to its size and digest and the arrays to each other. Leave it on, unless this process's
            parent has just done it.

    Raises:
        CheckpointError: a file is missing, damaged or of a newer format version; it names the file and what was expected.
    """
    path = Path(path)
    if (path / "CURRENT").is_file():
        current = (path / "CURRENT").read_text("utf-8", "replace").strip()
        raise CheckpointError(f"{path}: expected a version's directory, found a model's; try {path / current}")
    manifest = read_manifest(path)
    if verify:
        _verify_files(path, manifest)
    embeddings = map_tensors(path / "embeddings.safetensors")
    graph = map_tensors(path / "graph.safetensors")
    nodes = map_tensors(path / "nodes.safetensors")
    try:
        if verify:
            _verify_embeddings(embeddings, manifest)
            _verify_graph(graph, manifest)
            _verify_nodes(nodes, manifest)
        return Checkpoint(
            path=path,
            manifest=manifest,
            mu=embeddings["mu"],
            logvar=embeddings.get("logvar"),
            graph=KnownGraph(graph["indptr"], graph["indices"], graph.get("weights"), _int64(graph.get("heldout"))),
            nodes=NodeTable(nodes),
        )
    except KeyError as error:
        raise CheckpointError(f"{path}: expected a tensor named {error}, found none") from None


def _int64(array: Array | None) -> Int64 | None:
    return None if array is None else array.astype(np.int64, copy=False)


def _verify_files(path: Path, manifest: Manifest) -> None:
    for name, expected in manifest.files.items():
        if Path(name).name != name:
            raise CheckpointError(f"{path}: expected plain file names in the manifest, found {name!r}")
        found = digest_file(path / name)
        if found != expected:
            raise CheckpointError(
                f"{path / name}: expected {expected.bytes:,} bytes with sha256 {expected.sha256}, "
                f"found {found.bytes:,} bytes with {found.sha256}; restore it, or train again"
            )


def _verify_embeddings(tensors: dict[str, Array], manifest: Manifest) -> None:
    shape = (manifest.counts.nodes, manifest.counts.dim)
    for name in ("mu", "logvar") if manifest.model in ("vae", "vgae") else ("mu",):
        tensor = tensors[name]
        what = f"embeddings.safetensors, {name}"
        fits = tensor.shape == shape and tensor.dtype == np.float32
        _require(what, fits, f"float32 {shape}", f"{tensor.dtype} {tensor.shape}")
        _require(what, bool(np.isfinite(tensor).all()), "finite numbers", "NaN or infinity")
        _require(what, bool((np.abs(tensor) < _LARGEST).all()), f"numbers below {_LARGEST:.0e}", "larger ones")


def _verify_graph(tensors: dict[str, Array], manifest: Manifest) -> None:
    n, indptr, indices = manifest.counts.nodes, tensors["indptr"], tensors["indices"]
    _require_offsets("graph.safetensors, indptr", indptr, n, len(indices))
    _require("graph.safetensors, indices", indices.dtype in (np.int32, np.int64), "int32 or int64", str(indices.dtype))
    _require(
        "graph.safetensors",
        len(indices) == 2 * manifest.counts.edges,
        f"{manifest.counts.edges} edges",
        f"{len(indices) / 2}",
    )
    rows = np.repeat(np.arange(n), np.diff(indptr))
    rising = np.diff(rows * n + indices) > 0
    sound = bool(rising.all() and (rows != indices).all() and ((indices >= 0) & (indices < n)).all())
    _require("graph.safetensors, indices", sound, f"sorted rows of nodes 0–{n - 1} without self-loops", "other entries")
    if (heldout := tensors.get("heldout")) is not None:
        shaped = heldout.ndim == 2 and heldout.shape[1] == 2 and heldout.dtype in (np.int32, np.int64)
        inside = shaped and bool(((heldout >= 0) & (heldout < n)).all())
        _require("graph.safetensors, heldout", inside, f"pairs (m, 2) of nodes 0–{n - 1}", "others")
    if (weights := tensors.get("weights")) is not None:
        good = weights.shape == indices.shape and bool((np.isfinite(weights) & (weights > 0)).all())
        _require("graph.safetensors, weights", good, "a finite weight > 0 for every edge", "other values")


def _verify_nodes(tensors: dict[str, Array], manifest: Manifest) -> None:
    n, content, offsets, order = manifest.counts.nodes, tensors["bytes"], tensors["offsets"], tensors["order"]
    _require_offsets("nodes.safetensors, offsets", offsets, n, len(content))
    permutation = order.shape == (n,) and np.array_equal(np.sort(order), np.arange(n))
    _require("nodes.safetensors, order", permutation, f"each row 0–{n - 1} once", "other rows")
    starts = offsets[:-1][np.diff(offsets) > 0]
    try:
        bytes(content).decode()
        aligned = not ((content[starts] & 0xC0) == 0x80).any()  # no id starts inside a character
    except UnicodeDecodeError:
        aligned = False
    _require("nodes.safetensors, bytes", aligned, "ids in UTF-8", "other bytes")


def _require_offsets(what: str, offsets: Array, n: int, end: int) -> None:
    shaped = offsets.shape == (n + 1,) and offsets.dtype == np.int64
    _require(what, shaped, f"int64 ({n + 1},)", f"{offsets.dtype} {offsets.shape}")
    sound = offsets[0] == 0 and offsets[-1] == end and bool((np.diff(offsets) >= 0).all())
    _require(what, sound, f"offsets that rise from 0 to {end}", "others")


def _require(what: str, holds: bool, expected: str, found: str) -> None:
    if not holds:
        raise CheckpointError(f"{what}: expected {expected}, found {found}")
