"""Pairs and ids in frames, sequences and arrays."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from latentlink.local.frames import ids_of, pairs_of
from latentlink.models.errors import DataError

PAIRS = [("1", "2"), ("3", "4")]


@pytest.mark.parametrize(
    "given",
    [
        PAIRS,
        np.array(PAIRS),
        [(1, 2), (np.int64(3), "4")],
        np.array([[1, 2], [3, 4]]),
        torch.tensor([[1, 2], [3, 4]]),
        (pair for pair in PAIRS),
        dict.fromkeys(PAIRS).keys(),
        pd.DataFrame(PAIRS),
        pd.DataFrame({"one": [1, 3], "other": ["2", "4"]}),
        pd.DataFrame({"x": 0, "target": ["2", "4"], "source": ["1", "3"]}),
    ],
    ids=[
        "list",
        "array",
        "list of numbers",
        "array of numbers",
        "tensor",
        "generator",
        "keys",
        "unnamed",
        "whole numbers",
        "named",
    ],
)
def test_pairs_are_read_from_what_holds_them(given: Any) -> None:
    """Two columns by their places, or `source` and `target` by their names; whole numbers are ids in digits."""
    assert pairs_of(given) == PAIRS


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (pd.DataFrame({"a": ["1"], "b": ["2"], "c": ["3"]}), "expected a frame with the columns source and target"),
        (pd.DataFrame({"source": [1.0], "target": ["2"]}), "column source: expected ids, .* found 1.0"),
        (pd.DataFrame({"source": ["1"], "target": [None]}), "column target: expected ids"),
        ([(True, 1)], "pairs: expected ids, .* found True"),
        (np.array([[1.0, 2.0]]), "pairs: expected ids, .* found 1.0"),
        ({"source": ["1"]}, "expected a list or a frame in memory .* found dict"),
    ],
)
def test_what_could_be_misread_is_refused(given: Any, message: str) -> None:
    """Other columns, numbers that are no ids, missing cells and other containers."""
    with pytest.raises(DataError, match=message):
        pairs_of(given)


@pytest.mark.parametrize(
    "given",
    [
        ["1", "2"],
        np.array(["1", "2"]),
        pd.Series([1, 2]),
        range(1, 3),
        pd.Index([1, 2]),
        pd.DataFrame({"id": ["1", "2"]}),
        iter("12"),
    ],
)
def test_ids_are_read_from_what_holds_them(given: Any) -> None:
    """A sequence, an array, a series or a frame of one column."""
    assert ids_of(given) == ["1", "2"]


def test_a_frame_of_several_columns_is_not_of_ids() -> None:
    """The message lists them."""
    with pytest.raises(DataError, match="nodes: expected one column, found 'a', 'b'"):
        ids_of(pd.DataFrame({"a": ["1"], "b": ["2"]}))


@pytest.mark.parametrize("pairs", ["ab", [("a", "b", "c")], [3]])
def test_what_are_no_pairs_is_refused(pairs: Any) -> None:
    """A text, triples and numbers, each in one line."""
    with pytest.raises(DataError, match=r"^pairs: expected a source and a target in each"):
        pairs_of(pairs)


def test_a_text_is_no_pair() -> None:
    """Not even one of two characters, which could be unpacked."""
    with pytest.raises(DataError, match=r"^pairs: expected a source and a target .* found the text 'ab'$"):
        pairs_of(["ab", "cd"])


def test_a_number_is_no_ids() -> None:
    """The message shows it."""
    number: Any = 3
    with pytest.raises(DataError, match=r"^nodes: expected an id or several, texts, found 3$"):
        ids_of(number)
