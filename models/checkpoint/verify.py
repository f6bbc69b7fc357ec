"""Check the arrays of a checkpoint against its manifest and against each other, beyond the digests of its files."""

import math
from collections.abc import Mapping
from itertools import pairwise, starmap
from operator import lt
from typing import Any, cast

import numpy as np
from typing_extensions import Buffer

from latentlink.models.arrays import Array, Float32, Int64
from latentlink.models.checkpoint.ids.hashing import Buckets, Texts, find_all
from latentlink.models.checkpoint.ids.nodes import stored_texts
from latentlink.models.checkpoint.manifest import Manifest
from latentlink.models.errors import CheckpointError
from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.inference.scoring import LARGEST

_BLOCK = 65_536  # vectors compared at once
_NO_PAIRS = np.zeros((0, 2), np.int64)


def verify_graph(tensors: Mapping[str, Array], manifest: Manifest) -> None:
    """Check that the graph has E edges, each in both directions with one weight and within one component.

    The edges of a directed graph are in `indptr` and `indices` in their direction, and in `in_indptr` and `in_indices` in the
    other.

    Raises:
        CheckpointError: a tensor is not so.
        KeyError: a tensor is missing.
    """
    n, edges = manifest.counts.nodes, manifest.counts.edges
    rows, columns = _verified_links(tensors, "", n)
    entries = edges if manifest.directed else 2 * edges
    require(
        "graph.safetensors", len(rows) == entries, f"{edges} edges", f"{len(rows) / (1 if manifest.directed else 2):g}"
    )
    cells, transposed = rows * n + columns, columns * n + rows
    back = np.argsort(transposed)  # entry (j, i) of each entry (i, j)
    if manifest.directed:
        _verify_in_links(tensors, transposed[back], n)
        _verify_sizes("weights", tensors.get("weights"), edges)
    else:
        what = "graph.safetensors, indices"
        require(what, np.array_equal(transposed[back], cells), "every edge in both directions", "edges in one only")
        _verify_weights(tensors.get("weights"), back)
    _verify_times("times", tensors.get("times"), edges)
    _verify_heldout(tensors, n)
    if "components" in tensors:
        _require_array("graph.safetensors, components", tensors["components"], (n,), np.int32)
        within = np.array_equal(tensors["components"][rows], tensors["components"][columns])
        require("graph.safetensors, components", within, "linked nodes in one component", "some in two")


def verify_types(graph: Mapping[str, Array], nodes: Mapping[str, Array], manifest: Manifest) -> None:
    """Check that known and held-out links join nodes of types that may be linked.

    Raises:
        CheckpointError: one does not.
    """
    of, names = nodes["type"], manifest.types
    allowed = np.zeros((len(names), len(names)), np.bool_)
    for source, target in manifest.linked:
        allowed[names.index(source), names.index(target)] = True
    allowed = allowed if manifest.directed else allowed | allowed.T
    heldout = graph.get("heldout", _NO_PAIRS)
    known = np.stack([np.repeat(np.arange(len(of)), np.diff(graph["indptr"])), graph["indices"]], axis=1)
    for name, pairs in (("indices", known), ("heldout", heldout)):
        sources, targets = pairs.T
        wrong = np.flatnonzero(~allowed[of[sources], of[targets]])
        if len(wrong):
            found = "–".join(names[of[ends[wrong[0]]]] for ends in (sources, targets))
            expected = ", ".join("–".join(pair) for pair in manifest.linked)
            raise CheckpointError(f"graph.safetensors, {name}: expected links between {expected}, found one of {found}")


def _verified_links(tensors: Mapping[str, Array], which: str, n: int) -> tuple[Int64, Int64]:
    """The ends of the links of `indptr` and `indices`, or with `which` of `in_indptr` and `in_indices`, int64 (m,) each."""
    indptr, indices, what = tensors[f"{which}indptr"], tensors[f"{which}indices"], f"graph.safetensors, {which}indices"
    _require_array(what, indices, (None,), np.int32, np.int64)
    _require_offsets(f"graph.safetensors, {which}indptr", indptr, n, len(indices))
    rows, columns = np.repeat(np.arange(n), np.diff(indptr)), indices.astype(np.int64)
    inside = bool(((columns >= 0) & (columns < n) & (rows != columns)).all())
    sound = inside and bool((np.diff(rows * n + columns) > 0).all())
    require(what, sound, f"sorted rows of nodes 0–{n - 1} without self-loops", "other entries")
    return rows, columns


def _verify_in_links(tensors: Mapping[str, Array], expected: Int64, n: int) -> None:
    """Check that in-links are the transposed out-links, by their sorted cells, int64 (E,)."""
    targets, sources = _verified_links(tensors, "in_", n)
    same = np.array_equal(targets * n + sources, expected)
    require("graph.safetensors, in_indices", same, "the links of indices, turned round", "others")


