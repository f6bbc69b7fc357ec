"""A graph without some of its nodes: what is left knows neither their links nor their features, nor what was fitted to these."""

import numpy as np

from latentlink.models.arrays import Float32, Int64
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.preprocessing import Preprocessing

Features = Float32 | CSR | None


def visible_graph(graph: Graph, visible: Int64, features: Features) -> Graph:
    """The nodes `visible`, int64 (m,), rising, with the links among them and their rows of `features`, (N, F)."""
    place = np.full(graph.n_nodes, -1)
    place[visible] = np.arange(len(visible))
    edges = place[graph.edges]
    kept = (edges >= 0).all(axis=1)
    weights = None if graph.weights is None else graph.weights[kept]
    rows = features.take(visible) if isinstance(features, CSR) else None if features is None else features[visible]
    return Graph([graph.ids[row] for row in visible.tolist()], edges[kept], weights, rows)


def features_by(graph: Graph, visible: Int64) -> Features:
    """The features of all nodes, (N, F), as they would be encoded had a node table been fitted to the visible rows alone.

    Numbers are standardised by their mean and deviation. A column that does not tell visible nodes apart would not be there: it
    is 0. Features that came encoded were fitted to nothing, and stay.
    """
    if graph.preprocessing is None or graph.features is None:
        return graph.features
    numbers = _numbers(graph.preprocessing)
    if isinstance(graph.features, CSR):
        return _sparse(graph.features, visible, numbers)
    x = graph.features.copy()
    flat = np.ptp(x[visible], axis=0) == 0
    x[:, flat] = 0
    x[:, numbers] = _standardised(x[:, numbers], visible)
    return x


def _numbers(preprocessing: Preprocessing) -> Int64:
    """int64 (c,): which of the F columns are standardised numbers."""
    columns = [block.start for encoder, block in preprocessing.blocks() if encoder.kind == "number"]
    return np.array(columns, np.int64)


def _sparse(x: CSR, visible: Int64, numbers: Int64) -> CSR:
    """As a dense table; only the columns of numbers are made dense."""
    counts = np.bincount(x.take(visible).indices, minlength=x.shape[1])
    told = (counts > 0) & (counts < len(visible))  # what is no number is 0 or 1
    told[numbers] = False
    kept = x.select(told[x.indices])
    place = np.full(x.shape[1], -1)
    place[numbers] = np.arange(len(numbers))
    dense = np.zeros((x.shape[0], len(numbers)), np.float32)
    own = place[x.indices] >= 0
    dense[x.row_of_entry()[own], place[x.indices[own]]] = x.data[own]
    added = CSR.from_dense(_standardised(dense, visible))
    return CSR.from_coo(
        np.concatenate([kept.row_of_entry(), added.row_of_entry()]),
        np.concatenate([kept.indices, numbers[added.indices]]),
        np.concatenate([kept.data, added.data]),
        x.shape,
    )


def _standardised(x: Float32, visible: Int64) -> Float32:
    """Columns (N, c) with mean 0 and deviation 1 over the visible rows; 0 where these are all alike."""
    rows = x[visible].astype(np.float64)
    deviation = rows.std(axis=0)
    alike = np.ptp(rows, axis=0) == 0
    return np.where(alike, 0, (x - rows.mean(axis=0)) / np.where(alike, 1, deviation)).astype(np.float32)
