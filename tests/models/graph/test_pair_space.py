"""Which pairs may be linked: counts, draws, candidates and masks against a list of all pairs."""

import tracemalloc
from itertools import combinations

import networkx as nx
import numpy as np
import pytest

from latentlink.models.graph.candidates import Candidates
from latentlink.models.graph.negatives import NegativeSampler, edge_keys
from latentlink.models.graph.pair_space import AllPairs, PairSpace, TypedPairs
from latentlink.models.graph.types import NodeTypes

N = 12
RNG = np.random.default_rng(0)
SHUFFLED = RNG.permutation([0] * 5 + [1] * 4 + [2] * 3).astype(np.int16)
ROLES = np.repeat(np.array([0, 1], np.int16), N // 2)


def _typed(of: np.ndarray, linked: list[list[int]], apart: np.ndarray | None = None) -> NodeTypes:
    return NodeTypes(("a", "b", "c")[: int(of.max()) + 1], of, np.array(linked, np.int16), apart)


TYPES = {
    "two types": _typed(SHUFFLED % 2, [[0, 1]]),
    "three types, one with itself": _typed(SHUFFLED, [[0, 1], [1, 1], [1, 2]]),
    "roles of a directed graph": _typed(ROLES, [[0, 1]], np.arange(6)[:, None] + [0, 6]),
}
CASES: dict[str, tuple[PairSpace, set[tuple[int, int]]]] = {
    "any two nodes": (AllPairs(N), set(combinations(range(N), 2)))
}
for name, types in TYPES.items():
    linked = {frozenset(pair) for pair in types.linked.tolist()}
    apart = set() if types.apart is None else {tuple(pair) for pair in types.apart.tolist()}
    CASES[name] = (
        TypedPairs(types),
        {(u, v) for u, v in combinations(range(N), 2) if {types.of[u], types.of[v]} in linked} - apart,
    )


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[PairSpace, set[tuple[int, int]]]:
    """A space, and the list of its pairs."""
    return CASES[request.param]


def _edges_of(pairs: set[tuple[int, int]]) -> np.ndarray:
    """Every third pair, so that a few nodes have many links."""
    return np.array(sorted(pairs)[::3])


def test_a_space_counts_and_lists_its_pairs(case: tuple[PairSpace, set[tuple[int, int]]]) -> None:
    """Those apart are no more than its list may have beside."""
    space, pairs = case
    listed = {(int(min(pair)), int(max(pair))) for pair in space.all_pairs().T}
    assert space.size == len(pairs)
    assert listed - {(u, v) for u, v in space.apart.tolist()} == pairs


def test_negatives_are_uniform_over_unlinked_pairs_of_the_space(case: tuple[PairSpace, set[tuple[int, int]]]) -> None:
    """Each comes up as often as any other, by a χ² statistic below its 0.1 % critical value."""
    space, pairs = case
    edges = _edges_of(pairs)
    unlinked = pairs - {tuple(edge) for edge in edges.tolist()}
    drawn = edge_keys(NegativeSampler(space, edges).draw(30_000, np.random.default_rng(1)), N)
    keys, counts = np.unique(drawn, return_counts=True)
    assert {(int(key) // N, int(key) % N) for key in keys} == unlinked
    assert ((counts - 30_000 / len(unlinked)) ** 2 / (30_000 / len(unlinked))).sum() < len(unlinked) + 4.5 * np.sqrt(
        2 * len(unlinked)
    )


def test_all_distinct_negatives_are_the_unlinked_pairs(case: tuple[PairSpace, set[tuple[int, int]]]) -> None:
    """The last one as well, by listing."""
    space, pairs = case
    edges = _edges_of(pairs)
    n = len(pairs) - len(edges)
    drawn = NegativeSampler(space, edges).draw_distinct(n, np.random.default_rng(1))
    assert {tuple(pair) for pair in drawn.tolist()} == pairs - {tuple(edge) for edge in edges.tolist()}


def test_candidates_are_the_unlinked_partners(case: tuple[PairSpace, set[tuple[int, int]]]) -> None:
    """By number, by membership, among scores, and by draws, from each node of each pair."""
    space, pairs = case
    edges = _edges_of(pairs)
    unlinked = pairs - {tuple(edge) for edge in edges.tolist()}
    free = Candidates(space, edges)
    expected = np.array([[(min(u, v), max(u, v)) in unlinked for v in range(N)] for u in range(N)])
    assert free.counts.tolist() == expected.sum(axis=1).tolist()
    assert free.contains(np.argwhere(np.ones((N, N)))).reshape(N, N).tolist() == expected.tolist()
    nodes = np.array([3, 7, 0, 7])
    scores = np.ones((4, N), np.float32)
    free.keep(scores, nodes)
    assert (scores > -np.inf).tolist() == expected[nodes].tolist()
    asked = np.repeat(np.flatnonzero(free.counts), 200)
    drawn = free.draw(asked, np.random.default_rng(2))
    assert {(u, v) for u, v in zip(asked.tolist(), drawn.tolist(), strict=True)} == {
        tuple(pair) for pair in np.argwhere(expected).tolist()
    }


def test_many_types_take_no_more_memory_than_few() -> None:
    """Nodes of 100 types that all may be linked: a few numbers a node, to make the space and to draw from it."""
    n, kinds = 50_000, 100
    linked = np.stack(np.triu_indices(kinds), axis=1).astype(np.int16)
    types = NodeTypes(tuple(map(str, range(kinds))), (np.arange(n) % kinds).astype(np.int16), linked)
    tracemalloc.start()
    space = TypedPairs(types)
    space.draw(10, np.random.default_rng(0))
    space.draw_partners(np.arange(10), np.random.default_rng(0))
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < 8 * (12 * n + 12 * kinds**2)


def test_types_of_a_part_keep_its_pairs_apart() -> None:
    """Rows are renumbered, and pairs with a node that is left out are gone."""
    part = TYPES["roles of a directed graph"].take(np.array([0, 2, 3, 6, 8, 10]))
    assert part.of.tolist() == [0, 0, 0, 1, 1, 1]
    assert part.apart is not None
    assert part.apart.tolist() == [[0, 3], [1, 4]]


@pytest.mark.parametrize(
    ("linked", "expected"),
    [
        ([[0, 1]], True),
        ([[0, 1], [1, 2]], True),
        ([[1, 2]], True),
        ([[0, 0]], False),
        ([[0, 1], [0, 2], [1, 2]], False),
    ],
)
def test_two_groups_of_types_are_bipartite(linked: list[list[int]], expected: bool) -> None:
    """As networkx says of the graph of types."""
    types = _typed(SHUFFLED, linked)
    assert (types.sides is not None) == nx.is_bipartite(nx.Graph(linked)) == expected
    if types.sides is not None:
        one, other = (types.sides[[np.flatnonzero(types.of == kind)[0] for kind in ends]] for ends in types.linked.T)
        assert (one != other).all()
        assert types.groups is not None
        first, second = ({types.names.index(name) for name in names} for names in types.groups)
        assert first | second == {*np.unique(linked).tolist()}
        assert min(first) < min(second)
        assert all(len(first & {*ends}) == 1 for ends in linked)


def test_edges_show_which_types_may_be_linked() -> None:
    """Once for either direction; a self-loop, which a graph drops, shows nothing."""
    of = np.array([2, 0, 1, 1], np.int16)
    found = NodeTypes.of_edges(("a", "b", "c"), of, np.array([[0, 1], [1, 2], [2, 1], [2, 3], [0, 0], [1, 1]]))
    assert found.linked.tolist() == [[0, 1], [0, 2], [1, 1]]
