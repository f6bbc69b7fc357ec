"""Threads come from the cgroup and the size of the work."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from latentlink.models.host import SMALL_WORK, available_cpus, training_threads

HERE = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("100000 100000", 1), ("50000 100000", 1), ("max 100000", HERE), (f"{HERE}50000 100000", HERE), ("", HERE)],
)
def test_the_cgroup_quota_bounds_the_cpus(tmp_path: Path, quota: str, expected: int) -> None:
    """Half a CPU counts as one; without a quota or a cgroup, all that the process may run on."""
    file = tmp_path / "cpu.max"
    file.write_text(quota)
    assert available_cpus(file) == expected
    assert available_cpus(tmp_path / "none") == HERE


def test_small_work_takes_one_thread() -> None:
    """A Cora-sized step runs on one thread, a large one on all processors but one, which others may want."""
    assert (training_threads(SMALL_WORK - 1, 8), training_threads(SMALL_WORK, 8)) == (1, 7)
    assert [training_threads(SMALL_WORK, cpus) for cpus in (1, 2, 3)] == [1, 1, 2]
    assert [training_threads(SMALL_WORK, 9, processes) for processes in (2, 3, 16)] == [4, 2, 1]


GROWN = """
import re, threading
from pathlib import Path
import numpy as np
from latentlink.models.host import return_freed, share_heap

def anonymous():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

def work():
    for _ in range(3):
        np.ones(24 * 2**20, np.uint8)
    global kept
    many = [np.ones(100_000, np.uint8) for _ in range(100)]
    kept = many[-1]  # at the end of the heap, so that nothing before it is given back by itself

share_heap()
before = anonymous()
thread = threading.Thread(target=work)
thread.start()
thread.join()
return_freed()
print(anonymous() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="speaks of glibc")
def test_what_a_thread_freed_is_back_with_the_system() -> None:
    """Of 34 MiB that a thread allocated and freed, a process keeps less than 4."""
    told = subprocess.run([sys.executable, "-c", GROWN], check=True, capture_output=True, text=True)
    assert int(told.stdout) < 4 * 1024
