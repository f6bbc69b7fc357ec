"""The graphs of LATENTLINK_DATA, read as training reads a user's; see the README of that folder for where they come from."""

import os
from pathlib import Path

import numpy as np
from scipy import io, sparse

from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.sources import load_graph

ATTRIBUTED = ("cora", "citeseer", "dblp", "amazon_photo")
PLAIN = ("USAir", "NS", "Yeast", "Power")
EMBEDDED = ("movies", "movies_by_time")
NAMES = (*EMBEDDED, *ATTRIBUTED, *PLAIN)


def data_folder() -> Path | None:
    """The folder that LATENTLINK_DATA names, or None."""
    folder = os.environ.get("LATENTLINK_DATA")
    return None if folder is None else Path(folder)


def load(name: str, folder: Path | None) -> Graph:
    """One of `NAMES`; all but the embedded ones need the folder. A graph with times is one to split by them."""
    if name in EMBEDDED:
        return load_graph(dataset="movies", time="year" if name == "movies_by_time" else None)
    assert folder is not None
    return _plain(folder / "seal" / f"{name}.mat") if name in PLAIN else attributed(folder / name / "graph.npz")


def _plain(path: Path) -> Graph:
    network = sparse.coo_array(io.loadmat(path)["net"])
    pairs = np.stack([network.row, network.col], axis=1).astype(np.int64)
    return Graph.from_pairs([str(i) for i in range(network.shape[0])], pairs)


def attributed(path: Path) -> Graph:
    """A graph with sparse features in an .npz, read as undirected."""
    with np.load(path, allow_pickle=False) as arrays:
        shape = (int(arrays["x_shape"][0]), int(arrays["x_shape"][1]))
        rows = np.repeat(np.arange(shape[0]), np.diff(arrays["x_indptr"]))
        columns, data = arrays["x_indices"].astype(np.int64), arrays["x_data"].astype(np.float32)
        x = CSR.from_coo(rows, columns, data, shape)  # some files have columns in any order
        return Graph.from_pairs([str(i) for i in range(shape[0])], arrays["edges"].astype(np.int64), features=x)
