"""The service's metrics for Prometheus: counts, durations, load, and the models that are served.

With several workers each keeps its numbers in files of `PROMETHEUS_MULTIPROC_DIR`, which `latentlink serve` makes, and
the one that answers `/metrics` adds them up.
"""

import os
import re
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from latentlink.app.services.store import ModelStore

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"  # the library reads it when a worker imports it

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds


class Metrics:
    """The numbers of one service.

    Attributes:
        seconds: time to the end of each answer, by method, route and status.
        in_flight: requests in work.
        shed: requests refused because the limit of requests in work was reached.
        swap_failures: versions that could not be loaded, by model.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # as many series again, which nobody needs
        self._registry = own = CollectorRegistry()
        self.seconds = Histogram(
            "latentlink_request_seconds",
            "Time to the end of an answer.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=own,
        )
        self.in_flight = Gauge(
            "latentlink_requests_in_flight", "Requests in work.", registry=own, multiprocess_mode="livesum"
        )
        self.shed = Counter(
            "latentlink_requests_shed",
            "Requests refused because the limit of requests in work was reached.",
            registry=own,
        )
        self.swap_failures = Counter(
            "latentlink_swap_failures",
            "Versions that a worker could not load.",
            ("model",),
            registry=own,
        )

    def render(self, store: ModelStore) -> bytes:
        """Everything in Prometheus' text format, over all workers; blocks on their files."""
        return self._measured() + generate_latest(_models_of(store))

    def _measured(self) -> bytes:
        directory = os.environ.get(DIRECTORY)
        if not directory:
            return generate_latest(self._registry)
        _forget_the_dead(Path(directory))
        together = CollectorRegistry()
        MultiProcessCollector(together, directory)  # type: ignore[no-untyped-call]
        return generate_latest(together)


def _models_of(store: ModelStore) -> CollectorRegistry:
    """The models that this worker serves; the others read the same directory."""
    registry = CollectorRegistry()
    info = Gauge("latentlink_model_info", "The version that is served.", ("model", "version"), registry=registry)
    degraded = Gauge("latentlink_model_degraded", "1 where it is not the current one.", ("model",), registry=registry)
    failing = store.degraded()
    for name, model in store.models.items():
        info.labels(name, model.version).set(1)
        degraded.labels(name).set(name in failing)
    return registry


def _forget_the_dead(directory: Path) -> None:
    """A worker that died has nothing in work; what it counted stays."""
    for path in directory.glob("gauge_live*.db"):
        if (found := re.search(r"_(\d+)\.db$", path.name)) and not _lives(int(found[1])):
            mark_process_dead(int(found[1]), str(directory))  # type: ignore[no-untyped-call]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
