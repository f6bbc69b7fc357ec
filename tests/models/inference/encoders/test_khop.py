"""Rows of Â and its powers against dense algebra."""

import numpy as np
import pytest

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.graph.graph import adjacency
from latentlink.models.inference.encoders import khop
from latentlink.models.inference.encoders.khop import Changes, KHop

N = 15


def _random(seed: int, *, weighted: bool) -> tuple[Int64, Float32 | None]:
    """About N edges with self-loops and repetitions left out; some nodes have none."""
    random = np.random.default_rng(seed)
    edges = np.unique(np.sort(random.integers(0, N, (18, 2))), axis=0)
    edges = edges[edges[:, 0] != edges[:, 1]]
    return edges, random.uniform(0.1, 3, len(edges)).astype(np.float32) if weighted else None


def _khop(edges: Int64, weights: Float32 | None) -> KHop:
    matrix = adjacency(N, edges, weights)
    return KHop(matrix.indptr, matrix.indices.astype(np.int32), None if weights is None else matrix.data)


def _dense(edges: Int64, weights: Float32 | None, n: int = N) -> Float64:
    """Â by its definition."""
    looped = np.eye(n)
    for (one, other), weight in zip(edges.tolist(), np.ones(len(edges)) if weights is None else weights, strict=True):
        looped[one, other] += weight
        looped[other, one] += weight
    scale = 1 / np.sqrt(looped.sum(axis=1))
    return np.asarray(scale[:, None] * looped * scale)


def _row(khop: KHop, node: int, hops: int, new_nodes: int = 0) -> Float64:
    """A row of a power of Â, as a dense vector."""
    power = khop.start(node)
    for _ in range(hops):
        power = khop.step(power)
    row = np.zeros(khop.nodes + new_nodes)
    row[power.nodes] = power.coefficients
    assert power.whole
    return row


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("hops", [0, 1, 3])
def test_steps_give_the_rows_of_powers(hops: int, weighted: bool) -> None:
    """For every node, including isolated ones."""
    edges, weights = _random(hops, weighted=weighted)
    expected = np.linalg.matrix_power(_dense(edges, weights), hops)
    ours = np.stack([_row(_khop(edges, weights), node, hops) for node in range(N)])
    np.testing.assert_allclose(ours, expected, atol=1e-7)


@pytest.mark.parametrize("weighted", [False, True])
def test_changed_links_change_degrees_too(weighted: bool) -> None:
    """Without one link and with two new nodes, linked to known nodes and to each other: Â of the changed graph."""
    edges, weights = _random(5, weighted=weighted)
    gone = 1.0 if weights is None else float(weights[0])
    new = np.array([[3, N], [4, N], [N, N + 1]])
    changes = Changes(np.concatenate([edges[:1], new]), np.array([-gone, 1, 0.5, 2]), new_nodes=2)
    rest = np.ones(len(edges) - 1, np.float32) if weights is None else weights[1:]
    extended = np.concatenate([rest, np.array([1, 0.5, 2], np.float32)])
    expected = np.linalg.matrix_power(_dense(np.concatenate([edges[1:], new]), extended, N + 2), 2)
    khop = _khop(edges, weights).changed(changes)
    ours = np.stack([_row(khop, node, 2, 2) for node in range(N + 2)])
    np.testing.assert_allclose(ours, expected, atol=1e-7)


def test_of_too_many_entries_the_largest_coefficients_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """If only the row of a leaf or of the hub of a star may be read, the result is not whole."""
    star = np.array([[0, leaf] for leaf in range(1, N)])
    star_khop = _khop(star, None)
    first = star_khop.step(star_khop.start(1))  # the leaf itself with 1/2, the hub with 1/√(2 · 15)
    monkeypatch.setattr(khop, "ENTRIES", 5)
    second = star_khop.step(first)
    assert not second.whole
    np.testing.assert_array_equal(second.nodes, [0, 1])
    np.testing.assert_allclose(second.coefficients, [0.5 / np.sqrt(30), 0.25])


def test_a_removed_link_is_not_followed() -> None:
    """A leaf without its link has a row of itself alone, also on a graph large enough for the sorted path."""
    edges = np.array([[0, leaf] for leaf in range(970, 1000)])
    matrix = adjacency(1000, edges, None)
    khop = KHop(matrix.indptr, matrix.indices.astype(np.int32), None)
    changed = khop.changed(Changes(np.array([[0, 999]]), np.array([-1.0])))
    power = changed.start(999)
    for _ in range(2):
        power = changed.step(power)
    assert (power.nodes.tolist(), power.coefficients.tolist()) == ([999], [1.0])


@pytest.mark.parametrize("hops", [0, 1, 2])
def test_entries_are_those_that_steps_read(hops: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted where they are read, for every node."""
    read, rows = [], KHop.rows

    def counted(self: KHop, nodes: Int64) -> tuple[Int64, Int64, Float64]:
        found = rows(self, nodes)
        read.append(len(found[0]))
        return found

    monkeypatch.setattr(KHop, "rows", counted)
    edges, _ = _random(5, weighted=False)
    propagation, graph = _khop(edges, None), adjacency(N, edges)
    for node in range(N):
        read.clear()
        _row(propagation, node, hops)
        near = graph.indices[graph.indptr[node] : graph.indptr[node + 1]]
        assert propagation.entries(near, hops) == sum(read)
