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

_BLOCK = 65_536  # vectors, or offsets, compared at once


def verify_features(tensors: Mapping[str, Array], manifest: Manifest) -> None:
    """Check that the features are finite float32 (N, F), dense or sparse; an AE or VAE may have NaN for missing cells.

    Raises:
        CheckpointError: a tensor is not so.
        KeyError: a tensor is missing.
    """
    n, width = manifest.counts.nodes, manifest.counts.features
    name, shape = ("x", (n, width)) if "x" in tensors else ("data", (None,))
    values, what = tensors[name], f"features.safetensors, {name}"
    require_array(what, values, shape, np.float32)
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
    require_array("nodes.safetensors, bytes", content, (None,), np.uint8)
    require_offsets("nodes.safetensors, offsets", offsets, n, len(content))
    require_array("nodes.safetensors, order", order, (n,), np.int64)
    ids = content.tobytes()
    require("nodes.safetensors, bytes", in_utf8(ids, content, offsets), "ids in UTF-8", "other bytes")
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
    require_array(what, types, (manifest.counts.nodes,), np.uint16)
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
    require_array(f"{what}, centroids", centroids, (None, dim), np.float32)
    require(f"{what}, centroids", bool(np.isfinite(centroids).all()), "finite numbers", "NaN or infinity")
    probes = 0 if manifest.index is None else manifest.index.probes
    require(f"{what}, centroids", len(centroids) >= probes, f"at least {probes:,}, the probes", f"{len(centroids):,}")
    require_array(f"{what}, rows", rows, (n,), np.int32, np.int64)
    require_offsets(f"{what}, starts", tensors["starts"], len(centroids), n)
    inside = bool(((rows >= 0) & (rows < n)).all())
    once = inside and bool((np.bincount(rows, minlength=n) == 1).all())
    require(f"{what}, rows", once, f"each of rows 0–{n - 1} once", "others")
    vectors = tensors["vectors"]
    require_array(f"{what}, vectors", vectors, (n, dim), np.float32)
    blocks = (slice(start, start + _BLOCK) for start in range(0, n, _BLOCK))
    same = all(np.array_equal(vectors[block], mu[rows[block]]) for block in blocks)
    require(f"{what}, vectors", same, "the embeddings in order of rows", "others")


def _verify_buckets(buckets: Buckets, ids: Texts, types: Array | None) -> None:
    n, size = len(ids.starts), buckets.size
    what = "nodes.safetensors, bucket_"
    require_array(f"{what}starts", buckets.starts, (None,), np.int32, np.int64)
    require_array(f"{what}rows", buckets.rows, (n,), np.int32, np.int64)
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
    require_array(what, indices, (stored,), np.int32)
    require_offsets("features.safetensors, indptr", indptr, n, stored)
    inside = bool(((indices >= 0) & (indices < width)).all())
    rising = np.diff(indices) > 0
    starts = indptr[1:-1]
    rising[starts[(starts > 0) & (starts < stored)] - 1] = True  # columns may fall from one row to the next
    require(what, inside and bool(rising.all()), f"sorted rows of columns 0–{width - 1}", "other entries")


def in_utf8(ids: bytes, content: Array, offsets: Int64) -> bool:
    """Whether bytes, also given as `content`, uint8 (m,), are texts in UTF-8 that begin at `offsets`."""
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
    require_array(what, tensor, shape, np.float32)
    least, largest = float(tensor.min(initial=0)), float(tensor.max(initial=0))  # NaN if there is one
    require(what, math.isfinite(least) and math.isfinite(largest), "finite numbers", "NaN or infinity")
    require(what, max(-least, largest) < LARGEST, f"numbers below {LARGEST:.0e}", "larger ones")


def require_array(what: str, array: Array, shape: tuple[int | None, ...], *dtypes: type[np.generic]) -> None:
    """Raise CheckpointError unless an array has this shape and one of the dtypes; None in `shape` is any length."""
    shaped = array.ndim == len(shape) and all(n in (None, m) for n, m in zip(shape, array.shape, strict=True))
    expected = f"{' or '.join(dtype.__name__ for dtype in dtypes)} {str(shape).replace('None', 'm')}"
    require(what, shaped and array.dtype in dtypes, expected, f"{array.dtype} {array.shape}")


def require_offsets(what: str, offsets: Array, n: int, end: int) -> None:
    """Raise CheckpointError unless int64 (n + 1,) offsets rise from 0 to `end`."""
    require_array(what, offsets, (n + 1,), np.int64)
    _require_rising(what, offsets, end)


def _require_rising(what: str, offsets: Array, end: int) -> None:
    blocks = (offsets[start : start + _BLOCK + 1] for start in range(0, len(offsets), _BLOCK))
    sound = offsets[0] == 0 and offsets[-1] == end and all((np.diff(block) >= 0).all() for block in blocks)
    require(what, sound, f"offsets that rise from 0 to {end}", "others")


def require(what: str, holds: Any, expected: str, found: str) -> None:
    """Raise CheckpointError unless something holds."""
    if not holds:
        raise CheckpointError(f"{what}: expected {expected}, found {found}")
