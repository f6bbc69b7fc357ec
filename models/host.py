"""CPUs and memory that this process may use, by its cgroup, settings of glibc's malloc, and versions of packages."""

import contextlib
import ctypes
import math
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path

# Multiply-adds of one training step below which a second thread can cost far more than it gives: with other processes on the
# machine two threads wait for each other at every operation, and a run on 25,000 edges took 6 minutes instead of one.
SMALL_WORK = 200_000_000
_M_ARENA_MAX = -8  # malloc.h
_ABSENT = (AttributeError, OSError, TypeError)  # another C library has neither call, and is left as it is


@cache
def installed(package: str) -> str:
    """The version of a package, read once: a training asks for eight, of which one takes milliseconds to parse.

    Raises:
        PackageNotFoundError: there is none.
    """
    return version(package)


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


def training_threads(step_work: int, cpus: int, processes: int = 1) -> int:
    """1 for a small graph, else all of `cpus` but one, shared by the processes of a training.

    That one is left to others: where every processor is taken, a single busy neighbour makes each operation wait for the thread
    that shares its processor. On two of two a step of Slashdot's graph took 10 s instead of 3.

    Args:
        step_work: multiply-adds of one training step.
        cpus: from `available_cpus`.
        processes: that train together on this machine.
    """
    return 1 if step_work < SMALL_WORK else max(1, (cpus - 1) // processes)


def share_heap() -> None:
    """Let all threads allocate from one heap; to be called before they start.

    A heap of a thread's own can't be given back to its end: one that verified a checkpoint kept up to 48 MiB, in each process.
    """
    with contextlib.suppress(*_ABSENT):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def return_freed() -> None:
    """Hand back to the system what was freed and lies idle."""
    with contextlib.suppress(*_ABSENT):
        ctypes.CDLL(None).malloc_trim(0)


def available_bytes(meminfo: Path = Path("/proc/meminfo"), cgroup: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Bytes that this process may still take: the machine's, or what is left of its cgroup if that is less; None if unknown.

    Args:
        meminfo: Linux's table of memory, in KiB.
        cgroup: the directory of the cgroup v2, with `memory.max`, `memory.current` and `memory.stat`.
    """
    machine = _table(meminfo, ":").get("MemAvailable")
    try:
        limit, used = ((cgroup / name).read_text().strip() for name in ("memory.max", "memory.current"))
        cached = _table(cgroup / "memory.stat", " ").get("inactive_file", 0)
        group = None if limit == "max" else int(limit) - int(used) + cached
    except (OSError, ValueError):
        group = None
    known = [value for value in (None if machine is None else 1024 * machine, group) if value is not None]
    return min(known) if known else None


def _table(path: Path, between: str) -> dict[str, int]:
    """The numbers of a file of names and numbers, a pair a line; none if it can't be read."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition(between) for line in lines)
    return {name: int(value.split()[0]) for name, _, value in pairs if value.split()[:1] and value.split()[0].isdigit()}
