"""What a training takes, what there is, and the refusal; that the estimate is near the truth is measured in benchmarks."""

from pathlib import Path

import numpy as np
import pytest

from models.config import TrainingConfig
from models.errors import DataError
from models.graph import Graph
from models.memory import available_bytes, require_memory, training_bytes

GIB = 2**30
RING = Graph.from_pairs([str(i) for i in range(1000)], np.array([(i, (i + 1) % 1000) for i in range(1000)]))


def _meminfo(folder: Path, kib: int) -> Path:
    path = folder / "meminfo"
    path.write_text(f"MemTotal:       99999999 kB\nMemAvailable:   {kib} kB\nHugePages_Total:       0\nVmFlags: a b\n")
    return path


def _cgroup(folder: Path, limit: str) -> Path:
    for name, text in {
        "memory.max": limit,
        "memory.current": "700",
        "memory.stat": "anon 5\ninactive_file 30\n",
    }.items():
        (folder / name).write_text(f"{text}\n")
    return folder


@pytest.mark.parametrize(("limit", "expected"), [("1000", 330), ("max", 2048), ("9999999", 2048)])
def test_what_is_left_is_the_lesser_of_machine_and_cgroup(tmp_path: Path, limit: str, expected: int) -> None:
    """Of the cgroup's limit what is used counts as gone, but for files that are only cached."""
    assert available_bytes(_meminfo(tmp_path, 2), _cgroup(tmp_path, limit)) == expected


def test_where_nothing_tells_nothing_is_known(tmp_path: Path) -> None:
    """As on macOS."""
    assert available_bytes(tmp_path / "none", tmp_path / "none") is None


def test_a_wider_model_takes_more() -> None:
    """In proportion to its tensors of N × D."""
    narrow, wide = (training_bytes(RING, TrainingConfig(dim=d)) for d in (64, 128))
    assert 4 * 1000 * 64 * 9 < wide - narrow < 4 * 1000 * 64 * 30


def test_a_training_that_does_not_fit_is_refused_with_a_width_that_does() -> None:
    """The message names both amounts; the width it names is then taken."""
    config = TrainingConfig(dim=512)
    left = training_bytes(RING, config.model_copy(update={"dim": 64})) + 1
    with pytest.raises(DataError, match=r"fits into the 0\.0 GiB that are left, found 1,000 nodes .* --dim 64 fits"):
        require_memory(RING, config, left)
    require_memory(RING, config.model_copy(update={"dim": 64}), left)


def test_where_no_width_fits_none_is_named() -> None:
    """Only more memory helps."""
    with pytest.raises(DataError, match=r"about 0\.0 GiB; train where there is more"):
        require_memory(RING, TrainingConfig(), 1000)


def test_without_a_known_limit_nothing_is_refused() -> None:
    """And models of features, which train in small batches, are never."""
    require_memory(RING, TrainingConfig(), None)
    require_memory(RING, TrainingConfig(model="ae"), 1000)
