"""Right digests are not enough: shapes, ids and edges must fit the counts and each other."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from latentlink.models.arrays import Array
from latentlink.models.checkpoint import encode_nodes, open_checkpoint, publish
from latentlink.models.errors import CheckpointError
from latentlink.models.graph.csr import CSR
from tests.models.checkpoint.helpers import EDGES, IDS, MU, facts, files, forge, publish_small, replace_file

Tensors = Mapping[str, Array]

INDPTR = np.array([0, 2, 4, 6, 6, 6, 6, 6])
TRIANGLE = np.array([1, 2, 0, 2, 0, 1], np.int32)
NODES = encode_nodes(IDS)
STARTS = NODES["bucket_starts"]


def _graph(indices: list[int], indptr: Array = INDPTR) -> Tensors:
    return {"indptr": indptr, "indices": np.array(indices, np.int32)}


def _weighted(*weights: float) -> Tensors:
    return {"indptr": INDPTR, "indices": TRIANGLE, "weights": np.array(weights, np.float32)}


def _parted(*components: int) -> Tensors:
    return {"indptr": INDPTR, "indices": TRIANGLE, "components": np.array(components, np.int32)}


EMBEDDINGS: dict[str, tuple[Tensors, str]] = {
    "a map of three dimensions": ({"mu": MU, "map": np.zeros((7, 3), np.float32)}, r"map: expected float32 \(7, 2\)"),
    "a map with a hole": ({"mu": MU, "map": np.full((7, 2), np.nan, np.float32)}, "map: expected finite numbers"),
    "lengths too few": ({"mu": MU, "stretches": np.ones((6, 1), np.float32)}, r"stretches: expected float32 \(7, m\)"),
    "an endless length": ({"mu": MU, "stretches": np.full((7, 1), np.inf, np.float32)}, "stretches: expected finite"),
    "too few": ({"mu": MU[:6]}, r"mu: expected float32 \(7, 2\), found float32 \(6, 2\)"),
    "unnamed": ({"nu": MU}, "expected a tensor named 'mu'"),
    "NaN": ({"mu": np.where(MU == 7, np.float32(np.nan), MU)}, "mu: expected finite numbers"),
    "infinite": ({"mu": np.where(MU == 7, np.float32(np.inf), MU)}, "mu: expected finite numbers"),
    "products overflow": ({"mu": MU + np.float32(2e15)}, r"expected numbers below 1e\+15"),
    "integers": ({"mu": MU.astype(np.int32)}, "mu: expected float32"),
    "logvar of no use": ({"mu": MU, "logvar": MU[:3]}, "logvar: expected float32"),
}

NODE_TABLES: dict[str, tuple[Tensors, str]] = {
    "too few": (encode_nodes(IDS[:6]), "offsets: expected int64"),
    "bytes of int32": ({**NODES, "bytes": NODES["bytes"].astype(np.int32)}, "bytes: expected uint8"),
    "bytes of float32": ({**NODES, "bytes": NODES["bytes"].astype(np.float32)}, "bytes: expected uint8"),
    "offsets of int32": ({**NODES, "offsets": NODES["offsets"].astype(np.int32)}, "offsets: expected int64"),
    "order of float32": ({**NODES, "order": NODES["order"].astype(np.float32)}, "order: expected int64"),
    "order of int32": ({**NODES, "order": NODES["order"].astype(np.int32)}, "order: expected int64"),
    "no UTF-8": ({**NODES, "bytes": np.full(15, 255, np.uint8)}, "ids in UTF-8"),
    "one row": ({**NODES, "order": np.zeros(7, np.int64)}, "rows 0–6 by rising, distinct ids"),
    "rows out of range": ({**NODES, "order": NODES["order"] + 1}, "rows 0–6 by rising"),
    "negative rows": ({**NODES, "order": NODES["order"] - 7}, "rows 0–6 by rising"),
    "reversed": ({**NODES, "order": NODES["order"][::-1]}, "rows 0–6 by rising"),
    "unsorted": ({**NODES, "order": np.arange(7)}, "rows 0–6 by rising"),
    "buckets of float32": (
        {**NODES, "bucket_starts": STARTS.astype(np.float32)},
        "bucket_starts: expected int32 or int64",
    ),
    "buckets of no rows": ({k: v for k, v in NODES.items() if k != "bucket_rows"}, "a tensor named 'bucket_rows'"),
    "fifteen buckets": ({**NODES, "bucket_starts": np.delete(STARTS, 0)}, "bucket_starts: expected a power of two"),
    "falling buckets": (
        {**NODES, "bucket_starts": STARTS[::-1]},
        "bucket_starts: expected offsets that rise from 0 to 7",
    ),
    "a bucket of unknown rows": ({**NODES, "bucket_rows": NODES["bucket_rows"] + 1}, "bucket_rows: expected rows 0–6"),
    "buckets of others": ({**NODES, "bucket_rows": NODES["bucket_rows"][::-1]}, "bucket_rows: expected rows 0–6 in"),
    "buckets too few": (
        {**NODES, "bucket_rows": NODES["bucket_rows"][:6]},
        r"bucket_rows: expected int32 or int64 \(7,\)",
    ),
    "one id twice": (encode_nodes([*IDS[:6], "a"]), "rows 0–6 by rising, distinct ids"),
}

PAIR = np.array([[0, 3]])
GRAPHS: dict[str, tuple[Tensors, str]] = {
    "no edges": (_graph([], np.zeros(8, np.int64)), "3 edges"),
    "an unknown node": (_graph([1, 9, 0, 2, 0, 1]), "sorted rows of nodes 0–6"),
    "an edge twice": (_graph([1, 1, 0, 2, 0, 1]), "sorted rows"),
    "unsorted": (_graph([2, 1, 0, 2, 0, 1]), "sorted rows"),
    "a loop": (_graph([0, 1, 0, 2, 0, 1]), "without self-loops"),
    "falling offsets": (_graph([*TRIANGLE], np.array([0, 4, 2, 6, 6, 6, 6, 6])), "offsets that rise"),
    "one direction": (_graph([1, 3, 0, 2, 0, 1]), "indices: expected every edge in both directions"),
    "indices of float32": ({"indptr": INDPTR, "indices": TRIANGLE.astype(np.float32)}, "int32 or int64"),
    "a matrix": ({"indptr": INDPTR, "indices": TRIANGLE.reshape(3, 2)}, r"indices: expected int32 or int64 \(m,\)"),
    "components too few": (_parted(0, 0, 0), r"components: expected int32 \(7,\)"),
    "a link between components": (_parted(0, 0, 1, 2, 3, 4, 5), "components: expected linked nodes in one component"),
    "a weight too few": (_weighted(1, 1, 1, 1, 1), r"weights: expected float32 \(6,\)"),
    "no weight": (_weighted(1, 1, 1, 0, 1, 0), "weights: expected finite weights > 0"),
    "two weights of an edge": (_weighted(1, 2, 3, 4, 2, 4), "weights: expected one weight for both directions"),
    "weights of int32": ({**_graph([*TRIANGLE]), "weights": np.ones(6, np.int32)}, "weights: expected float32"),
    "an unknown node held out": ({**_graph([*TRIANGLE]), "heldout": np.array([[0, 7]])}, "heldout: expected pairs"),
    "held-out before all": ({**_graph([*TRIANGLE]), "heldout": np.array([[-1, 2]])}, "heldout: expected pairs"),
    "held-out weight of 0": (
        {**_graph([*TRIANGLE]), "heldout": PAIR, "heldout_weights": np.zeros(1, np.float32)},
        "heldout_weights: expected finite weights > 0",
    ),
    "held-out weights too many": (
        {**_graph([*TRIANGLE]), "heldout": PAIR, "heldout_weights": np.ones(2, np.float32)},
        r"heldout_weights: expected float32 \(1,\), found float32 \(2,\)",
    ),
    "held-out times": (
        {**_graph([*TRIANGLE]), "heldout": PAIR, "heldout_times": np.ones(2)},
        r"heldout_times: expected float64 \(1,\), found float64 \(2,\)",
    ),
    "times too few": (
        {**_graph([*TRIANGLE]), "times": np.ones(2)},
        r"times: expected float64 \(3,\), found float64 \(2,",
    ),
    "time that is none": (
        {**_graph([*TRIANGLE]), "times": np.array([1, np.nan, 2])},
        "times: expected finite times, found NaN",
    ),
    "held-out triple": ({**_graph([*TRIANGLE]), "heldout": np.array([[0, 1, 2]])}, r"heldout: expected int.* \(m, 2\)"),
}

CASES = [
    pytest.param(f"{file}.safetensors", *case, id=f"{file}: {name}")
    for file, cases in (("embeddings", EMBEDDINGS), ("nodes", NODE_TABLES), ("graph", GRAPHS))
    for name, case in cases.items()
]


@pytest.mark.parametrize(("file", "tensors", "message"), CASES)
def test_wrong_tensors_are_refused(tmp_path: Path, file: str, tensors: Tensors, message: str) -> None:
    """A checkpoint whose digests are right is an error all the same."""
    with pytest.raises(CheckpointError, match=message):
        open_checkpoint(forge(tmp_path, {file: tensors}))


@pytest.mark.parametrize(("file", "tensors", "message"), CASES)
def test_what_no_reader_opens_is_never_published(tmp_path: Path, file: str, tensors: Tensors, message: str) -> None:
    """`CURRENT` is not moved to it, and nothing is left of it."""
    with pytest.raises(CheckpointError, match=message):
        publish(tmp_path, "small", facts(), {**files(), file: tensors})
    assert [path.name for path in (tmp_path / "small").iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("embeddings.safetensors", "mu"),
        ("nodes.safetensors", "bytes"),
        ("nodes.safetensors", "order"),
        ("nodes.safetensors", "offsets"),
        ("graph.safetensors", "indptr"),
        ("graph.safetensors", "indices"),
    ],
)
def test_a_number_is_no_array(tmp_path: Path, file: str, name: str) -> None:
    """A tensor without axes, which our own writer never makes, is an error that names it."""
    tensors = {**files()[file], name: np.array(1, np.int64)}  # type: ignore[dict-item]
    with pytest.raises(CheckpointError, match=rf"{file}, {name}: expected .*, found int64 \(\)"):
        open_checkpoint(replace_file(publish_small(tmp_path), file, save(tensors)))


COUNTS = {"nodes": 7, "edges": 3, "features": 4, "dim": 2}
X = np.eye(7, 4, dtype=np.float32)
SPARSE: Tensors = {
    "indptr": np.array([0, 2, 2, 3, 4, 4, 4, 5]),
    "indices": np.array([0, 3, 1, 1, 0], np.int32),
    "data": np.arange(1, 6, dtype=np.float32),
}


def _sparse(**changed: np.ndarray) -> Tensors:
    return {**SPARSE, **changed}


FEATURES: dict[str, tuple[Tensors, str]] = {
    "too narrow": ({"x": X[:, :3]}, r"x: expected float32 \(7, 4\), found float32 \(7, 3\)"),
    "too short": ({"x": X[:6]}, r"x: expected float32 \(7, 4\)"),
    "integers": ({"x": X.astype(np.int32)}, "x: expected float32"),
    "missing": ({"x": np.where(X > 0, np.float32(np.nan), X)}, "x: expected finite numbers, found infinity or NaN"),
    "infinite": ({"x": np.where(X > 0, np.float32(np.inf), X)}, "x: expected finite numbers"),
    "unnamed": ({"y": X}, "expected a tensor named 'data'"),
    "no columns": ({name: SPARSE[name] for name in ("data", "indptr")}, "expected a tensor named 'indices'"),
    "wide columns": (_sparse(indices=SPARSE["indices"].astype(np.int64)), r"indices: expected int32 \(5,\)"),
    "too few columns": (_sparse(indices=SPARSE["indices"][:4]), r"indices: expected int32 \(5,\)"),
    "offsets of int32": (_sparse(indptr=SPARSE["indptr"].astype(np.int32)), "indptr: expected int64"),
    "too few rows": (_sparse(indptr=np.array([0, 2, 2, 3, 4, 4, 5])), r"indptr: expected int64 \(8,\)"),
    "falling offsets": (_sparse(indptr=np.array([0, 2, 1, 3, 4, 4, 4, 5])), "indptr: expected offsets that rise"),
    "a column beyond": (_sparse(indices=np.array([0, 4, 1, 1, 0], np.int32)), "sorted rows of columns 0–3"),
    "a column below": (_sparse(indices=np.array([-1, 3, 1, 1, 0], np.int32)), "sorted rows of columns 0–3"),
    "unsorted": (_sparse(indices=np.array([3, 0, 1, 1, 0], np.int32)), "sorted rows of columns 0–3"),
    "a cell twice": (_sparse(indices=np.array([3, 3, 1, 1, 0], np.int32)), "sorted rows of columns 0–3"),
    "data of int64": (_sparse(data=np.arange(5)), r"data: expected float32 \(m,\)"),
    "missing data": (_sparse(data=np.array([1, 2, np.nan, 1, 1], np.float32)), "data: expected finite numbers"),
}


@pytest.mark.parametrize(("tensors", "message"), FEATURES.values(), ids=FEATURES)
def test_wrong_features_are_refused(tmp_path: Path, tensors: Tensors, message: str) -> None:
    """Features of another shape, with holes, or in an order that no reader expects, are an error with right digests."""
    with pytest.raises(CheckpointError, match=message):
        open_checkpoint(forge(tmp_path, {"features.safetensors": tensors}, counts=COUNTS))


def test_sparse_features_are_whole(tmp_path: Path) -> None:
    """Empty rows first and last, and a column that falls from one row to the next, are in order."""
    for i, indptr in enumerate(([0, 2, 2, 3, 4, 4, 4, 5], [0, 0, 0, 2, 3, 4, 5, 5])):
        tensors = _sparse(indptr=np.array(indptr))
        x = open_checkpoint(forge(tmp_path / str(i), {"features.safetensors": tensors}, counts=COUNTS)).features
        assert isinstance(x, CSR)
        assert (x.indptr.tolist(), x.row(2 if i else 0).tolist(), x.shape) == (indptr, [0, 3], (7, 4))


def test_an_empty_matrix_is_whole(tmp_path: Path) -> None:
    """Features that are all 0 store nothing."""
    tensors = {"indptr": np.zeros(8, np.int64), "indices": np.zeros(0, np.int32), "data": np.zeros(0, np.float32)}
    assert isinstance(open_checkpoint(forge(tmp_path, {"features.safetensors": tensors}, counts=COUNTS)).features, CSR)


def test_a_model_of_features_may_miss_some(tmp_path: Path) -> None:
    """An AE completes what is missing; infinity it can't take either."""
    for i, value in enumerate((np.nan, np.inf)):
        changed = {"features.safetensors": {"x": np.where(X > 0, np.float32(value), X)}}
        path = forge(tmp_path / str(i), changed, counts=COUNTS, model="ae")
        if i == 0:
            assert np.isnan(np.asarray(open_checkpoint(path).features)).sum() == 4
            continue
        with pytest.raises(CheckpointError, match="x: expected numbers or NaN, found infinity"):
            open_checkpoint(path)


