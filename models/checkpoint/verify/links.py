"""Check the links of a checkpoint: known and held-out ones, in their directions and between their types."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Array, Int64, Ints
from latentlink.models.checkpoint.manifest import Manifest
from latentlink.models.checkpoint.verify import require, require_array, require_offsets
from latentlink.models.errors import CheckpointError
from latentlink.models.graph.csr import contains, find, runs

_BLOCK = 2**16  # links compared at once, but for a node with more
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
    links = _verified_links(tensors, "", n, relations)
    entries = edges if manifest.directed else 2 * edges
    what = "edges" if manifest.directed else "entries, two for each edge"
    require("graph.safetensors", len(links.indices) == entries, f"{entries:,} {what}", f"{len(links.indices):,}")
    _verify_sizes("weights", tensors.get("weights"), entries)
    if manifest.directed:
        _verify_in_links(links, _verified_links(tensors, "in_", n, relations))
    else:
        _verify_symmetry(links, tensors.get("weights"))
    _verify_times("times", tensors.get("times"), edges)
    _verify_heldout(tensors, n, len(manifest.relations))
    if "components" in tensors:
        _verify_components(links, tensors["components"])


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
    known = _Links(graph["indptr"], graph["indices"], len(of))
    for name, blocks in (("indices", known.blocks()), ("heldout", [(heldout[:, 0], heldout[:, 1], slice(0))])):
        for sources, targets, _ in blocks:
            wrong = np.flatnonzero(~allowed[of[sources], of[targets]])
            if len(wrong):
                found = "–".join(names[of[ends[wrong[0]]]] for ends in (sources, targets))
                expected = ", ".join("–".join(pair) for pair in manifest.linked)
                raise CheckpointError(
                    f"graph.safetensors, {name}: expected links between {expected}, found one of {found}"
                )


class _Links(NamedTuple):
    """Links in compressed rows, a relation after the other.

    Attributes:
        indptr: int64 (R·N + 1,).
        indices: int32 or int64 (m,).
        n: the number of nodes.
    """

    indptr: Ints
    indices: Ints
    n: int

    def blocks(self) -> Iterator[tuple[Int64, Int64, slice]]:
        """Rows and columns of some links at a time, int64 (b,) each, and their entries: less memory than all take."""
        for first in range(0, len(self.indptr) - 1, _BLOCK):  # rows, of which there may be more than links
            offsets = self.indptr[first : first + _BLOCK + 1]
            for rows in runs(np.diff(offsets), _BLOCK):
                ends = offsets[rows.start : rows.stop + 1]
                entries = slice(int(ends[0]), int(ends[-1]))
                sources = np.repeat(np.arange(first + rows.start, first + rows.stop), np.diff(ends))
                yield sources, self.indices[entries].astype(np.int64), entries

    def turned_round(self, rows: Int64, columns: Int64) -> tuple[Int64, Int64]:
        """The row r·N + v and the column u of links in rows r·N + u and columns v, int64 (b,) each."""
        relation, source = np.divmod(rows, self.n)
        return relation * self.n + columns, source


def _verified_links(tensors: Mapping[str, Array], which: str, n: int, relations: int) -> _Links:
    """The links of `indptr` and `indices`, or with `which` of the others, each once and sorted."""
    indptr, indices, what = tensors[f"{which}indptr"], tensors[f"{which}indices"], f"graph.safetensors, {which}indices"
    require_array(what, indices, (None,), np.int32, np.int64)
    require_offsets(f"graph.safetensors, {which}indptr", indptr, relations * n, len(indices))
    links = _Links(indptr, indices, n)
    for rows, columns, _ in links.blocks():
        inside = bool(((columns >= 0) & (columns < n) & (rows % n != columns)).all())
        sound = inside and bool((np.diff(rows * n + columns) > 0).all())
        require(what, sound, f"sorted rows of nodes 0–{n - 1} without self-loops", "other entries")
    return links


def _verify_symmetry(links: _Links, weights: Array | None) -> None:
    """Check that each link (u, v) is there as (v, u), with the same weight."""
    for rows, columns, entries in links.blocks():
        back, found = find(links.indptr, links.indices, *links.turned_round(rows, columns))
        require("graph.safetensors, indices", found.all(), "every edge in both directions", "edges in one only")
        alike = weights is None or np.array_equal(weights[back], weights[entries])
        require("graph.safetensors, weights", alike, "one weight for both directions", "two")


def _verify_in_links(links: _Links, back: _Links) -> None:
    """Check that `back` has as many links, and each of `links` turned round: all of them, since none is there twice."""
    same = len(links.indices) == len(back.indices) and all(
        contains(back.indptr, back.indices, *links.turned_round(rows, columns)).all()
        for rows, columns, _ in links.blocks()
    )
    require("graph.safetensors, in_indices", same, "the links of indices, turned round", "others")


def _verify_components(links: _Links, components: Array) -> None:
    require_array("graph.safetensors, components", components, (links.n,), np.int32)
    within = all(np.array_equal(components[rows % links.n], components[columns]) for rows, columns, _ in links.blocks())
    require("graph.safetensors, components", within, "linked nodes in one component", "some in two")


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
