"""Paths of requests."""

from collections.abc import Mapping
from typing import Any

_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})


def is_probe(scope: Mapping[str, Any]) -> bool:
    """Whether a request is a probe: liveness, readiness or metrics, sent every few seconds by machines."""
    return route_path(scope) in _PROBES


def route_path(scope: Mapping[str, Any]) -> str:
    """The path of a request as the routes have it: without the prefix that a proxy mounted the service at."""
    path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path
