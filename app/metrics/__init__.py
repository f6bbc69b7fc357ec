"""The service's metrics for Prometheus: counts, durations, load, models that are served, and their scores."""

from latentlink.app.metrics.service import DIRECTORY, Metrics

__all__ = ["DIRECTORY", "Metrics"]
