"""Searches for nodes of many types."""

import tracemalloc
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from latentlink.app.services.search.partners import Partners
from latentlink.app.services.search.selection import Query
from latentlink.app.services.types import Types
from latentlink.models.arrays import Bool
from tests.app.oracle import Search, top
from tests.app.services.search.test_searcher import searcher
from tests.support import Small

N, T = 20_000, 40
SMALL = Small(np.random.default_rng(0).normal(0, 1, (N, 2)).astype(np.float32), np.empty((0, 2), np.int64))
OF = (np.arange(N) % T).astype(np.uint16)
NAMES = [f"type{kind}" for kind in range(T)]
TYPES = Types(NAMES, OF, [(NAMES[one], NAMES[(one + by) % T]) for one in range(T) for by in (1, 2, 3)], directed=True)

SEARCH: Any = SimpleNamespace(direction="out", searcher=searcher(SMALL))
PARTNERS = Partners(SEARCH, TYPES)


@pytest.mark.parametrize("met", [None, np.arange(N) % 3 == 0])
def test_a_search_holds_the_mask_of_one_type_at_a_time(monkeypatch: pytest.MonkeyPatch, met: Any) -> None:
    """In answers in the order of the nodes, whose types alternate; all masks and pools together would take 50 N bytes."""
    monkeypatch.setattr("latentlink.app.services.types._MASKS", 0)
    rows = np.arange(N - 1, N - 1 - 3 * T, -1)
    tracemalloc.start()
    found = [one for one in PARTNERS.results(rows, Query(2, allowed=met)) if one is not None]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 * N
    for at in (0, T + 1, 3 * T - 1):
        kinds = [(int(OF[rows[at]]) + by) % T for by in (1, 2, 3)]
        allowed = np.isin(OF, kinds) & (True if met is None else met)
        assert found[at].rows.tolist() == top(SMALL, int(rows[at]), Search(2, allowed=allowed.tolist()))


def test_a_type_is_marked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many nodes of it there are, and however they alternate with others: `work` counts each type once."""
    marked, mask = list[bytes](), Types.mask

    def seen(types: Types, kinds: Bool) -> Bool:
        marked.append(kinds.tobytes())
        return mask(types, kinds)

    monkeypatch.setattr(Types, "mask", seen)
    assert sum(one is not None for one in PARTNERS.results(np.arange(9 * T), Query(2))) == 9 * T
    assert (len(marked), len({*marked})) == (T, T)


def test_neighbors_are_returned_when_their_turn_comes() -> None:
    """Those of one type as they are found; the second node of a type after what stands before it."""
    for rows, found in ([0, T], [True, True]), ([0, 1, T], [True, False, True, True]):
        assert [one is not None for one in PARTNERS.results(np.array(rows), Query(2))] == found


@pytest.mark.parametrize(
    ("of", "each"), [(None, 1500 * 22 + 54_000), (3, 1500 * 22 + 54_000), (200, 100 * 22 + 54_000)]
)
def test_the_work_of_a_search_is_that_among_the_partners(of: int | None, each: int) -> None:
    """For 500 nodes of each of three types, or fewer that meet a filter, and 4 operations a node and type to mark them."""
    query = Query(2, allowed=None if of is None else np.arange(N) % of == 0)
    assert PARTNERS.work(np.array([0, T, 1]), query) == 3 * each + 2 * 4 * N
    assert PARTNERS.work_of_vectors([0, 0, 1], query) == 3 * (each + 4 * N)  # which new nodes mark one by one
