"""Roles: a directed graph of N nodes as an undirected one of 2N roles, so that one training serves both.

Row i is node i as a source, and row N + i is node i as a target. The link u → v becomes the edge between u and N + v, and only
pairs of a source and a target may be linked. The two roles of a node may not: they are `apart`, and pass messages to each other.
A score of two roles is symmetric, and that of two nodes is not.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from latentlink.models.arrays import Bool, Float32, Int64
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import edge_keys
from latentlink.models.graph.types import NodeTypes

ROLES = ("source", "target")
Features = Float32 | CSR | None


def role_graph(graph: Graph) -> Graph:
    """The roles of a directed graph, with edges in the same order, and the features of each node in both of its roles."""
    n = graph.n_nodes
    return replace(
        graph,
        ids=[*graph.ids, *graph.ids],
        edges=role_pairs(graph.edges, n),
        features=_twice(graph.features),
        features_until=_each(graph.features_until),
        types=role_types(n),
        directed=False,
    )


def role_types(n_nodes: int) -> NodeTypes:
    """The types of the roles of N nodes."""
    of, sources = np.repeat(np.array([0, 1], np.int16), n_nodes), np.arange(n_nodes)
    return NodeTypes(ROLES, of, np.array([[0, 1]], np.int16), np.stack([sources, sources + n_nodes], axis=1))


def role_pairs(pairs: Int64, n_nodes: int) -> Int64:
    """The edges between roles that stand for ordered pairs of N nodes, int64 (m, 2)."""
    return np.asarray(pairs + np.array([0, n_nodes]))


def node_pairs(pairs: Int64, n_nodes: int) -> Int64:
    """(source, target) of pairs of a source's role and a target's role, int64 (m, 2), in either order."""
    return np.asarray(np.sort(pairs, axis=1) - np.array([0, n_nodes]))


def turned_round(pairs: Int64, n_nodes: int) -> Int64:
    """The pairs of roles that stand for v → u where `pairs`, int64 (m, 2), stand for u → v."""
    return role_pairs(node_pairs(pairs, n_nodes)[:, ::-1], n_nodes)


def has_reverse(links: Int64, known: Int64, n_nodes: int) -> Bool:
    """Whether each of some links of roles, int64 (p, 2), turned round is one of the `known` ones, int64 (e, 2): bool (p,)."""
    return np.isin(edge_keys(turned_round(links, n_nodes), 2 * n_nodes), edge_keys(known, 2 * n_nodes))


def encoder_features(graph: Graph) -> Features:
    """The features that an encoder maps: those of the graph; of roles (2N, 2F), so that each role has a map of its own."""
    x = graph.features
    if x is None or graph.ties is None:
        return x
    n, width = graph.n_nodes // 2, x.shape[1]
    if isinstance(x, CSR):
        shift = np.where(x.row_of_entry() < n, 0, width)
        return CSR(x.indptr, x.indices + shift, x.data, (2 * n, 2 * width))
    blocks = np.zeros((2 * n, 2 * width), np.float32)
    blocks[:n, :width], blocks[n:, width:] = x[:n], x[n:]
    return blocks


def first_rows(x: Features, n: int) -> Features:
    """The features of the first n rows: of roles those of the nodes."""
    if isinstance(x, CSR):
        end = int(x.indptr[n])
        return CSR(x.indptr[: n + 1], x.indices[:end], x.data[:end], (n, x.shape[1]))
    return None if x is None else x[:n]


def _twice(x: Features) -> Features:
    """The rows of all nodes, and again, (2N, F)."""
    if isinstance(x, CSR):
        indptr = np.concatenate([x.indptr, x.indptr[1:] + x.indptr[-1]])
        indices = np.concatenate([x.indices, x.indices])
        return CSR(indptr, indices, np.tile(x.data, 2), (2 * x.shape[0], x.shape[1]))
    return None if x is None else np.concatenate([x, x])


def _each(
    features_until: Callable[[float], Float32 | CSR] | None,
) -> Callable[[float], Float32 | CSR] | None:
    if features_until is None:
        return None

    def of_roles(moment: float) -> Float32 | CSR:
        x = _twice(features_until(moment))
        assert x is not None
        return x

    return of_roles
