"""How many CPU threads this process may own: the cgroup's share, not the host's cores."""

import math
import os
from pathlib import Path

# Multiply-adds of one training step below which a second thread can cost far more than it gives: with other processes on the
# machine two threads wait for each other at every operation, and a run on 25,000 edges took 6 minutes instead of one.
SMALL_WORK = 200_000_000


def available_cpus(cgroup: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Processors this process may use: the smaller of its affinity mask and its cgroup quota, at least 1.

    Args:
        cgroup: the cgroup v2 quota file, "QUOTA PERIOD" in µs, or "max PERIOD" where there is none.
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = cgroup.read_text().split()
    except (OSError, ValueError):
        return affinity
    return affinity if quota == "max" else max(1, min(affinity, math.floor(int(quota) / int(period))))


def training_threads(step_work: int, cpus: int) -> int:
    """1 for a small graph, else all of `cpus` but one.

    That one is left to others: where every processor is taken, a single busy neighbour makes each operation wait for the thread
    that shares its processor. On two of two a step of Slashdot's graph took 10 s instead of 3.

    Args:
        step_work: multiply-adds of one training step.
        cpus: from `available_cpus`.
    """
    return 1 if step_work < SMALL_WORK else max(1, cpus - 1)
