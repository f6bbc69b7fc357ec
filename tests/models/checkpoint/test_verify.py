"""Right digests are not enough: shapes, ids and edges must fit the counts and each other."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from latentlink.models.arrays import Array
from latentlink.models.checkpoint import encode_nodes, open_checkpoint, publish
from latentlink.models.errors import CheckpointError
from latentlink.models.graph.csr import CSR
from tests.models.checkpoint.helpers import EDGES, IDS, MU, facts, files, forge, publish_small, replace_file

Tensors = Mapping[str, Array]
Cases = dict[str, tuple[Tensors, str]]

COUNTS = {"nodes": 7, "edges": 3, "features": 4, "dim": 2}
INDEXED = {"probes": 2, "recall_at_10": 1.0}
INDPTR = np.array([0, 2, 4, 6, 6, 6, 6, 6])
TRIANGLE = np.array([1, 2, 0, 2, 0, 1], np.int32)
NODES = encode_nodes(IDS)
STARTS, BUCKET_ROWS = NODES["bucket_starts"], NODES["bucket_rows"]
X = np.eye(7, 4, dtype=np.float32)
COLUMNS = np.array([0, 3, 1, 1, 0], np.int32)
SPARSE = {"indptr": np.array([0, 2, 2, 3, 4, 4, 4, 5]), "indices": COLUMNS, "data": np.arange(1, 6, dtype=np.float32)}
CENTROIDS = np.zeros((2, 2), np.float32)
ROWS = np.array([6, 0, 2, 1, 3, 4, 5], np.int32)
INDEX = {"centroids": CENTROIDS, "starts": np.array([0, 3, 7]), "rows": ROWS, "vectors": MU[ROWS]}


def _floats(*values: float) -> Array:
    return np.array(values, np.float32)


def _ints(*values: int) -> Array:
    return np.array(values, np.int32)


def _embeddings(**changed: Array) -> Tensors:
    return {"mu": MU, **changed}


def _nodes(**changed: Array) -> Tensors:
    return {**NODES, **changed}


def _graph(**changed: Array) -> Tensors:
    return {"indptr": INDPTR, "indices": TRIANGLE, **changed}


def _sparse(**changed: Array) -> Tensors:
    return {**SPARSE, **changed}


def _index(**changed: Array) -> Tensors:
    return {**INDEX, **changed}


EMBEDDINGS: Cases = {
    "a map of three dimensions": (_embeddings(map=np.zeros((7, 3), np.float32)), r"map: expected float32 \(7, 2\)"),
    "a map with a hole": (_embeddings(map=np.full((7, 2), np.nan, np.float32)), "map: expected finite numbers"),
    "row scales too few": (_embeddings(stretches=np.ones((6, 1), np.float32)), r"stretches: expected float32 \(7, m\)"),
    "an endless row scale": (_embeddings(stretches=np.full((7, 1), np.inf, np.float32)), "stretches: expected finite"),
    "too few": ({"mu": MU[:6]}, r"mu: expected float32 \(7, 2\), found float32 \(6, 2\)"),
    "unnamed": ({"nu": MU}, "expected a tensor named 'mu'"),
    "NaN": ({"mu": np.where(MU == 7, np.float32(np.nan), MU)}, "mu: expected finite numbers"),
    "infinite": ({"mu": np.where(MU == 7, np.float32(np.inf), MU)}, "mu: expected finite numbers"),
    "products overflow": ({"mu": MU + np.float32(2e15)}, r"expected numbers below 1e\+15"),
    "integers": ({"mu": MU.astype(np.int32)}, "mu: expected float32"),
    "logvar of no use": (_embeddings(logvar=MU[:3]), "logvar: expected float32"),
}
NODE_TABLES: Cases = {
    "too few": (encode_nodes(IDS[:6]), "offsets: expected int64"),
    "bytes of int32": (_nodes(bytes=NODES["bytes"].astype(np.int32)), "bytes: expected uint8"),
    "bytes of float32": (_nodes(bytes=NODES["bytes"].astype(np.float32)), "bytes: expected uint8"),
    "offsets of int32": (_nodes(offsets=NODES["offsets"].astype(np.int32)), "offsets: expected int64"),
    "order of float32": (_nodes(order=NODES["order"].astype(np.float32)), "order: expected int64"),
    "order of int32": (_nodes(order=NODES["order"].astype(np.int32)), "order: expected int64"),
    "no UTF-8": (_nodes(bytes=np.full(15, 255, np.uint8)), "ids in UTF-8"),
    "one row": (_nodes(order=np.zeros(7, np.int64)), "rows 0–6 by rising, distinct ids"),
    "rows out of range": (_nodes(order=NODES["order"] + 1), "rows 0–6 by rising"),
    "negative rows": (_nodes(order=NODES["order"] - 7), "rows 0–6 by rising"),
    "reversed": (_nodes(order=NODES["order"][::-1]), "rows 0–6 by rising"),
    "unsorted": (_nodes(order=np.arange(7)), "rows 0–6 by rising"),
    "one id twice": (encode_nodes([*IDS[:6], "a"]), "rows 0–6 by rising, distinct ids"),
    "buckets of float32": (_nodes(bucket_starts=STARTS.astype(np.float32)), "bucket_starts: expected int32 or int64"),
    "buckets of no rows": ({k: v for k, v in NODES.items() if k != "bucket_rows"}, "a tensor named 'bucket_rows'"),
    "fifteen buckets": (_nodes(bucket_starts=np.delete(STARTS, 0)), "bucket_starts: expected a power of two"),
    "falling buckets": (_nodes(bucket_starts=STARTS[::-1]), "bucket_starts: expected offsets that rise from 0 to 7"),
    "a bucket of unknown rows": (_nodes(bucket_rows=BUCKET_ROWS + 1), "bucket_rows: expected rows 0–6"),
    "buckets of others": (_nodes(bucket_rows=BUCKET_ROWS[::-1]), "bucket_rows: expected rows 0–6 in"),
    "buckets too few": (_nodes(bucket_rows=BUCKET_ROWS[:6]), r"bucket_rows: expected int32 or int64 \(7,\)"),
}
PAIR = np.array([[0, 3]])
GRAPHS: Cases = {
    "no edges": (_graph(indices=_ints(), indptr=np.zeros(8, np.int64)), "3 edges"),
    "an unknown node": (_graph(indices=_ints(1, 9, 0, 2, 0, 1)), "sorted rows of nodes 0–6"),
    "an edge twice": (_graph(indices=_ints(1, 1, 0, 2, 0, 1)), "sorted rows"),
    "unsorted": (_graph(indices=_ints(2, 1, 0, 2, 0, 1)), "sorted rows"),
    "a loop": (_graph(indices=_ints(0, 1, 0, 2, 0, 1)), "without self-loops"),
    "falling offsets": (_graph(indptr=np.array([0, 4, 2, 6, 6, 6, 6, 6])), "offsets that rise"),
    "one direction": (_graph(indices=_ints(1, 3, 0, 2, 0, 1)), "indices: expected every edge in both directions"),
    "indices of float32": (_graph(indices=TRIANGLE.astype(np.float32)), "int32 or int64"),
    "a matrix": (_graph(indices=TRIANGLE.reshape(3, 2)), r"indices: expected int32 or int64 \(m,\)"),
    "components too few": (_graph(components=_ints(0, 0, 0)), r"components: expected int32 \(7,\)"),
    "a link between components": (
        _graph(components=_ints(0, 0, 1, 2, 3, 4, 5)),
        "expected linked nodes in one component",
    ),
    "a weight too few": (_graph(weights=_floats(1, 1, 1, 1, 1)), r"weights: expected float32 \(6,\)"),
    "no weight": (_graph(weights=_floats(1, 1, 1, 0, 1, 0)), "weights: expected finite weights > 0"),
    "two weights of an edge": (_graph(weights=_floats(1, 2, 3, 4, 2, 4)), "expected one weight for both directions"),
    "weights of int32": (_graph(weights=_ints(1, 1, 1, 1, 1, 1)), "weights: expected float32"),
    "times too few": (_graph(times=np.ones(2)), r"times: expected float64 \(3,\), found float64 \(2,"),
    "time that is none": (_graph(times=np.array([1, np.nan, 2])), "times: expected finite times, found NaN"),
    "an unknown node held out": (_graph(heldout=np.array([[0, 7]])), "heldout: expected pairs"),
    "held-out before all": (_graph(heldout=np.array([[-1, 2]])), "heldout: expected pairs"),
    "held-out triple": (_graph(heldout=np.array([[0, 1, 2]])), r"heldout: expected int.* \(m, 2\)"),
    "held-out weight of 0": (_graph(heldout=PAIR, heldout_weights=_floats(0)), "expected finite weights > 0"),
    "held-out weights too many": (
        _graph(heldout=PAIR, heldout_weights=_floats(1, 1)),
        r"weights: expected float32 \(1,\)",
    ),
    "held-out times too many": (
        _graph(heldout=PAIR, heldout_times=np.ones(2)),
        r"heldout_times: expected float64 \(1,\)",
    ),
}
FEATURES: Cases = {
    "too narrow": ({"x": X[:, :3]}, r"x: expected float32 \(7, 4\), found float32 \(7, 3\)"),
    "too short": ({"x": X[:6]}, r"x: expected float32 \(7, 4\)"),
    "integers": ({"x": X.astype(np.int32)}, "x: expected float32"),
    "missing": ({"x": np.where(X > 0, np.float32(np.nan), X)}, "x: expected finite numbers, found infinity or NaN"),
    "infinite": ({"x": np.where(X > 0, np.float32(np.inf), X)}, "x: expected finite numbers"),
    "unnamed": ({"y": X}, "expected a tensor named 'data'"),
    "no columns": ({name: SPARSE[name] for name in ("data", "indptr")}, "expected a tensor named 'indices'"),
    "wide columns": (_sparse(indices=COLUMNS.astype(np.int64)), r"indices: expected int32 \(5,\)"),
    "too few columns": (_sparse(indices=COLUMNS[:4]), r"indices: expected int32 \(5,\)"),
    "offsets of int32": (_sparse(indptr=SPARSE["indptr"].astype(np.int32)), "indptr: expected int64"),
    "too few rows": (_sparse(indptr=np.array([0, 2, 2, 3, 4, 4, 5])), r"indptr: expected int64 \(8,\)"),
    "falling offsets": (_sparse(indptr=np.array([0, 2, 1, 3, 4, 4, 4, 5])), "indptr: expected offsets that rise"),
    "a column beyond": (_sparse(indices=_ints(0, 4, 1, 1, 0)), "sorted rows of columns 0–3"),
    "a column below": (_sparse(indices=_ints(-1, 3, 1, 1, 0)), "sorted rows of columns 0–3"),
    "unsorted": (_sparse(indices=_ints(3, 0, 1, 1, 0)), "sorted rows of columns 0–3"),
    "a cell twice": (_sparse(indices=_ints(3, 3, 1, 1, 0)), "sorted rows of columns 0–3"),
    "data of int64": (_sparse(data=np.arange(5)), r"data: expected float32 \(m,\)"),
    "missing data": (_sparse(data=_floats(1, 2, np.nan, 1, 1)), "data: expected finite numbers"),
}
INDEXES: Cases = {
    "centroids of another width": (_index(centroids=np.zeros((2, 3), np.float32)), r"centroids: expected float32"),
    "a centroid of NaN": (_index(centroids=np.full((2, 2), np.nan, np.float32)), "centroids: expected finite"),
    "no starts": ({"centroids": CENTROIDS, "rows": ROWS}, "a tensor named 'starts'"),
    "starts of three clusters": (_index(starts=np.array([0, 3, 5, 7])), "starts: expected int64"),
    "falling starts": (_index(starts=np.array([0, 8, 7])), "starts: expected offsets that rise"),
    "a row twice": (_index(rows=_ints(0, 0, 2, 3, 4, 5, 6)), "rows: expected each of rows 0–6 once"),
    "an unknown node": (_index(rows=_ints(1, 2, 3, 4, 5, 6, 7)), "rows: expected each of rows 0–6 once"),
    "vectors of others": (_index(vectors=MU), "vectors: expected the embeddings in order of rows"),
    "vectors too few": (_index(vectors=MU[:6]), "vectors: expected float32"),
}
FILES: dict[str, tuple[Cases, dict[str, object]]] = {
    "embeddings": (EMBEDDINGS, {}),
    "nodes": (NODE_TABLES, {}),
    "graph": (GRAPHS, {}),
    "features": (FEATURES, {"counts": COUNTS}),
    "index": (INDEXES, {"index": INDEXED}),
}
"""Wrong tensors of each file, with the facts of a manifest that has the file."""
CASES = [
    pytest.param(f"{file}.safetensors", tensors, manifest, message, id=f"{file}: {name}")
    for file, (cases, manifest) in FILES.items()
    for name, (tensors, message) in cases.items()
]


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
    tensors = _sparse(indptr=np.array(indptr), indices=COLUMNS[:stored], data=SPARSE["data"][:stored])
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
    graph = _graph(weights=_floats(1, 2, 1, 3, 2, 3), heldout=PAIR)
    known = open_checkpoint(forge(tmp_path, {"graph.safetensors": graph})).graph
    assert known.weights is not None
    assert known.heldout is not None
    assert (known.weights.tolist(), known.heldout.tolist()) == ([1, 2, 1, 3, 2, 3], [[0, 3]])


def test_an_empty_graph_is_whole(tmp_path: Path) -> None:
    """No edges are known, as counted."""
    graph, counts = GRAPHS["no edges"][0], {"nodes": 7, "edges": 0, "features": 0, "dim": 2}
    checkpoint = open_checkpoint(forge(tmp_path, {"graph.safetensors": graph}, counts=counts))
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