def verify_features(tensors: Mapping[str, Array], manifest: Manifest) -> None:
    """Check that the features are finite float32 (N, F), dense or sparse; an AE or VAE may have NaN for missing cells.

    Raises:
        CheckpointError: a tensor is not so.
        KeyError: a tensor is missing.
    """
    n, width = manifest.counts.nodes, manifest.counts.features
    name, shape = ("x", (n, width)) if "x" in tensors else ("data", (None,))
    values, what = tensors[name], f"features.safetensors, {name}"
    _require_array(what, values, shape, np.float32)
    complete = manifest.model in ("gae", "vgae")
    sound = np.isfinite(values) if complete else ~np.isinf(values)
    require(what, bool(sound.all()), "finite numbers" if complete else "numbers or NaN", "infinity or NaN")
    if name == "data":
        _verify_sparse(tensors["indptr"], tensors["indices"], len(values), (n, width))


def verify_preprocessing(preprocessing: Preprocessing, manifest: Manifest) -> None:
    """Check that the preprocessing makes as many columns as there are features.

    Raises:
        CheckpointError: it makes more or fewer.
    """
    width, found = manifest.counts.features, len(preprocessing.names)
    require("preprocessing.json", found == width, f"{width} encoded columns", f"{found}")


def verify_nodes(tensors: Mapping[str, Array], manifest: Manifest) -> None:
    """Check that there are N ids in UTF-8, distinct within a type, that `order` sorts them, and that the buckets find each.

    In a model with types `type` has that of each node; nodes with the same id are in the order of their types.

    Raises:
        CheckpointError: a tensor is not so.
        KeyError: a tensor is missing.
    """
    n, content, offsets, order = manifest.counts.nodes, tensors["bytes"], tensors["offsets"], tensors["order"]
    _require_array("nodes.safetensors, bytes", content, (None,), np.uint8)
    _require_offsets("nodes.safetensors, offsets", offsets, n, len(content))
    _require_array("nodes.safetensors, order", order, (n,), np.int64)
    ids = content.tobytes()
    require("nodes.safetensors, bytes", _in_utf8(ids, content, offsets), "ids in UTF-8", "other bytes")
    types = _verified_types(tensors, manifest)
    rising = bool(((order >= 0) & (order < n)).all()) and _rising(ids, offsets, order, types)
    require("nodes.safetensors, order", rising, f"rows 0–{n - 1} by rising, distinct ids", "another order")
    if "bucket_starts" in tensors:
        _verify_buckets(Buckets(tensors["bucket_starts"], tensors["bucket_rows"]), stored_texts(tensors), types)


def _verified_types(tensors: Mapping[str, Array], manifest: Manifest) -> Array | None:
    """The type of each node, uint16 (N,), or None in a model without types."""
    types, names, what = tensors.get("type"), manifest.types, "nodes.safetensors, type"
    if not names:
        require(what, types is None, "none, as the manifest has no types", "one")
        return None
    types = tensors["type"]
    _require_array(what, types, (manifest.counts.nodes,), np.uint16)
    require(what, types.max() < len(names), f"numbers below {len(names)}, the number of types", f"{types.max()}")
    return types


def verify_index(tensors: Mapping[str, Array], manifest: Manifest, mu: Float32) -> None:
    """Check that there are C finite centroids, no fewer than a search scans, and that each row of `mu` is in one cluster.

    Raises:
        CheckpointError: a tensor is not so.
        KeyError: a tensor is missing.
    """
    n, dim, centroids, rows = manifest.counts.nodes, manifest.counts.dim, tensors["centroids"], tensors["rows"]
    what = "index.safetensors"
    _require_array(f"{what}, centroids", centroids, (None, dim), np.float32)
    require(f"{what}, centroids", bool(np.isfinite(centroids).all()), "finite numbers", "NaN or infinity")
    probes = 0 if manifest.index is None else manifest.index.probes
    require(f"{what}, centroids", len(centroids) >= probes, f"at least {probes:,}, the probes", f"{len(centroids):,}")
    _require_array(f"{what}, rows", rows, (n,), np.int32, np.int64)
    _require_offsets(f"{what}, starts", tensors["starts"], len(centroids), n)
    inside = bool(((rows >= 0) & (rows < n)).all())
    once = inside and bool((np.bincount(rows, minlength=n) == 1).all())
    require(f"{what}, rows", once, f"each of rows 0–{n - 1} once", "others")
    vectors = tensors["vectors"]
    _require_array(f"{what}, vectors", vectors, (n, dim), np.float32)
    blocks = (slice(start, start + _BLOCK) for start in range(0, n, _BLOCK))
    same = all(np.array_equal(vectors[block], mu[rows[block]]) for block in blocks)
    require(f"{what}, vectors", same, "the embeddings in order of rows", "others")


def _verify_buckets(buckets: Buckets, ids: Texts, types: Array | None) -> None:
    n, size = len(ids.starts), buckets.size
    what = "nodes.safetensors, bucket_"
    _require_array(f"{what}starts", buckets.starts, (None,), np.int32, np.int64)
    _require_array(f"{what}rows", buckets.rows, (n,), np.int32, np.int64)
    require(f"{what}starts", size > 1 and size & (size - 1) == 0, "a power of two and one more", f"{size + 1}")
    _require_rising(f"{what}starts", buckets.starts, n)
    inside = bool(((buckets.rows >= 0) & (buckets.rows < n)).all())
    found = inside and np.array_equal(
        find_all(buckets, ids, ids, None if types is None else (types, types)), np.arange(n)
    )
    require(f"{what}rows", found, f"rows 0–{n - 1} in the buckets of their ids' hashes", "others")


