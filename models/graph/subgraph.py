"""Induced subgraphs for the evaluation of new nodes.

The subgraph is free of the left-out nodes: of their edges, their features, and statistics fitted to their features.
"""

import numpy as np

from latentlink.models.arrays import Float32, Int64
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import Features as Matrix
from latentlink.models.graph.features import block_diagonal, of_block
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.preprocessing import Preprocessing

Features = Matrix | None


def induced_subgraph(graph: Graph, nodes: Int64, features: Features) -> Graph:
    """The subgraph on `nodes`, int64 (m,), rising, with the edges among them and their rows of `features`, (N, F)."""
    place = np.full(graph.n_nodes, -1)
    place[nodes] = np.arange(len(nodes))
    edges = place[graph.edges]
    kept = (edges >= 0).all(axis=1)
    weights = None if graph.weights is None else graph.weights[kept]
    rows = features.take(nodes) if isinstance(features, CSR) else None if features is None else features[nodes]
    types = None if graph.types is None else graph.types.take(nodes)
    return Graph([graph.ids[row] for row in nodes.tolist()], edges[kept], weights, rows, types=types)


def features_fitted_on(graph: Graph, nodes: Int64) -> Features:
    """The features of all nodes, (N, F), with the preprocessing fitted to the rows of `nodes`, int64 (m,), alone.

    Numbers are standardised by their mean and deviation over `nodes`. A column that is constant there is 0, since the
    preprocessing would leave it out. Features without a preprocessing stay the same. Of types with tables of their own, each
    is fitted to its own nodes.
    """
    if graph.preprocessing is None or graph.features is None:
        return graph.features
    if not graph.preprocessing.types or graph.types is None:
        return _fitted_on(graph.features, nodes, graph.preprocessing)
    rows, parts = [], []
    for kind, name in enumerate(graph.types.names):
        preprocessing, columns = graph.preprocessing.of_type(name)
        own = np.flatnonzero(graph.types.of == kind)
        rows.append(own)
        known = np.flatnonzero(np.isin(own, nodes))
        parts.append(_fitted_on(of_block(graph.features, own, columns), known, preprocessing))
    x, order = block_diagonal(parts), np.argsort(np.concatenate(rows))
    return x.take(order) if isinstance(x, CSR) else x[order]


def _fitted_on(features: Matrix, nodes: Int64, preprocessing: Preprocessing) -> Matrix:
    """`features_fitted_on` for one table."""
    if not preprocessing.fitted or not len(nodes):
        return features
    numbers = _numbers(preprocessing)
    if isinstance(features, CSR):
        return _sparse(features, nodes, numbers)
    x = features.copy()
    flat = np.ptp(x[nodes], axis=0) == 0
    x[:, flat] = 0
    x[:, numbers] = _standardised(x[:, numbers], nodes)
    return x


def _numbers(preprocessing: Preprocessing) -> Int64:
    """int64 (c,): the indices of the standardised numbers among the F columns."""
    columns = [block.start for encoder, block in preprocessing.blocks() if encoder.kind == "number"]
    return np.array(columns, np.int64)


def _sparse(x: CSR, nodes: Int64, numbers: Int64) -> CSR:
    """`features_fitted_on` for sparse features; only the columns of numbers are made dense."""
    counts = np.bincount(x.take(nodes).indices, minlength=x.shape[1])
    varying = (counts > 0) & (counts < len(nodes))  # columns that are not numbers hold 0 and 1 only
    varying[numbers] = False
    kept = x.select(varying[x.indices])
    place = np.full(x.shape[1], -1)
    place[numbers] = np.arange(len(numbers))
    dense = np.zeros((x.shape[0], len(numbers)), np.float32)
    own = place[x.indices] >= 0
    dense[x.row_of_entry()[own], place[x.indices[own]]] = x.data[own]
    added = CSR.from_dense(_standardised(dense, nodes))
    return CSR.from_coo(
        np.concatenate([kept.row_of_entry(), added.row_of_entry()]),
        np.concatenate([kept.indices, numbers[added.indices]]),
        np.concatenate([kept.data, added.data]),
        x.shape,
    )


def _standardised(x: Float32, nodes: Int64) -> Float32:
    """Columns (N, c) scaled to mean 0 and deviation 1 over the rows `nodes`; 0 where they are constant."""
    rows = x[nodes].astype(np.float64)
    deviation = rows.std(axis=0)
    alike = np.ptp(rows, axis=0) == 0
    return np.where(alike, 0, (x - rows.mean(axis=0)) / np.where(alike, 1, deviation)).astype(np.float32)
