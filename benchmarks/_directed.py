"""Directed graphs with published splits: ten of CiteSeer, from DirLinkBench (ivam-he/DirLinkBench-SDGAE).

A split has 80/5/15 % of the links, and as many uniform ordered pairs that are none; the training links join all nodes. Rows
are those of the largest component of the graph, in its order.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks._graphs import attributed
from latentlink.models.arrays import Int64
from latentlink.models.evaluation.splits import Split
from latentlink.models.evaluation.strata import components
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph, adjacency
from latentlink.models.graph.negatives import ordered_keys

SPLITS = 10


def published_splits(folder: Path) -> Iterator[tuple[Graph, Split]]:
    """The graph and each of its splits; the links of a split are all of the graph."""
    graph = _largest_component(attributed(folder / "graph.npz"))
    with np.load(folder / "splits.npz", allow_pickle=False) as arrays:
        for number in range(SPLITS):
            names = ("pos_train", "pos_val", "neg_val", "pos_test", "neg_test")
            parts = [arrays[f"{number}/{name}_edges"].astype(np.int64) for name in names]
            train, validation, negatives, test, test_negatives = parts
            links = np.concatenate([train, validation, test])
            whole = Graph.from_pairs(graph.ids, links, features=graph.features, directed=True)
            yield whole, Split(_places(whole, train), validation, negatives, test, test_negatives, given=True)


def _places(graph: Graph, links: Int64) -> Int64:
    return np.sort(np.searchsorted(ordered_keys(graph.edges, graph.n_nodes), ordered_keys(links, graph.n_nodes)))


def _largest_component(graph: Graph) -> Graph:
    """The nodes of the largest component with their features; links are those of the splits."""
    component = components(adjacency(graph.n_nodes, graph.edges))
    rows = np.flatnonzero(component == np.bincount(component).argmax())
    assert isinstance(graph.features, CSR)
    return Graph([graph.ids[row] for row in rows.tolist()], np.empty((0, 2), np.int64), None, graph.features.take(rows))
