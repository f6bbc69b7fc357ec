"""Vectors in three formats, each read back by somebody else's reader."""

import gc
import io
import itertools
import tracemalloc
from collections.abc import Callable, Iterator

import arro3.io
import numpy as np
import pytest
from arro3.core import DataType, Field

from latentlink.app.services import streams as vectors
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.streams import write_arrow, write_json, write_ndjson
from latentlink.models.arrays import Float32, Int64
from tests.app.readers import Columns, from_arrow, from_json, from_ndjson
from tests.support import Small

ROWS = (range(60), range(0), np.array([5, -1, 5, 0, -1]), np.array([-1]), np.array([], np.int64))


def expected(small: Small, rows: Int64 | range) -> Columns:
    """Ids and vectors of those rows, None for −1."""
    return (
        [None if row < 0 else small.ids[row] for row in rows],
        [None if row < 0 else small.mu[row].tolist() for row in rows],
    )


@pytest.mark.parametrize("rows", ROWS, ids=["all", "none", "some", "unknown", "empty"])
@pytest.mark.parametrize("numbers", [1, 24, 131_072])
@pytest.mark.parametrize(
    ("write", "read"), [(write_json, from_json), (write_ndjson, from_ndjson), (write_arrow, from_arrow)]
)
def test_what_is_written_is_read_back_to_the_bit(
    scorer: Scorer,
    small: Small,
    rows: Int64 | range,
    numbers: int,
    write: Callable[[Scorer, Int64 | range], Iterator[bytes]],
    read: Callable[[bytes], Columns],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ids, float32 and nulls, in blocks of one row, of three, and of all."""
    monkeypatch.setattr(vectors, "_BLOCK_NUMBERS", numbers)
    nodes, embeddings = read(b"".join(write(scorer, rows)))
    found = [None if vector is None else np.array(vector, np.float32).tolist() for vector in embeddings]
    assert (nodes, found) == expected(small, rows)


def test_arrow_has_the_promised_types(scorer: Scorer) -> None:
    """Text and a list of D float32, of an empty answer, too."""
    for rows in (range(60), range(0)):
        schema = arro3.io.read_ipc_stream(io.BytesIO(b"".join(write_arrow(scorer, rows)))).schema
        assert schema.names == ["node", "embedding"]
        assert schema.field("node").type == DataType.utf8()
        assert schema.field("embedding").type == DataType.list(Field("item", DataType.float32(), nullable=True), 8)


@pytest.mark.parametrize("write", [write_json, write_ndjson, write_arrow])
def test_a_table_takes_the_memory_of_a_block(
    scorer: Scorer, write: Callable[[Scorer, Int64 | range], Iterator[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten times the rows give ten times the bytes at the same peak, which is a fraction of them."""
    monkeypatch.setattr(vectors, "_BLOCK_NUMBERS", 2048)
    peaks, sizes = [], []
    for count in (5_000, 50_000):
        rows = np.arange(count) % 60
        tracemalloc.start()
        size = 0
        for part in write(scorer, rows):
            size += len(part)
            gc.collect(0)  # nanoarrow leaves a small cycle with each block; how many wait is for each Python to decide
        sizes.append(size)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert sizes[1] > 9 * sizes[0]
    assert peaks[1] < min(2 * peaks[0], sizes[1] / 4)


def test_nothing_is_computed_before_it_is_requested(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first parts of a table come at once: three blocks of it are read, not all."""
    monkeypatch.setattr(vectors, "_BLOCK_NUMBERS", 8)
    read: list[int] = []
    embeddings = scorer.embeddings

    def noted(rows: Int64, *, source: bool = False) -> Float32:
        read.extend(rows.tolist())
        return embeddings(rows, source=source)

    monkeypatch.setattr(scorer, "embeddings", noted)
    list(itertools.islice(write_ndjson(scorer, range(60)), 3))
    assert read == [0, 1, 2]
