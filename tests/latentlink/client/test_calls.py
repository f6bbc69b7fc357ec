"""Requests of the client: ids are texts, and options the lists that the API takes."""

from typing import Any

import numpy as np
import pytest

from latentlink.client import calls
from latentlink.client.calls import Call


@pytest.mark.parametrize(
    ("call", "sent"),
    [
        (calls.scores("m", [(0, 1)], "error", {}), {"pairs": [("0", "1")], "on_unknown": "error"}),
        (calls.neighbors_of_many("m", range(2), {"exclude": [np.int64(3)]}), {"nodes": ["0", "1"], "exclude": ["3"]}),
        (calls.embeddings("m", [0], "null", {}), {"nodes": ["0"], "on_unknown": "null"}),
        (calls.unseen("m", {"neighbors": [0]}, {"targets": [1]}), {"neighbors": ["0"], "targets": ["1"]}),
        (calls.search_links("m", {"sources": [0]}), {"sources": ["0"]}),
    ],
    ids=["scores", "neighbors_of", "embeddings", "unseen", "search_links"],
)
def test_whole_numbers_are_sent_as_texts(call: Call[Any], sent: Any) -> None:
    """In every body, in decimal digits."""
    assert call.json == sent


@pytest.mark.parametrize("wrong", [True, 1.0, None, ["a"]])
def test_what_is_no_id_is_not_sent(wrong: Any) -> None:
    """A truth value would be the id `true`, and a fraction the id `1.0`."""
    with pytest.raises(TypeError, match="expected ids, texts or whole numbers, found"):
        calls.score("m", wrong, "a", {})


@pytest.mark.parametrize(
    "call",
    [
        calls.scores("m", [("a", "b")], "error", {"include": "calibrated"}),
        calls.neighbors_of_many("m", ["a"], {"include": "calibrated"}),
        calls.unseen("m", {}, {"include": "calibrated"}),
        calls.search_links("m", {"include": "calibrated"}),
    ],
    ids=["scores", "neighbors_of", "unseen", "search_links"],
)
def test_one_name_to_include_is_sent_as_a_list(call: Call[Any]) -> None:
    """The API takes a list in bodies."""
    assert call.json["include"] == ["calibrated"]


def test_several_nodes_are_pointed_at_their_call() -> None:
    """Neighbours of one node have no place for a second."""
    several: Any = ["a", "b"]
    with pytest.raises(TypeError, match="expected one id, found list; call neighbors_of for several"):
        calls.neighbors("m", several, {})


def test_the_links_include_one_name() -> None:
    """And not its letters."""
    assert calls.links("m", 1, "degrees").params["include"] == ["degrees"]
