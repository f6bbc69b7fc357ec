"""Check the links of a checkpoint: known and held-out ones, in their directions and between their types."""

from collections.abc import Mapping

import numpy as np

from latentlink.models.arrays import Array, Int64
from latentlink.models.checkpoint.manifest import Manifest
from latentlink.models.checkpoint.verify import require, require_array, require_offsets
from latentlink.models.errors import CheckpointError

_NO_PAIRS = np.zeros((0, 2), np.int64)


def verify_graph(tensors: Mapping[str, Array], manifest: Manifest) -> None:
    """Check that the graph has E edges, each in both directions with one weight and within one component.

    The edges of a directed graph are in `indptr` and `indices` in their direction, and in `in_indptr` and `in_indices` in the
    other; those of R relations in R·N rows, a relation after the other.

    Raises:
        CheckpointError: a tensor is not so.
        KeyError: a tensor is missing.
    """
    n, edges, relations = manifest.counts.nodes, manifest.counts.edges, max(1, len(manifest.relations))
    rows, columns = _verified_links(tensors, "", n, relations)
    entries = edges if manifest.directed else 2 * edges
    what = "edges" if manifest.directed else "entries, two for each edge"
    require("graph.safetensors", len(rows) == entries, f"{entries:,} {what}", f"{len(rows):,}")
    cells, transposed = rows * n + columns, _turned_round(rows, columns, n)
    back = np.argsort(transposed)  # entry (j, i) of each entry (i, j)
    if manifest.directed:
        _verify_in_links(tensors, transposed[back], n, relations)
        _verify_sizes("weights", tensors.get("weights"), edges)
    else:
        what = "graph.safetensors, indices"
        require(what, np.array_equal(transposed[back], cells), "every edge in both directions", "edges in one only")
        _verify_weights(tensors.get("weights"), back)
    _verify_times("times", tensors.get("times"), edges)
    _verify_heldout(tensors, n, len(manifest.relations))
    if "components" in tensors:
        require_array("graph.safetensors, components", tensors["components"], (n,), np.int32)
        within = np.array_equal(tensors["components"][rows % n], tensors["components"][columns])
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


def _verified_links(tensors: Mapping[str, Array], which: str, n: int, relations: int) -> tuple[Int64, Int64]:
    """The rows and the columns of the links of `indptr` and `indices`, or with `which` of the others, int64 (m,) each."""
    indptr, indices, what = tensors[f"{which}indptr"], tensors[f"{which}indices"], f"graph.safetensors, {which}indices"
    require_array(what, indices, (None,), np.int32, np.int64)
    require_offsets(f"graph.safetensors, {which}indptr", indptr, relations * n, len(indices))
    rows, columns = np.repeat(np.arange(relations * n), np.diff(indptr)), indices.astype(np.int64)
    inside = bool(((columns >= 0) & (columns < n) & (rows % n != columns)).all())
    sound = inside and bool((np.diff(rows * n + columns) > 0).all())
    require(what, sound, f"sorted rows of nodes 0–{n - 1} without self-loops", "other entries")
    return rows, columns


def _turned_round(rows: Int64, columns: Int64, n: int) -> Int64:
    """The cell r·N² + v·N + u of each entry in row r·N + u and column v, int64 (m,)."""
    relation, row = np.divmod(rows, n)
    return np.asarray((relation * n + columns) * n + row)


def _verify_in_links(tensors: Mapping[str, Array], expected: Int64, n: int, relations: int) -> None:
    """Check that in-links are the transposed out-links, by their sorted cells, int64 (E,)."""
    rows, sources = _verified_links(tensors, "in_", n, relations)
    same = np.array_equal(rows * n + sources, expected)
    require("graph.safetensors, in_indices", same, "the links of indices, turned round", "others")


def _verify_weights(weights: Array | None, back: Int64) -> None:
    if weights is None:
        return
    _verify_sizes("weights", weights, len(back))
    require(
        "graph.safetensors, weights", np.array_equal(weights[back], weights), "one weight for both directions", "two"
    )


def _verify_heldout(tensors: Mapping[str, Array], n: int, relations: int) -> None:
    heldout, weights, times = (tensors.get(name) for name in ("heldout", "heldout_weights", "heldout_times"))
    if heldout is None:
        return
    what = "graph.safetensors, heldout"
    require_array(what, heldout, (None, 2), np.int32, np.int64)
    require(what, bool(((heldout >= 0) & (heldout < n)).all()), f"pairs of nodes 0–{n - 1}", "others")
    if relations:
        of, what = tensors["heldout_relation"], "graph.safetensors, heldout_relation"
        require_array(what, of, (len(heldout),), np.int16)
        require(what, bool(((of >= 0) & (of < relations)).all()), f"numbers from 0 to {relations - 1}", "others")
    _verify_sizes("heldout_weights", weights, len(heldout))
    _verify_times("heldout_times", times, len(heldout))


def _verify_sizes(name: str, weights: Array | None, size: int) -> None:
    if weights is not None:
        what = f"graph.safetensors, {name}"
        require_array(what, weights, (size,), np.float32)
        require(what, bool((np.isfinite(weights) & (weights > 0)).all()), "finite weights > 0", "other values")


def _verify_times(name: str, times: Array | None, size: int) -> None:
    if times is not None:
        what = f"graph.safetensors, {name}"
        require_array(what, times, (size,), np.float64)
        require(what, bool(np.isfinite(times).all()), "finite times", "NaN or infinity")