PREPROCESSING = {
    "another width": ('{"columns": [{"kind": "binary", "name": "b"}]}', "expected 4 encoded columns, found 1"),
    "no JSON": ("{", "preprocessing.json: expected a preprocessing, found: Invalid JSON"),
    "unknown": (
        '{"columns": [{"kind": "x", "name": "b"}]}',
        "preprocessing.json: expected a preprocessing, found: Input",
    ),
    "no deviation": (
        '{"columns": [{"kind": "number", "name": "b", "mean": 0, "deviation": 0}]}',
        "preprocessing.json: expected a preprocessing, found: Input should be greater than 0",
    ),
}


@pytest.mark.parametrize(("text", "message"), PREPROCESSING.values(), ids=PREPROCESSING)
def test_a_wrong_preprocessing_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """It must be readable, and make as many columns as there are features."""
    with pytest.raises(CheckpointError, match=message):
        publish(tmp_path, "small", facts(counts=COUNTS), {**files(), "preprocessing.json": text})


def test_features_without_a_digest_are_not_read(tmp_path: Path) -> None:
    """What the manifest doesn't name is no part of the checkpoint."""
    path = publish_small(tmp_path)
    (path / "features.safetensors").write_bytes(b"damaged")
    (path / "preprocessing.json").write_text("damaged")
    checkpoint = open_checkpoint(path)
    assert (checkpoint.features, checkpoint.preprocessing) == (None, None)


