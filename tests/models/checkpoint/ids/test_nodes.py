"""The node table against a dictionary."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlink.models.checkpoint.ids.nodes import NodeTable, encode_nodes

IDS = ["b", "a", "ä", "", "a b", "日本", "a\n", "ab", "\U0001f600"]


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.lists(st.text(max_size=8), min_size=1, unique=True), st.text(max_size=8))
def test_rows_and_ids_are_inverse(ids: list[str], other: str) -> None:
    """For any distinct Unicode strings the table is the dictionary from id to row, and back."""
    table, oracle = NodeTable(encode_nodes(ids)), {node: row for row, node in enumerate(ids)}
    assert [table.row(node) for node in ids] == list(range(len(ids)))
    assert table.ids(range(len(ids))) == ids
    assert (other in table) == (other in oracle)
    assert table.rows([other, ids[0]]).tolist() == [oracle.get(other, -1), 0]


@pytest.mark.parametrize("node", ["c", "a ", "\ud800", "B", 0, None])
def test_an_unknown_id_is_a_key_error(node: Any) -> None:
    """Near misses, lone surrogates, and what is no string are not nodes."""
    table = NodeTable(encode_nodes([*IDS, "0", "None"]))
    assert node not in table
    if isinstance(node, str):
        with pytest.raises(KeyError):
            table.row(node)


def test_order_is_that_of_utf8() -> None:
    """Rows are sorted by their bytes, as the format says."""
    order = encode_nodes(IDS)["order"].tolist()
    assert [IDS[row] for row in order] == sorted(IDS, key=lambda node: node.encode())


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.lists(st.text(max_size=40), min_size=1, unique=True), st.lists(st.text(max_size=50)))
def test_ids_are_found_together_as_one_by_one(ids: list[str], others: list[str]) -> None:
    """A batch long enough to be looked up together gives the rows that single lookups give."""
    table, oracle = NodeTable(encode_nodes(ids)), {node: row for row, node in enumerate(ids)}
    wanted = [*ids, *others, *ids] * 33
    assert table.rows(wanted).tolist() == [oracle.get(node, -1) for node in wanted]


def test_a_table_without_buckets_makes_them() -> None:
    """Checkpoints older than the buckets answer as new ones do."""
    old = {name: tensor for name, tensor in encode_nodes(IDS).items() if not name.startswith("bucket")}
    assert NodeTable(old).rows([*IDS, "c"] * 5).tolist() == [*range(len(IDS)), -1] * 5


def test_an_id_longer_than_all_is_not_read_to_its_end() -> None:
    """Of millions of characters, no more are read than the longest id has."""
    table = NodeTable(encode_nodes(IDS))
    assert "a" * 10_000_000 not in table
    assert (table.rows(["a" * 10_000_000, *IDS] * 9) == np.tile(np.arange(-1, len(IDS)), 9)).all()
