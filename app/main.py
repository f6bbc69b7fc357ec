"""The FastAPI application, built from the settings when it is called, not at import time."""

import math
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from latentlink.app.computing import Computing
from latentlink.app.deps import State
from latentlink.app.http.problem_answers import install_handlers
from latentlink.app.keys.ring import KeyRing, read_keys
from latentlink.app.lifespan import following, lifespan
from latentlink.app.metrics import Metrics
from latentlink.app.middleware.access_log import AccessLog
from latentlink.app.middleware.compression import Compression
from latentlink.app.middleware.context import RequestContext
from latentlink.app.middleware.errors import ErrorHandling
from latentlink.app.middleware.keys import ApiKeys, Owner
from latentlink.app.middleware.paths import is_probe
from latentlink.app.middleware.proxies import Proxies, trusted_proxies
from latentlink.app.middleware.shedding import LoadShedding
from latentlink.app.middleware.timeout import TimeLimit
from latentlink.app.reference.openapi import install_openapi
from latentlink.app.routers import (
    compare,
    embeddings,
    explanation,
    health,
    maps,
    models,
    nodes,
    problems,
    thresholds,
)
from latentlink.app.routers import metrics as metrics_router
from latentlink.app.routers.docs import install_docs
from latentlink.app.routers.explorer import install_explorer, install_files
from latentlink.app.routers.links import carried, jobs
from latentlink.app.routers.neighbors import many as neighbors_of_many
from latentlink.app.routers.neighbors import one as neighbors_of_one
from latentlink.app.routers.scores import many as scores_of_many
from latentlink.app.routers.scores import one as score_of_one
from latentlink.app.routers.unseen import routes as unseen
from latentlink.app.services.jobs.table import JobTable
from latentlink.app.services.kept_rows import LONGEST
from latentlink.app.services.room import Room
from latentlink.app.services.shadows.asking import Candidate, Shadows, read_candidates
from latentlink.app.services.stores.disk import open_cache
from latentlink.app.services.stores.mirrored import MirroredStore
from latentlink.app.services.stores.one_model import OneModel
from latentlink.app.services.stores.opening import Opening
from latentlink.app.services.stores.store import ModelStore
from latentlink.app.settings import Settings, read_settings
from latentlink.models.checkpoint.remote.location import StoreURL
from latentlink.models.checkpoint.remote.mirror import Mirror
from latentlink.models.host import available_cpus

