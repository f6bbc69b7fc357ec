"""Right digests are not enough: shapes, ids and edges must fit the counts and each other."""

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from latentlink.models.checkpoint import encode_nodes, open_checkpoint, publish
from latentlink.models.checkpoint.verify.links import verify_graph
from latentlink.models.errors import CheckpointError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import adjacency
from tests.models.checkpoint.helpers import EDGES, MU, facts, files, forge, publish_small, replace_file
from tests.models.checkpoint.wrong_tensors import (
    CASES,
    COLUMNS,
    COUNTS,
    GRAPHS,
    INDEX,
    INDEXED,
    PAIR,
    ROWS,
    SPARSE,
    Tensors,
    X,
    floats,
    graph,
    sparse,
)


@pytest.mark.parametrize(("file", "tensors", "manifest", "message"), CASES)
def test_wrong_tensors_are_refused(
    tmp_path: Path, file: str, tensors: Tensors, manifest: dict[str, Any], message: str
) -> None:
    """With right digests, too: neither opened nor published, and nothing is left of the attempt."""
    with pytest.raises(CheckpointError, match=message):
        open_checkpoint(forge(tmp_path / "forged", {file: tensors}, **manifest))
    with pytest.raises(CheckpointError, match=message):
        publish(tmp_path, "small", facts(**manifest), {**files(), file: tensors})
    assert [path.name for path in (tmp_path / "small").iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        *(("embeddings", "mu"), ("graph", "indptr"), ("graph", "indices")),
        *(("nodes", "bytes"), ("nodes", "order"), ("nodes", "offsets")),
    ],
)
def test_a_number_is_no_array(tmp_path: Path, file: str, name: str) -> None:
    """A tensor without axes, which our own writer never makes, is an error that names it."""
    file = f"{file}.safetensors"
    tensors = {**files()[file], name: np.array(1, np.int64)}  # type: ignore[dict-item]
    with pytest.raises(CheckpointError, match=rf"{file}, {name}: expected .*, found int64 \(\)"):
        open_checkpoint(replace_file(publish_small(tmp_path), file, save(tensors)))


@pytest.mark.parametrize("indptr", [[0, 2, 2, 3, 4, 4, 4, 5], [0, 0, 2, 3, 4, 5, 5, 5], [0] * 8])
def test_sparse_features_are_whole(tmp_path: Path, indptr: list[int]) -> None:
    """Empty rows first and last, a column that falls from one row to the next, and no entry at all, are in order."""
    stored = indptr[-1]
    tensors = sparse(indptr=np.array(indptr), indices=COLUMNS[:stored], data=SPARSE["data"][:stored])
    x = open_checkpoint(forge(tmp_path, {"features.safetensors": tensors}, counts=COUNTS)).features
    assert isinstance(x, CSR)
    assert (x.indptr.tolist(), x.indices.tolist(), x.shape) == (indptr, COLUMNS[:stored].tolist(), (7, 4))


def test_a_model_of_features_may_miss_some(tmp_path: Path) -> None:
    """An AE completes what is missing; infinity it can't take either."""
    missing, infinite = (
        forge(
            tmp_path / str(value), {"features.safetensors": {"x": np.where(X > 0, value, X)}}, counts=COUNTS, model="ae"
        )
        for value in (np.float32(np.nan), np.float32(np.inf))
    )
    assert np.isnan(np.asarray(open_checkpoint(missing).features)).sum() == 4
    with pytest.raises(CheckpointError, match="x: expected numbers or NaN, found infinity"):
        open_checkpoint(infinite)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"columns": [{"kind": "binary", "name": "b"}]}', "expected 4 encoded columns, found 1"),
        ("{", "expected a preprocessing, found: Invalid JSON"),
        ('{"columns": [{"kind": "x", "name": "b"}]}', "expected a preprocessing, found: Input"),
        ('{"columns": [{"kind": "number", "name": "b", "mean": 0, "deviation": 0}]}', "Input should be greater than 0"),
    ],
    ids=["another width", "no JSON", "unknown", "no deviation"],
)
def test_a_wrong_preprocessing_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """It must be readable, and make as many columns as there are features."""
    with pytest.raises(CheckpointError, match=rf"preprocessing\.json: .*{message}"):
        publish(tmp_path, "small", facts(counts=COUNTS), {**files(), "preprocessing.json": text})


def test_files_without_a_digest_are_not_read(tmp_path: Path) -> None:
    """What the manifest doesn't name is no part of the checkpoint."""
    path = publish_small(tmp_path)
    (path / "features.safetensors").write_bytes(b"damaged")
    (path / "preprocessing.json").write_text("damaged")
    checkpoint = open_checkpoint(path)
    assert (checkpoint.features, checkpoint.preprocessing) == (None, None)