def test_a_weighted_graph_with_held_out_edges_is_whole(tmp_path: Path) -> None:
    """The weight of an edge in both directions, pairs of nodes in range."""
    graph = {**_weighted(1, 2, 1, 3, 2, 3), "heldout": np.array([[0, 3]])}
    known = open_checkpoint(forge(tmp_path, {"graph.safetensors": graph})).graph
    assert known.weights is not None
    assert known.heldout is not None
    assert (known.weights.tolist(), known.heldout.tolist()) == ([1, 2, 1, 3, 2, 3], [[0, 3]])


def test_ids_that_begin_alike_are_distinct(tmp_path: Path) -> None:
    """The empty id and ids that begin with another are in order."""
    ids = ["", "a", "a\0", "aa", "aaa", "b", "ab"]
    assert open_checkpoint(forge(tmp_path, {"nodes.safetensors": encode_nodes(ids)})).nodes.row("ab") == 6


def test_a_variational_model_needs_its_variance(tmp_path: Path) -> None:
    """A VGAE without logvar is not whole."""
    with pytest.raises(CheckpointError, match="logvar"):
        open_checkpoint(forge(tmp_path, {}, model="vgae"))


def test_an_empty_graph_is_whole(tmp_path: Path) -> None:
    """No edges are known, as counted."""
    graph = _graph([], np.zeros(8, np.int64))
    counts = {"nodes": 7, "edges": 0, "features": 0, "dim": 2}
    checkpoint = open_checkpoint(forge(tmp_path, {"graph.safetensors": graph}, counts=counts))
    assert not checkpoint.graph.has_edges(EDGES[:, 0], EDGES[:, 1]).any()