_DESCRIPTION = "Link prediction behind HTTP: edge probabilities, embeddings and predicted neighbours."


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the service.

    Args:
        settings: the operator's; read from the environment if None.

    Raises:
        pydantic.ValidationError: the environment holds a setting that is out of its range.
        DataError: settings are unsafe or contradict each other, or a variable of the environment is no setting.
    """
    settings = settings or read_settings()
    keys, metrics = read_keys(settings), Metrics()
    return _assembled(settings, _store(settings, metrics), metrics, keys, _onion(settings, keys, metrics), alone=True)


def _store(settings: Settings, metrics: Metrics) -> ModelStore:
    """The models of a directory, or of copies that are kept like a URL."""
    names, cache = (settings.default_model, settings.required_models), open_cache(settings.cache)
    if isinstance(settings.checkpoints, StoreURL):
        return MirroredStore(settings.checkpoints, settings.directory, *names, metrics, settings.max_open_models)
    return ModelStore(settings.directory, *names, metrics, cache, settings.max_open_models)


def _mirror(settings: Settings, candidates: Mapping[str, Candidate]) -> Mirror | None:
    """What keeps the copies of a URL like it.

    Raises:
        DataError: the environment has no configuration for it, or there is no directory for copies.
    """
    if not isinstance(settings.checkpoints, StoreURL):
        return None
    versions = {name: candidate.version for name, candidate in candidates.items()}
    return Mirror(settings.checkpoints.open(make=True), settings.directory, settings.cache_bytes, versions)


def create_embedded(home: Path, version: str | None = None) -> FastAPI:
    """Build the service of one model inside of a program with other work: without keys, limits, log and the environment.

    Args:
        home: the model's directory, in a store.
        version: to answer from; None follows `CURRENT`.

    Raises:
        CheckpointError: the version is missing or damaged.
    """
    limits = ("pairs", "nodes", "k", "results", "work", "heavy", "body_bytes")
    unlimited: dict[str, Any] = {f"max_{name}": sys.maxsize for name in limits}
    settings = Settings.model_construct(
        checkpoints=home.parent,
        default_model=home.name,
        explorer=False,
        poll_seconds=1.0 if version is None else math.inf,
        **unlimited,
    )
    onion = [Middleware(RequestContext), Middleware(ErrorHandling), Middleware(Owner)]
    return _assembled(settings, OneModel(home, version), Metrics(), KeyRing(), onion, alone=False)


def _assembled(
    settings: Settings, store: ModelStore, metrics: Metrics, keys: KeyRing, onion: list[Middleware], *, alone: bool
) -> FastAPI:
    """The application; `alone` in its process, which then is set up for it and may be traced."""
    app = FastAPI(
        title="Latentlink",
        version=version("latentlink"),
        description=_DESCRIPTION,
        lifespan=lifespan if alone else following,
        middleware=onion,
        docs_url=None,  # served by `latentlink.app.routers.docs`, without a CDN
        redoc_url=None,
        redirect_slashes=False,
        # Traces where an operator installed the extra `otel` and set OTEL_EXPORTER_OTLP_ENDPOINT; no metrics, no logs.
        telemetry={"tracing": alone, "auto_configure": True, "metrics": False, "logs": False, "exclude": is_probe},
    )
    candidates = read_candidates(settings.shadow)
    app.state.service = State(
        settings=settings,
        store=store,
        metrics=metrics,
        bodies=Room(settings.max_body_bytes),
        rows=Room(settings.max_rows * LONGEST, "rows of Arrow"),
        parsing=ThreadPoolExecutor(1, "parsing"),
        opening=Opening(),
        computing=Computing(max(1, available_cpus() // settings.workers), settings.max_heavy, metrics),
        shadows=Shadows(candidates, metrics),
        keys=keys,
        jobs=None if settings.jobs is None else JobTable(settings.jobs, settings.job_keep_seconds),
        mirror=_mirror(settings, candidates),
    )
    # Included, every router would match each request twice, and the framework would wrap each route anew, without its direct
    # answer. Routes are tried in order: those that are requested most come first.
    for resource in (
        *(score_of_one, scores_of_many, neighbors_of_one, neighbors_of_many, unseen, embeddings, nodes, explanation),
        *(carried, thresholds, maps, compare, models, jobs, health, metrics_router, problems),
    ):
        app.router.routes.extend(resource.router.routes)
    install_files(app)
    install_docs(app)
    if settings.explorer:
        install_explorer(app)
    install_handlers(app)
    install_openapi(app, settings, secured=bool(keys))
    return app


def _onion(settings: Settings, keys: KeyRing, metrics: Metrics) -> list[Middleware]:
    """The middleware, outermost first."""
    return [
        Middleware(RequestContext),
        Middleware(AccessLog, metrics=metrics, slow_seconds=settings.slow_seconds),
        Middleware(Proxies, trusted=trusted_proxies(), root_path=settings.root_path),
        *([_cors(settings)] if settings.cors_origins else []),
        Middleware(ErrorHandling),
        *([Middleware(ApiKeys, keys=keys, metrics=metrics, metrics_open=settings.metrics_open)] if keys else []),
        Middleware(LoadShedding, limit=settings.max_in_flight, on_shed=metrics.shed.inc),
        Middleware(TimeLimit, seconds=settings.timeout_seconds),
        Middleware(Compression),
    ]


def _cors(settings: Settings) -> Middleware:
    """CORS: the requests and headers of pages of other web sites; no credentials, since the service sets no cookies."""
    return Middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=("GET", "HEAD", "POST", "DELETE"),
        allow_headers=("Authorization", "Content-Encoding", "If-None-Match", "X-Request-ID"),
        expose_headers=(
            *("ETag", "Location", "RateLimit", "RateLimit-Policy", "Retry-After"),
            *("WWW-Authenticate", "X-Model", "X-Request-ID"),
        ),
    )
