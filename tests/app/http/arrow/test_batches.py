"""Batches of ids: how they are cut, and what damaged ones are refused for."""

from unittest.mock import Mock

import numpy as np
import pytest

from latentlink.app.errors import MalformedBodyError
from latentlink.app.http.arrow.batches import Batch, _Buffers
from latentlink.models.checkpoint import Texts


@pytest.mark.parametrize("seed", range(5))
def test_blocks_are_of_few_rows_and_bytes(seed: int) -> None:
    """As large as they may be, all rows in order; a row with longer texts is a block of its own."""
    random = np.random.default_rng(seed)
    columns = {name: ["x" * int(length) for length in random.integers(0, 12, 50)] for name in ("a", "b")}
    batch = Batch(50, {name: Texts.of(texts) for name, texts in columns.items()})
    sizes = [len(a) + len(b) for a, b in zip(columns["a"], columns["b"], strict=True)]
    assert batch.bytes == sum(sizes)
    expected, start = [], 0
    while start < 50:
        end = start + 1
        while end < min(50, start + 4) and sum(sizes[start : end + 1]) <= 16:
            end += 1
        expected.append({name: texts[start:end] for name, texts in columns.items()})
        start = end
    found = list(batch.blocks(4, 16))
    assert [{name: texts.decode() for name, texts in block.columns.items()} for block in found] == expected
    assert [block.size for block in found] == [len(block["a"]) for block in expected]


def test_buffers_of_views_do_not_overlap() -> None:
    """They are copied: a million of them that are the same bytes would be a million copies."""
    table = Mock(table=lambda _: None, number=lambda *_: 1)
    table.numbers = lambda *place: iter([(3,)] if len(place) == 1 else [(0, 4), (4, 8), (0, 5)])
    with pytest.raises(MalformedBodyError, match="buffers that overlap"):
        _Buffers(table, memoryview(bytes(16))).several()
