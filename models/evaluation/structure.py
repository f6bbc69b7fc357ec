"""What the structure of a graph means for predictions: a sentence each on groups, cycles, degrees and nodes without links.

Every fact is found in time O(N + E), about a second for a million links. The thresholds are far from the values of graphs
without these structures, which docs/LOG.md lists.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from latentlink.models.arrays import Float32, Int64
from latentlink.models.graph.graph import Graph

Bools = npt.NDArray[np.bool_]

_FEWEST = 50  # isolated nodes, and links; of fewer every structure may be chance
_CYCLES = 0.1  # of the links at most: with fewer closing a cycle a graph is almost a tree
_ACROSS = 0.9  # of the links at least go between two groups
_ODD = 0.2  # of the independent cycles at most are odd then; in graphs without two groups a third or more are
_ASSORTATIVITY = -0.3  # of degrees, at most
_HUBS = 200  # links; in smaller graphs a few hubs make degrees disassortative, as in the karate club
_ISOLATED = 0.5  # of the nodes at least
_ROUNDS = 40  # of votes


class Cycles(NamedTuple):
    """The components of a graph, and its links beyond a forest.

    Attributes:
        component: int32 (N,), of each node.
        closing: E − N + the number of components: how many links close a cycle (the cyclomatic number).
    """

    component: npt.NDArray[np.int32]
    closing: int


def structure_notes(graph: Graph) -> Iterator[str]:
    """What was found, what it means for predictions, and which option serves it: a sentence for each structure.

    A directed graph is judged by its linked pairs, whatever the directions.
    """
    graph = _by_pairs(graph)
    isolated = graph.n_nodes - len(np.unique(graph.edges))
    if isolated >= max(_ISOLATED * graph.n_nodes, _FEWEST):
        yield _of_isolated(graph, isolated)
    if graph.n_edges < _FEWEST or graph.relations is not None:  # which have structures of their own each
        return
    matrix = _matrix(graph)
    cycles = find_cycles(matrix)
    if cycles.closing <= _CYCLES * graph.n_edges:
        yield _of_tree(graph, cycles.closing)
    elif graph.types is not None:
        return
    elif _are_groups(group := two_groups(matrix, cycles.component), graph.edges, cycles.closing):
        yield _of_groups(graph, group)
    elif graph.n_edges >= _HUBS and (found := degree_assortativity(graph.edges)) <= _ASSORTATIVITY:
        yield _of_degrees(found)


def find_cycles(matrix: sparse.csr_array) -> Cycles:
    """Components and cycles of a symmetric adjacency (N, N)."""
    components, component = csgraph.connected_components(matrix, directed=False)
    return Cycles(component, matrix.nnz // 2 - matrix.shape[0] + components)


def two_groups(matrix: sparse.csr_array, component: npt.NDArray[np.int32]) -> Bools:
    """Two groups with as many links between them as a local search finds, bool (N,); all links, if the graph is bipartite.

    The search begins with the parity of the distance from the node with the most links in each component. Then a node that has
    more links into its own group than across changes its group, in each round every second of these, by chance.

    Args:
        matrix: symmetric adjacency (N, N).
        component: int32 (N,), of each node.
    """
    side = np.where(_parity(matrix, component), np.float32(1), np.float32(-1))
    rng = np.random.default_rng(0)
    best, least = side, np.inf
    for _ in range(_ROUNDS):
        within = side * (matrix @ side)  # of each node, links into its own group less those across
        if (total := float(within.sum(dtype=np.float64))) < least:
            best, least = side, total
        if not (wrong := within > 0).any():
            break
        side = np.where(wrong & (rng.random(len(side)) < 0.5), -side, side)
    return best > 0


def _parity(matrix: sparse.csr_array, component: npt.NDArray[np.int32]) -> Bools:
    """Whether the distance from the root of its component is odd, bool (N,); the root is the node with the most links."""
    n, components = matrix.shape[0], int(component.max()) + 1
    root = np.zeros(components, np.int64)
    order = np.argsort(np.diff(matrix.indptr), kind="stable")
    root[component[order]] = order
    indices = np.concatenate([matrix.indices, root])
    indptr = np.append(matrix.indptr, len(indices))
    # Node n leads to every root.
    joined = sparse.csr_array((np.ones(len(indices)), indices, indptr), shape=(n + 1, n + 1))
    parent = csgraph.breadth_first_order(joined, n)[1].astype(np.int64)
    parent[n] = n
    odd = np.arange(n + 1) < n
    while (parent < n).any():  # Each round doubles the distance to the ancestor that a node is compared with.
        odd ^= odd[parent]
        parent = parent[parent]
    return np.asarray(~odd[:n])


def _are_groups(group: Bools, edges: Int64, closing: int) -> bool:
    """Whether more links go between the groups than in a graph without groups, where every link beyond a forest is a coin."""
    within = len(edges) - _across(group, edges)
    return within <= (1 - _ACROSS) * len(edges) and within <= _ODD * closing


def _across(group: Bools, edges: Int64) -> int:
    return int((group[edges[:, 0]] != group[edges[:, 1]]).sum())


def degree_assortativity(edges: Int64) -> float:
    """Pearson's correlation of the degrees at both ends of a link (Newman 2002, cond-mat/0205405), 0 if all are equal.

    Args:
        edges: int64 (E, 2), each undirected edge once.
    """
    ends = np.bincount(edges.ravel())[edges].astype(np.float64)
    ends -= ends.mean()
    variance = float((ends**2).mean())
    return float((ends[:, 0] * ends[:, 1]).mean()) / variance if variance else 0.0


def _by_pairs(graph: Graph) -> Graph:
    """With each pair of a directed graph that is linked in both directions once."""
    return replace(graph, edges=np.unique(np.sort(graph.edges, axis=1), axis=0)) if graph.directed else graph


def _links(graph: Graph) -> str:
    return "linked pairs" if graph.directed else "links"


def _matrix(graph: Graph) -> sparse.csr_array:
    """The symmetric adjacency (N, N), float32, of ones."""
    source, target = graph.edges.T
    ones: Float32 = np.ones(2 * graph.n_edges, np.float32)
    places = (np.concatenate([source, target]), np.concatenate([target, source]))
    return sparse.coo_array((ones, places), shape=(graph.n_nodes, graph.n_nodes)).tocsr()


def _of_isolated(graph: Graph, isolated: int) -> str:
    found = f"{isolated:,} of {graph.n_nodes:,} nodes have no links"
    if graph.n_features:
        way = "" if graph.directed else "; --evaluate-unseen 0.1 measures how well features do"
        return f"{found}, so that their features alone decide{way}."
    return f"{found} and no features, so that nothing is known of them; add --features, or leave these nodes out."


def _of_tree(graph: Graph, closing: int) -> str:
    way = "their features decide" if graph.n_features else "add --features"
    return (
        f"The graph is almost a tree: {closing:,} of {graph.n_edges:,} {_links(graph)} close a cycle. The ends of any other link "
        f"have no second path between them, so that links don't predict each other; {way}."
    )


def _of_groups(graph: Graph, group: Bools) -> str:
    linked, across = np.unique(graph.edges), _across(group, graph.edges)
    fewer, more = sorted((int(group[linked].sum()), int((~group[linked]).sum())))
    nearly, instead = "nearly " * (across < graph.n_edges), " in place of --directed" * graph.directed
    return (
        f"The graph is {nearly}bipartite: {across:,} of {graph.n_edges:,} {_links(graph)} go between two groups of {fewer:,} and "
        f"{more:,} nodes. Nodes of one group share neighbours without being linked, and a prediction may name a node of the "
        f"wrong group. If the groups are two types of nodes, say so{instead}: with --type-column, or in a table of links without "
        "--features, with --source-type user --target-type item."
    )


def _of_degrees(assortativity: float) -> str:
    return (
        f"Links join nodes of many links to nodes of few: degree assortativity is {assortativity:.2f}. Their ends share "
        "few neighbours, and degrees predict more; keep `bias` among --parts."
    )
