"""The service's metrics for Prometheus: counts, durations, load, and the models that are served.

With several workers each keeps its numbers in files of `PROMETHEUS_MULTIPROC_DIR`, which `latentlink serve` makes, and
the one that answers `/metrics` adds them up.
"""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from latentlink.app.metric_files import share_without_holes
from latentlink.app.metrics.processes import Processes, forget_the_dead, workers
from latentlink.app.metrics.scores import ReferenceScores, ScoreMetrics
from latentlink.app.services.stores.store import ModelStore
from latentlink.models.checkpoint import Manifest

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"  # the library reads it when a worker imports it

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds
_FEWER_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5)


class Metrics(ScoreMetrics):
    """The numbers of one service; counts what it hears of models.

    Attributes:
        seconds: time to the end of each answer, by method, route and status.
        model_seconds: the same by model and status, in fewer buckets, since models may be many.
        in_flight: requests in work.
        shed: requests refused because the limit of requests in work was reached.
        heavy_in_flight: requests of heavy work.
        heavy_shed: requests refused because the limit of those was reached.
        limited: requests refused because of the rate of their key, by its name.
        keys_broken: whether a worker could not read the file of keys as it is now.
        unaffordable: requests refused because of the work that they would take.
        given_up: requests whose work was ended before its end.
        swap_failures: versions that could not be loaded, by model.
        opening_seconds: time to open a version.
        openings: versions that were opened, by model.
        closings: versions that were closed to make room for others, by model.
        unknown_ids: ids in requests that the model does not know, by model.
        searches: lists of neighbours, by model and whether the search was exact.
        loop_lag: how late the event loop runs what is due, at twenty moments a second.
    """

    def __init__(self) -> None:
        share_without_holes()
        disable_created_metrics()  # type: ignore[no-untyped-call]  # as many series again, which nobody needs
        self._registry = own = CollectorRegistry()
        super().__init__(own)
        self.seconds = Histogram(
            "latentlink_request_seconds",
            "Time to the end of an answer.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=own,
        )
        self.model_seconds = Histogram(
            "latentlink_model_request_seconds",
            "Time to the end of an answer of a model, also of one that could not be loaded.",
            ("model", "status"),
            buckets=_FEWER_BUCKETS,
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
        self.heavy_in_flight = Gauge(
            "latentlink_heavy_requests_in_flight", "Heavy requests in work.", registry=own, multiprocess_mode="livesum"
        )
        self.heavy_shed = Counter(
            "latentlink_heavy_requests_shed",
            "Heavy requests refused because the limit of heavy requests in work was reached.",
            registry=own,
        )
        self.limited = Counter(
            "latentlink_requests_rate_limited",
            "Requests refused because their key asks more often than it may.",
            ("key",),
            registry=own,
        )
        self.keys_broken = Gauge(
            "latentlink_keys_file_broken",
            "1 where the file of keys can't be read as it is now, and the earlier keys hold.",
            registry=own,
            multiprocess_mode="livemax",
        )
        self.unaffordable = Counter(
            "latentlink_requests_unaffordable",
            "Requests refused because their estimated work is over the limit.",
            registry=own,
        )
        self.given_up = Counter(
            "latentlink_requests_given_up",
            "Requests whose work was ended, at the time limit or because the client left.",
            registry=own,
        )
        self.swap_failures = Counter(
            "latentlink_swap_failures",
            "Versions that a worker could not load.",
            ("model",),
            registry=own,
        )
        self.opening_seconds = Histogram(
            "latentlink_opening_seconds",
            "Time to read and verify a version, as it is opened.",
            buckets=[seconds for seconds in _BUCKETS if seconds >= 0.005],
            registry=own,
        )
        self.openings = Counter("latentlink_model_openings", "Versions that a worker opened.", ("model",), registry=own)
        self.closings = Counter(
            "latentlink_model_closings",
            "Versions that a worker closed to make room for another one.",
            ("model",),
            registry=own,
        )
        self.unknown_ids = Counter(
            "latentlink_model_unknown_ids",
            "Ids in requests that the model does not know.",
            ("model",),
            registry=own,
        )
        self.searches = Counter(
            "latentlink_model_searches",
            "Lists of neighbours that were found; `exact` is false where an index may have missed some.",
            ("model", "exact"),
            registry=own,
        )
        self._searches = cache(self.searches.labels)  # twice as many as there are models that were served
        self.loop_lag = Histogram(
            "latentlink_loop_lag_seconds",
            "How late the event loop runs what is due, at twenty moments a second.",
            buckets=[seconds for seconds in _BUCKETS if 0.01 <= seconds <= 10],
            registry=own,
        )

    def version_failed(self, model: str) -> None:
        """Count a failed swap."""
        self.swap_failures.labels(model).inc()

    def rate_limited(self, key: str) -> None:
        """Count a refusal."""
        self.limited.labels(key).inc()

    def version_opened(self, model: str, seconds: float) -> None:
        """Count an opening, and observe its time."""
        self.openings.labels(model).inc()
        self.opening_seconds.observe(seconds)

    def version_closed(self, model: str) -> None:
        """Count a closing."""
        self.closings.labels(model).inc()

    def ids_unknown(self, model: str, count: int) -> None:
        """Count unknown ids."""
        self.unknown_ids.labels(model).inc(count)

    def searched(self, model: str, *, exact: bool) -> None:
        """Count a search."""
        self._searches(model, str(exact).lower()).inc()

    def render(self, store: ModelStore, *, openmetrics: bool = False) -> bytes:
        """Everything in Prometheus' text format, or in that of OpenMetrics, over all workers; blocks on their files."""
        everything = CollectorRegistry()
        directory = os.environ.get(DIRECTORY)
        if directory:
            forget_the_dead(Path(directory))
            MultiProcessCollector(everything, directory)  # type: ignore[no-untyped-call]
        else:
            everything.register(self._registry)
        everything.register(_Models(store))
        everything.register(ReferenceScores(store))
        everything.register(Processes(workers(Path(directory)) if directory else None))
        return generate_openmetrics(everything) if openmetrics else generate_latest(everything)  # type: ignore[no-untyped-call]


class _Models(Collector):
    """The models of the worker that answers, one sample each; the others follow the same directory."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        """The families."""
        info = GaugeMetricFamily("latentlink_model_info", "The version that is served.", labels=("model", "version"))
        degraded = GaugeMetricFamily(
            "latentlink_model_degraded", "1 where the current version is not served.", labels=("model",)
        )
        mapped = GaugeMetricFamily(
            "latentlink_model_open_bytes", "Size of the files of open versions; 0 where none is.", labels=("model",)
        )
        sizes = [GaugeMetricFamily(*named, labels=("model",)) for named in _SIZES]
        models, failing, opened = self._store.models, self._store.degraded(), self._store.opened()
        for name, model in models.items():
            info.add_metric((name, model.version), 1)
            mapped.add_metric((name,), sum(one.checkpoint.manifest.size for one in opened.get(name, ())))
            for family, value in zip(sizes, _sizes(model.manifest), strict=True):
                family.add_metric((name,), value)
        for name in sorted({*models, *failing}):
            degraded.add_metric((name,), name in failing)
        yield from (info, degraded, mapped, *sizes)


_SIZES = (
    ("latentlink_model_published_timestamp_seconds", "When the version that is served was published."),
    ("latentlink_model_nodes", "Nodes of the version that is served."),
    ("latentlink_model_edges", "Known links of the version that is served."),
    ("latentlink_model_file_bytes", "Size of the files of the version that is served; workers map them together."),
)


def _sizes(manifest: Manifest) -> tuple[float, ...]:
    """A value for each of `_SIZES`."""
    return manifest.created_at.timestamp(), manifest.counts.nodes, manifest.counts.edges, manifest.size
