"""Lookup by hash against dictionaries."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlink.models.checkpoint.ids.hashing import Buckets, Texts, bucket_of, find_all, make_buckets

ALPHABET = st.sampled_from("ab\0é日😀\ud800")
TEXTS = st.lists(st.text(ALPHABET, max_size=20), min_size=1, max_size=80)


def encoded(texts: Texts) -> list[bytes]:
    """The texts as Python has them."""
    return [texts.content[start:end].tobytes() for start, end in zip(texts.starts, texts.ends, strict=True)]


@settings(deadline=None, derandomize=True, max_examples=200)
@given(TEXTS | st.just([]))
def test_strings_become_their_utf8(strings: list[str]) -> None:
    """Whatever they hold, separators and lone surrogates too, each string's bytes are its own."""
    assert encoded(Texts.of(strings)) == [text.encode("utf-8", "surrogatepass") for text in strings]


@settings(deadline=None, derandomize=True, max_examples=200)
@given(TEXTS, TEXTS)
def test_all_are_found_as_a_dictionary_finds_them(strings: list[str], others: list[str]) -> None:
    """For any texts, of any length, the rows are those of a dictionary, −1 for the rest."""
    stored = list(dict.fromkeys(strings))
    oracle = {text: row for row, text in enumerate(stored)}
    texts, wanted = Texts.of(stored), [*others, *stored]
    found = find_all(make_buckets(texts), texts, Texts.of(wanted))
    assert found.tolist() == [oracle.get(text, -1) for text in wanted]


@settings(deadline=None, derandomize=True, max_examples=200)
@given(TEXTS)
def test_one_bucket_is_as_those_of_many(strings: list[str]) -> None:
    """A text's bucket is the same, hashed alone or among others."""
    texts = Texts.of(strings)
    buckets = make_buckets(texts)
    homes = [bucket_of(buckets.size, text) for text in encoded(texts)]
    held = [buckets.rows[buckets.starts[home] : buckets.starts[home + 1]].tolist() for home in homes]
    assert all(row in rows for row, rows in enumerate(held))


def test_texts_in_one_bucket_are_told_apart() -> None:
    """If all hashes began alike, each text would still be found, and no other."""
    texts = Texts.of(["a", "b", "c", ""])
    crowded = Buckets(np.full(9, 4, np.int32), np.array([3, 1, 0, 2], np.int32))
    for bucket in range(8):
        starts = np.where(np.arange(9) > bucket, 4, 0).astype(np.int32)
        in_bucket = [bucket_of(8, text) == bucket for text in encoded(texts)]
        found = find_all(crowded._replace(starts=starts), texts, texts).tolist()
        assert found == [row if inside else -1 for row, inside in enumerate(in_bucket)]


@pytest.mark.parametrize("form", ["{}", "user_{:08}", "{:08}", "https://example.org/{}/about.html"])
def test_buckets_are_small(form: str) -> None:
    """Numbered ids spread over the buckets as at random: of 20,000 in 65,536, no seven share one."""
    buckets = make_buckets(Texts.of([form.format(i) for i in range(20_000)]))
    assert len(buckets.starts) == 65_537
    assert np.diff(buckets.starts).max() < 7


def test_many_are_found_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a request is larger than a block, the rows stay in the order asked."""
    monkeypatch.setattr("latentlink.models.checkpoint.ids.hashing._BLOCK", 3)
    texts = Texts.of([f"n{i}" for i in range(10)])
    backwards = texts.take(slice(None, None, -1))
    assert find_all(make_buckets(texts), texts, backwards).tolist() == list(range(10))[::-1]
