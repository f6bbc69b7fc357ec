"""Completion against a look at every id."""

import sys
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlink.models.checkpoint.ids import completion
from latentlink.models.checkpoint.ids.completion import Completion
from latentlink.models.checkpoint.ids.nodes import NodeTable, encode_nodes

ODD = "sSßẞſfFﬀﬁﬃiİIıΣσςΐ\u0345𐐀𐐨😀\0"


def complete(ids: list[str]) -> Completion:
    """A completion over those ids."""
    return Completion(NodeTable(encode_nodes(ids)))


def starting(completion: Completion, prefix: str, limit: int) -> list[str]:
    """The ids of its rows."""
    return completion.nodes.ids(completion.starting(prefix, limit))


def oracle(ids: list[str], prefix: str, limit: int) -> list[str]:
    """Every id looked at, then sorted by its bytes."""
    found = (node for node in ids if node.casefold().startswith(prefix.casefold()))
    return sorted(found, key=lambda node: node.encode())[:limit]


@pytest.mark.parametrize("few", [0, 32])
@settings(deadline=None, derandomize=True, max_examples=80)
@given(st.lists(st.text(st.sampled_from(ODD), max_size=6), unique=True, min_size=1), st.data())
def test_a_prefix_finds_what_a_look_at_every_id_finds(few: int, ids: list[str], data: st.DataObject) -> None:
    """Letters that fold to several, that several fold to, and cuts in the middle of both: the same ids in the same order."""
    start = data.draw(st.sampled_from(ids))
    prefix = start.casefold()[: data.draw(st.integers(0, 8))] + data.draw(st.sampled_from(["", "s", "F"]))
    limit = data.draw(st.integers(1, 9))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(completion, "_FEW", few)
        assert starting(complete(ids), prefix, limit) == oracle(ids, prefix, limit)


def test_every_character_that_folds_is_found_by_its_folding() -> None:
    """All of Unicode: each character that casefolding changes is found under what it becomes, and by itself."""
    folding = [c for c in map(chr, range(sys.maxunicode + 1)) if c.casefold() != c]
    found = complete(folding)
    for character in folding:
        assert character in starting(found, character.casefold(), len(folding))
        assert character in starting(found, character, len(folding))


def test_an_empty_prefix_begins_every_id_and_half_a_character_none() -> None:
    """The first ids in order; nothing for a lone surrogate."""
    assert starting(complete(["c", "a", "b"]), "", 2) == ["a", "b"]
    assert complete([f"{i}" for i in range(100)]).starting("1\ud800", 5) == []


@pytest.mark.parametrize(
    "typed",
    ["Tom Hank", "tom hanks", "Tom Hnaks", "Tom  Hanks", " tomhanks", "T om\tHanks ", "Tom Hankss", "Tim Hanks"],
)
def test_a_typo_is_led_to_what_was_meant(typed: str) -> None:
    """A letter left out, doubled, swapped, changed, of another case, or other blanks: the id meant comes first."""
    others = [f"Tom {letter}{n}" for letter in "abcdefghi" for n in range(50)]
    assert complete(["Tom Hanks", "Tom Hardy", "Tim Roth", "Zoe", *others]).closest([typed])[typed][0] == "Tom Hanks"


def test_of_ids_that_differ_in_blanks_the_typed_one_comes_first() -> None:
    """An id without the blank of another, in another case."""
    assert complete(["Tom Hanks", "TomHanks", "Tom  Hanks"]).closest(["TOM  HANKS"])["TOM  HANKS"][0] == "Tom  Hanks"


def test_up_to_three_ids_that_share_a_beginning_are_offered() -> None:
    """None of those that begin otherwise; three of a hundred that are equally close."""
    assert complete(["Tom Hanks", "Zoe"]).closest(["Xavier"]) == {"Xavier": []}
    assert complete(["Tom Hanks", "Zoe"]).closest([""]) == {"": []}
    assert len(complete([f"node {i}" for i in range(100)]).closest(["node"])["node"]) == 3


@pytest.mark.parametrize(("known", "typed"), [("e\u0301 accent", "\u00e9 accent"), ("\u00e9 accent", "e\u0301 accent")])
def test_what_looks_the_same_comes_first(known: str, typed: str) -> None:
    """An id whose accents are composed another way, whatever else begins like it."""
    assert complete(["\u00e9 accents", "e\u0301 accents", "e accent", known]).closest([typed], 2)[typed][0] == known


@pytest.mark.parametrize(
    "search", [lambda c: c.starting("abcdefghijklmnoq", 5), lambda c: c.closest(["abcdefghijklmnoq"] * 9)]
)
def test_ids_that_differ_by_case_alone_are_not_all_visited(
    search: Callable[[Completion], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 2^16 spellings of one word a bounded number of ranges is narrowed, whatever is searched."""
    spellings = ["".join(word) for word in product(*((letter, letter.upper()) for letter in "abcdefghijklmnop"))]
    table, visited, narrow = complete(spellings), 0, Completion._narrow

    def counted(self: Completion, *args: Any) -> Iterator[Any]:
        nonlocal visited
        visited += 1
        return narrow(self, *args)

    monkeypatch.setattr(Completion, "_narrow", counted)
    search(table)
    assert 0 < visited <= 5_000