def _verify_sparse(indptr: Array, indices: Array, stored: int, shape: tuple[int, int]) -> None:
    """Check that columns rise strictly within each row."""
    what, (n, width) = "features.safetensors, indices", shape
    _require_array(what, indices, (stored,), np.int32)
    _require_offsets("features.safetensors, indptr", indptr, n, stored)
    inside = bool(((indices >= 0) & (indices < width)).all())
    rising = np.diff(indices) > 0
    starts = indptr[1:-1]
    rising[starts[(starts > 0) & (starts < stored)] - 1] = True  # columns may fall from one row to the next
    require(what, inside and bool(rising.all()), f"sorted rows of columns 0–{width - 1}", "other entries")


def _verify_weights(weights: Array | None, back: Int64) -> None:
    if weights is None:
        return
    _verify_sizes("weights", weights, len(back))
    require(
        "graph.safetensors, weights", np.array_equal(weights[back], weights), "one weight for both directions", "two"
    )


def _verify_heldout(tensors: Mapping[str, Array], n: int) -> None:
    heldout, weights, times = (tensors.get(name) for name in ("heldout", "heldout_weights", "heldout_times"))
    if heldout is None:
        return
    what = "graph.safetensors, heldout"
    _require_array(what, heldout, (None, 2), np.int32, np.int64)
    require(what, bool(((heldout >= 0) & (heldout < n)).all()), f"pairs of nodes 0–{n - 1}", "others")
    _verify_sizes("heldout_weights", weights, len(heldout))
    _verify_times("heldout_times", times, len(heldout))


def _verify_sizes(name: str, weights: Array | None, size: int) -> None:
    if weights is not None:
        what = f"graph.safetensors, {name}"
        _require_array(what, weights, (size,), np.float32)
        require(what, bool((np.isfinite(weights) & (weights > 0)).all()), "finite weights > 0", "other values")


def _verify_times(name: str, times: Array | None, size: int) -> None:
    if times is not None:
        what = f"graph.safetensors, {name}"
        _require_array(what, times, (size,), np.float64)
        require(what, bool(np.isfinite(times).all()), "finite times", "NaN or infinity")


def _in_utf8(ids: bytes, content: Array, offsets: Int64) -> bool:
    starts = offsets[:-1][np.diff(offsets) > 0]
    try:
        ids.decode()
    except UnicodeDecodeError:
        return False
    return not bool(((content[starts] & 0xC0) == 0x80).any())  # no id starts inside a character


def _rising(ids: bytes, offsets: Int64, order: Int64, types: Array | None) -> bool:
    """Whether the ids, and types of the same id, rise strictly in this order; without a Python loop, for millions of ids."""
    starts, ends = (memoryview(cast(Buffer, offsets[order + i])) for i in (0, 1))
    texts = map(ids.__getitem__, map(slice, starts, ends))
    keys = texts if types is None else zip(texts, types[order].tolist(), strict=True)
    return all(starmap(lt, pairwise(keys)))


def require_numbers(what: str, tensor: Array, shape: tuple[int | None, ...]) -> None:
    """Raise CheckpointError unless a tensor is float32 of this shape, finite and below `LARGEST`; None is any length."""
    _require_array(what, tensor, shape, np.float32)
    least, largest = float(tensor.min(initial=0)), float(tensor.max(initial=0))  # NaN if there is one
    require(what, math.isfinite(least) and math.isfinite(largest), "finite numbers", "NaN or infinity")
    require(what, max(-least, largest) < LARGEST, f"numbers below {LARGEST:.0e}", "larger ones")


def _require_array(what: str, array: Array, shape: tuple[int | None, ...], *dtypes: type[np.generic]) -> None:
    """None in `shape` stands for any length."""
    shaped = array.ndim == len(shape) and all(n in (None, m) for n, m in zip(shape, array.shape, strict=True))
    expected = f"{' or '.join(dtype.__name__ for dtype in dtypes)} {str(shape).replace('None', 'm')}"
    require(what, shaped and array.dtype in dtypes, expected, f"{array.dtype} {array.shape}")


def _require_offsets(what: str, offsets: Array, n: int, end: int) -> None:
    _require_array(what, offsets, (n + 1,), np.int64)
    _require_rising(what, offsets, end)


def _require_rising(what: str, offsets: Array, end: int) -> None:
    sound = offsets[0] == 0 and offsets[-1] == end and bool((np.diff(offsets) >= 0).all())
    require(what, sound, f"offsets that rise from 0 to {end}", "others")


def require(what: str, holds: Any, expected: str, found: str) -> None:
    """Raise CheckpointError unless something holds."""
    if not holds:
        raise CheckpointError(f"{what}: expected {expected}, found {found}")