def test_a_weighted_graph_with_held_out_edges_is_whole(tmp_path: Path) -> None:
    """The weight of an edge in both directions, pairs of nodes in range."""
    tensors = graph(weights=floats(1, 2, 1, 3, 2, 3), heldout=PAIR)
    known = open_checkpoint(forge(tmp_path, {"graph.safetensors": tensors})).graph
    assert known.weights is not None
    assert known.heldout is not None
    assert (known.weights.tolist(), known.heldout.tolist()) == ([1, 2, 1, 3, 2, 3], [[0, 3]])


def test_links_are_verified_in_blocks(tmp_path: Path) -> None:
    """A link that one end alone has is found, and the memory is less than twice that of the links."""
    n, random = 2_000, np.random.default_rng(0)
    pairs = np.unique(np.sort(random.integers(0, n, (600_000, 2)), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    known = adjacency(n, pairs)
    tensors = {"indptr": known.indptr, "indices": known.indices.astype(np.int32)}
    manifest = open_checkpoint(publish_small(tmp_path)).manifest
    counts = manifest.counts.model_copy(update={"nodes": n, "edges": len(pairs)})
    manifest = manifest.model_copy(update={"counts": counts})
    tracemalloc.start()
    verify_graph(tensors, manifest)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * tensors["indices"].nbytes
    last = int(np.flatnonzero(np.diff(known.indices[-100:]) > 1)[-1]) - 100  # there is room above it in its row
    tensors["indices"][last] += 1
    with pytest.raises(CheckpointError, match="expected every edge in both directions, found edges in one only"):
        verify_graph(tensors, manifest)


def test_an_empty_graph_is_whole(tmp_path: Path) -> None:
    """No edges are known, as counted."""
    tensors, counts = GRAPHS["no edges"][0], {"nodes": 7, "edges": 0, "features": 0, "dim": 2}
    checkpoint = open_checkpoint(forge(tmp_path, {"graph.safetensors": tensors}, counts=counts))
    assert not checkpoint.graph.has_edges(EDGES[:, 0], EDGES[:, 1]).any()


def test_ids_that_begin_alike_are_distinct(tmp_path: Path) -> None:
    """The empty id and ids that begin with another are in order."""
    ids = ["", "a", "a\0", "aa", "aaa", "b", "ab"]
    assert open_checkpoint(forge(tmp_path, {"nodes.safetensors": encode_nodes(ids)})).nodes.row("ab") == 6


def test_a_variational_model_needs_its_variance(tmp_path: Path) -> None:
    """A VGAE without logvar is not whole."""
    with pytest.raises(CheckpointError, match="logvar"):
        open_checkpoint(forge(tmp_path, {}, model="vgae"))


def test_an_index_comes_with_the_checkpoint(tmp_path: Path) -> None:
    """What was written is opened, if the manifest has the facts of the search."""
    index = open_checkpoint(forge(tmp_path / "a", {"index.safetensors": INDEX}, index=INDEXED)).index
    assert index is not None
    assert (index.probes, index.rows.tolist(), index.vectors.tolist()) == (2, ROWS.tolist(), MU[ROWS].tolist())
    assert open_checkpoint(forge(tmp_path / "b", {"index.safetensors": INDEX})).index is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sources": np.array([0, 7])}, "links.safetensors, sources: expected numbers from 0 to 6, found others"),
        ({"targets": np.array([0, -1])}, "links.safetensors, targets: expected numbers from 0 to 6"),
        ({"targets": np.array([1, 1], np.int32)}, r"links.safetensors, targets: expected int64 \(2,\), found int32"),
        ({"relations": np.array([0, 1], np.int16)}, "links.safetensors, relations: expected numbers from 0 to 0"),
        ({"targets": np.array([3, 1])}, "links.safetensors: expected two nodes at the ends of each link"),
    ],
)
def test_a_forged_list_of_links_is_refused(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    """Rows and relations that are not there, and a link of a node with itself; the list itself is read."""
    sound = {"sources": np.array([0, 1]), "targets": np.array([3, 4]), "relations": np.zeros(2, np.int16)}
    links = open_checkpoint(forge(tmp_path / "a", {"links.safetensors": sound})).best_links
    assert links is not None
    assert [part.tolist() for part in links] == [[0, 1], [3, 4], [0, 0]]
    with pytest.raises(CheckpointError, match=message):
        open_checkpoint(forge(tmp_path / "b", {"links.safetensors": {**sound, **changed}}))
