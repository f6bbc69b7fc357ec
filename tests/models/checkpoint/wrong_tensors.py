"""Tensors that no checkpoint may have, by file, with the message that refuses them."""

from collections.abc import Mapping

import numpy as np
import pytest

from latentlink.models.arrays import Array
from latentlink.models.checkpoint import encode_nodes
from tests.models.checkpoint.helpers import IDS, MU

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


def floats(*values: float) -> Array:
    """A float32 array of these values."""
    return np.array(values, np.float32)


def _ints(*values: int) -> Array:
    return np.array(values, np.int32)


def _embeddings(**changed: Array) -> Tensors:
    return {"mu": MU, **changed}


def _nodes(**changed: Array) -> Tensors:
    return {**NODES, **changed}


def graph(**changed: Array) -> Tensors:
    """`graph.safetensors` of a triangle, changed."""
    return {"indptr": INDPTR, "indices": TRIANGLE, **changed}


def sparse(**changed: Array) -> Tensors:
    """Sparse `features.safetensors`, changed."""
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
    "no edges": (graph(indices=_ints(), indptr=np.zeros(8, np.int64)), "6 entries, two for each edge, found 0"),
    "an unknown node": (graph(indices=_ints(1, 9, 0, 2, 0, 1)), "sorted rows of nodes 0–6"),
    "an edge twice": (graph(indices=_ints(1, 1, 0, 2, 0, 1)), "sorted rows"),
    "unsorted": (graph(indices=_ints(2, 1, 0, 2, 0, 1)), "sorted rows"),
    "a loop": (graph(indices=_ints(0, 1, 0, 2, 0, 1)), "without self-loops"),
    "falling offsets": (graph(indptr=np.array([0, 4, 2, 6, 6, 6, 6, 6])), "offsets that rise"),
    "one direction": (graph(indices=_ints(1, 3, 0, 2, 0, 1)), "indices: expected every edge in both directions"),
    "indices of float32": (graph(indices=TRIANGLE.astype(np.float32)), "int32 or int64"),
    "a matrix": (graph(indices=TRIANGLE.reshape(3, 2)), r"indices: expected int32 or int64 \(m,\)"),
    "components too few": (graph(components=_ints(0, 0, 0)), r"components: expected int32 \(7,\)"),
    "a link between components": (
        graph(components=_ints(0, 0, 1, 2, 3, 4, 5)),
        "expected linked nodes in one component",
    ),
    "a weight too few": (graph(weights=floats(1, 1, 1, 1, 1)), r"weights: expected float32 \(6,\)"),
    "no weight": (graph(weights=floats(1, 1, 1, 0, 1, 0)), "weights: expected finite weights > 0"),
    "two weights of an edge": (graph(weights=floats(1, 2, 3, 4, 2, 4)), "expected one weight for both directions"),
    "weights of int32": (graph(weights=_ints(1, 1, 1, 1, 1, 1)), "weights: expected float32"),
    "times too few": (graph(times=np.ones(2)), r"times: expected float64 \(3,\), found float64 \(2,"),
    "time that is none": (graph(times=np.array([1, np.nan, 2])), "times: expected finite times, found NaN"),
    "an unknown node held out": (graph(heldout=np.array([[0, 7]])), "heldout: expected pairs"),
    "held-out before all": (graph(heldout=np.array([[-1, 2]])), "heldout: expected pairs"),
    "held-out triple": (graph(heldout=np.array([[0, 1, 2]])), r"heldout: expected int.* \(m, 2\)"),
    "held-out weight of 0": (graph(heldout=PAIR, heldout_weights=floats(0)), "expected finite weights > 0"),
    "held-out weights too many": (
        graph(heldout=PAIR, heldout_weights=floats(1, 1)),
        r"weights: expected float32 \(1,\)",
    ),
    "held-out times too many": (
        graph(heldout=PAIR, heldout_times=np.ones(2)),
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
    "wide columns": (sparse(indices=COLUMNS.astype(np.int64)), r"indices: expected int32 \(5,\)"),
    "too few columns": (sparse(indices=COLUMNS[:4]), r"indices: expected int32 \(5,\)"),
    "offsets of int32": (sparse(indptr=SPARSE["indptr"].astype(np.int32)), "indptr: expected int64"),
    "too few rows": (sparse(indptr=np.array([0, 2, 2, 3, 4, 4, 5])), r"indptr: expected int64 \(8,\)"),
    "falling offsets": (sparse(indptr=np.array([0, 2, 1, 3, 4, 4, 4, 5])), "indptr: expected offsets that rise"),
    "a column beyond": (sparse(indices=_ints(0, 4, 1, 1, 0)), "sorted rows of columns 0–3"),
    "a column below": (sparse(indices=_ints(-1, 3, 1, 1, 0)), "sorted rows of columns 0–3"),
    "unsorted": (sparse(indices=_ints(3, 0, 1, 1, 0)), "sorted rows of columns 0–3"),
    "a cell twice": (sparse(indices=_ints(3, 3, 1, 1, 0)), "sorted rows of columns 0–3"),
    "data of int64": (sparse(data=np.arange(5)), r"data: expected float32 \(m,\)"),
    "missing data": (sparse(data=floats(1, 2, np.nan, 1, 1)), "data: expected finite numbers"),
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
