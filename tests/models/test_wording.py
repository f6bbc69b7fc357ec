"""Pieces of messages."""

import pytest

from latentlink.models.wording import count, listed, listed_names, shortened, without_secrets


@pytest.mark.parametrize(("number", "text"), [(0, "0 nodes"), (1, "1 node"), (2, "2 nodes"), (1234, "1,234 nodes")])
def test_a_noun_agrees_with_its_number(number: int, text: str) -> None:
    """Only one of it is in the singular."""
    assert count(number, "node") == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, ""), (1, "0"), (2, "0, 1"), (3, "0, 1 and 1 more"), (2002, "0, 1 and 2,000 more")]
)
def test_of_many_texts_the_first_are_listed(number: int, text: str) -> None:
    """The others are counted, if there are any; also those of an iterator."""
    assert listed(map(str, range(number)), most=2) == text


def test_names_are_cut_and_in_quotes() -> None:
    """The others are counted."""
    assert listed_names(["a", "it's", "x" * 999, "d"], most=3) == f"'a', \"it's\", '{'x' * 77}...' and 1 more"


@pytest.mark.parametrize(("length", "text"), [(0, ""), (80, "x" * 80), (81, "x" * 77 + "..."), (999, "x" * 77 + "...")])
def test_a_long_text_is_cut(length: int, text: str) -> None:
    """To 80 characters with the dots that say so; a shorter one stays."""
    assert shortened("x" * length) == text


def test_a_url_is_shown_without_its_secrets() -> None:
    """Neither what stands before the last `@` nor the query; a URL without both stays as it is."""
    assert without_secrets("s3://key:se/c@ret@b/p") == "s3://***@b/p"
    assert without_secrets("az://c/p?sig=secret") == "az://c/p?***"
    assert without_secrets("s3://b/p") == "s3://b/p"
