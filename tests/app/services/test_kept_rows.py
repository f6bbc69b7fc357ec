"""Rows that are kept until a long request is whole."""

import tempfile

import numpy as np
import pytest

from latentlink.app.errors import NotReadyError, OverloadedError
from latentlink.app.services.kept_rows import KeptRows
from latentlink.app.services.room import Room


@pytest.mark.parametrize("count", [0, 10, 100_000])
def test_rows_come_back_in_blocks(count: int) -> None:
    """In their order, from memory or from a file; at least one block."""
    rows = np.random.default_rng(0).integers(-1, 2**31 - 1, (count, 3))
    kept = KeptRows(3, Room(12 * 100_000))
    for start in range(0, count, 7_000):
        kept.add(rows[start : start + 7_000])
    blocks = list(kept.blocks(4_096))
    assert len(kept) == count
    assert np.array_equal(np.concatenate(blocks), rows)
    assert [len(block) for block in blocks[:-1]] == [4_096] * (len(blocks) - 1)


def test_a_missing_directory_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a container has no place for temporary files."""
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: (_ for _ in ()).throw(FileNotFoundError("no directory")))
    with pytest.raises(NotReadyError, match=r"a directory with room \(TMPDIR\).* no directory"):
        KeptRows(3, Room(2**20)).add(np.zeros((100_000, 3), np.int64))


def test_tables_of_several_requests_share_a_room() -> None:
    """Eight of the largest size fit; the next one is refused, and fits when one has gone, whichever thread lets go of it."""
    room, rows = Room(12 * 100_000, "rows"), np.zeros((100_000, 3), np.int64)
    tables = [KeptRows(3, room) for _ in range(8)]
    for table in tables:
        table.add(rows)
    late = KeptRows(3, room)
    late.add(rows[:10_000])  # those of which each table has room for the first bytes
    with pytest.raises(OverloadedError, match="rows: expected at most 9,600,000 bytes"):
        late.add(rows)
    del table
    tables.pop()
    late.add(rows)
