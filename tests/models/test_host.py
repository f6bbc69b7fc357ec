"""Threads come from the cgroup and the size of the work."""

import os
from pathlib import Path

import pytest

from latentlink.models.host import SMALL_WORK, available_cpus, training_threads

HERE = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("100000 100000", 1), ("50000 100000", 1), ("max 100000", HERE), (f"{HERE}50000 100000", HERE), ("", HERE)],
)
def test_the_cgroup_quota_bounds_the_cpus(tmp_path: Path, quota: str, expected: int) -> None:
    """Half a CPU counts as one, no quota as all that the process may run on."""
    file = tmp_path / "cpu.max"
    file.write_text(quota)
    assert available_cpus(file) == expected


def test_a_machine_without_cgroups_gives_its_affinity(tmp_path: Path) -> None:
    """A missing quota file is not an error."""
    assert available_cpus(tmp_path / "none") == HERE


def test_small_work_takes_one_thread() -> None:
    """A Cora-sized step runs on one thread, a large one on all processors but one, which others may want."""
    assert (training_threads(SMALL_WORK - 1, 8), training_threads(SMALL_WORK, 8)) == (1, 7)
    assert [training_threads(SMALL_WORK, cpus) for cpus in (1, 2, 3)] == [1, 1, 2]
