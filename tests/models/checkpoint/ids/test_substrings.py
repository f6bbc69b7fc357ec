"""The search for a part of ids against a look at every id."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlink.models.checkpoint.ids import substrings
from latentlink.models.checkpoint.ids.nodes import NodeTable, encode_nodes
from latentlink.models.checkpoint.ids.substrings import Rows, rows_containing

ODD = "abAB sSßẞſﬁiİΣς\0😀"


def search(ids: list[str], part: str, limit: int = 100) -> Rows:
    """The rows that a search of a table of these ids finds."""
    return rows_containing(NodeTable(encode_nodes(ids)).texts, part, limit)


@pytest.mark.parametrize("block", [1, 3, 4_096])
@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.lists(st.text(st.sampled_from(ODD), max_size=5), unique=True, min_size=1), st.data())
def test_a_part_finds_what_a_look_at_every_id_finds(block: int, ids: list[str], data: st.DataObject) -> None:
    """Characters that fold to several, blocks of any size, and what only the ends of two neighbours spell together."""
    part = data.draw(st.text(st.sampled_from(ODD), min_size=1, max_size=3))
    limit = data.draw(st.integers(1, 4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(substrings, "_BLOCK", block)
        found = search(ids, part, limit)
    looked = [row for row, node in enumerate(ids) if part.casefold() in node.casefold()]
    assert found == (looked[:limit], True)


@pytest.mark.parametrize(("bound", "ids"), [("MAX_BYTES", ["ab", "cd", "xx"]), ("MAX_LOOKS", ["äb", "cd", "ëx", "xx"])])
def test_a_bound_ends_a_search(monkeypatch: pytest.MonkeyPatch, bound: str, ids: list[str]) -> None:
    """What lies behind it is not found, and the answer says so; what was found before it stays."""
    monkeypatch.setattr(substrings, "_BLOCK", 1)
    assert search(ids, "x").exact
    monkeypatch.setattr(substrings, bound, {"MAX_BYTES": 4, "MAX_LOOKS": 0}[bound])
    assert search(ids, "x") == ([], False)
    assert search(ids, ids[0], 1) == ([0], True)
