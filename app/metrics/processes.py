"""The processes of the service: what they use, which of them live, and what those that died leave behind."""

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from prometheus_client import ProcessCollector
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import mark_process_dead
from prometheus_client.registry import Collector


class Processes(Collector):
    """CPU, memory and file descriptors, where the system has /proc; of several workers each with its `pid`.

    Args:
        pids: those of the workers; None for this process alone, without a label.
    """

    def __init__(self, pids: list[int] | None) -> None:
        self._pids = pids

    def collect(self) -> Iterator[Metric]:
        """The families, under the names that every Prometheus client gives them."""
        if self._pids is None:
            yield from ProcessCollector(registry=None).collect()
            return
        families: dict[str, Metric] = {}
        for pid in self._pids:
            for family in ProcessCollector(pid=partial(int, pid), registry=None).collect():
                together = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    together.add_sample(sample.name, {"pid": str(pid)}, sample.value)
        yield from families.values()


def workers(directory: Path) -> list[int]:
    """The process ids of the workers that live."""
    return sorted(pid for pid in _pids(directory) if _lives(pid))


def _pids(directory: Path) -> set[int]:
    found = (re.search(r"_(\d+)\.db$", path.name) for path in directory.glob("gauge_live*.db"))
    return {int(match[1]) for match in found if match}


def forget_the_dead(directory: Path) -> None:
    """A worker that died has nothing in work; what it counted stays."""
    for pid in _pids(directory):
        if not _lives(pid):
            mark_process_dead(pid, str(directory))  # type: ignore[no-untyped-call]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