CENTROIDS = np.zeros((2, 2), np.float32)
ROWS = np.array([6, 0, 2, 1, 3, 4, 5], np.int32)
INDEX = {"centroids": CENTROIDS, "starts": np.array([0, 3, 7]), "rows": ROWS, "vectors": MU[ROWS]}
INDEXES: dict[str, tuple[Tensors, str]] = {
    "centroids of another width": (
        {**INDEX, "centroids": np.zeros((2, 3), np.float32)},
        r"centroids: expected float32",
    ),
    "a centroid of NaN": ({**INDEX, "centroids": np.full((2, 2), np.nan, np.float32)}, "centroids: expected finite"),
    "no starts": ({"centroids": CENTROIDS, "rows": INDEX["rows"]}, "a tensor named 'starts'"),
    "starts of three clusters": ({**INDEX, "starts": np.array([0, 3, 5, 7])}, "starts: expected int64"),
    "falling starts": ({**INDEX, "starts": np.array([0, 8, 7])}, "starts: expected offsets that rise"),
    "a row twice": (
        {**INDEX, "rows": np.array([0, 0, 2, 3, 4, 5, 6], np.int32)},
        "rows: expected each of rows 0–6 once",
    ),
    "vectors of others": ({**INDEX, "vectors": MU}, "vectors: expected the embeddings in order of rows"),
    "vectors too few": ({**INDEX, "vectors": MU[:6]}, "vectors: expected float32"),
    "an unknown node": ({**INDEX, "rows": np.arange(1, 8, dtype=np.int32)}, "rows: expected each of rows 0–6 once"),
}


@pytest.mark.parametrize(("tensors", "message"), INDEXES.values(), ids=INDEXES)
def test_an_index_that_does_not_fit_is_refused(tmp_path: Path, tensors: Tensors, message: str) -> None:
    """Each says what was expected where."""
    path = forge(tmp_path, {"index.safetensors": tensors}, index={"probes": 1, "recall_at_10": 1.0})
    with pytest.raises(CheckpointError, match=message):
        open_checkpoint(path)


def test_an_index_comes_with_the_checkpoint(tmp_path: Path) -> None:
    """What was written is what is opened; without the manifest's word on how to search it, it is none."""
    index = open_checkpoint(
        forge(tmp_path / "a", {"index.safetensors": INDEX}, index={"probes": 2, "recall_at_10": 1.0})
    ).index
    assert index is not None
    assert (index.probes, index.rows.tolist(), index.vectors.tolist()) == (2, ROWS.tolist(), MU[ROWS].tolist())
    assert open_checkpoint(forge(tmp_path / "b", {"index.safetensors": INDEX})).index is None
