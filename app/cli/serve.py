"""`latentlink serve`: the service in one or several processes.

The server is imported inside the command: no other command must wait for it and for FastAPI.
"""

import os
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from tempfile import TemporaryDirectory
from typing import Annotated, Any, cast

import typer
from pydantic import ValidationError
from typer.models import OptionInfo

from latentlink.app.keys.ring import read_keys
from latentlink.app.metrics import DIRECTORY
from latentlink.app.services.jobs.table import JobTable
from latentlink.app.services.stores.disk import open_cache
from latentlink.app.settings import PREFIX, Settings, read_settings
from latentlink.models.checkpoint.disk.files import reason
from latentlink.models.checkpoint.remote.location import StoreURL
from latentlink.models.errors import DataError
from latentlink.models.fields import field_errors
from latentlink.models.wording import without_secrets

# Seconds that an idle connection stays open: longer than the minute after which proxies and load balancers close theirs. The
# client must be the first to close it, or its next request meets a connection that is being closed.
_KEEP_ALIVE = 75
_MEMORY = "/dev/shm"  # which containers have, also with a read-only root filesystem


def _option(name: str) -> OptionInfo:
    """An option with the description and the default of a setting."""
    setting = Settings.model_fields[name]
    return cast(OptionInfo, typer.Option(help=setting.description, show_default=str(setting.default)))


def serve(
    checkpoints: Annotated[str | None, _option("checkpoints")] = None,
    host: Annotated[str | None, _option("host")] = None,
    port: Annotated[int | None, _option("port")] = None,
    workers: Annotated[int | None, _option("workers")] = None,
) -> None:
    """Serve the checkpoints over HTTP.

    Every setting can be set in the environment as LATENTLINK_<NAME>; options on the command line take precedence.
    """
    given = {"checkpoints": checkpoints, "host": host, "port": port, "workers": workers}
    # Workers are new processes, which read their settings from the environment.
    os.environ.update({f"{PREFIX}{name.upper()}": str(value) for name, value in given.items() if value is not None})
    settings = _settings()
    read_keys(settings)
    open_cache(settings.cache)
    _require_store(settings)
    _require_jobs(settings)
    _require_free(settings)
    # The server passes SIGTERM on after draining: exit at once, without waiting for abandoned threads.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    os.environ.setdefault("PYTHONFAULTHANDLER", "1")  # of workers: as `latentlink.app.cli.main` does for this process
    with _metrics_directory(settings):
        _run(settings)


def _run(settings: Settings) -> None:
    import uvicorn

    from latentlink.app.http.protocol import Limits, Protocol
    from latentlink.app.logs import log_config

    uvicorn.run(
        "latentlink.app.main:create_app",
        factory=True,
        http=cast(Any, partial(Protocol, limits=Limits(settings.max_connections, settings.timeout_seconds))),
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=settings.drain_seconds,
        log_config=log_config(settings.log_format),
        proxy_headers=False,  # read by `latentlink.app.middleware.proxies`, the prefix among them
        access_log=False,  # `latentlink.app.middleware.access_log` logs more, and no node ids
    )


def _settings() -> Settings:
    try:
        return read_settings()
    except ValidationError as error:
        errors = error.errors()
        for one in errors:
            if isinstance(one["input"], str):
                one["input"] = without_secrets(one["input"])
        wrong = field_errors(errors)
        raise DataError(
            "; ".join(f"{PREFIX}{e.field.upper()}: expected {e.expected}, found {e.found}" for e in wrong)
        ) from None


@contextmanager
def _metrics_directory(settings: Settings) -> Iterator[None]:
    """A directory in which several workers share their metrics; a single worker keeps them in memory."""
    if settings.workers == 1:
        yield
        return
    with _temporary_directory() as directory:
        os.environ[DIRECTORY] = directory
        yield


def _temporary_directory() -> "TemporaryDirectory[str]":
    for parent in (None, _MEMORY):
        with suppress(OSError):
            return TemporaryDirectory(prefix="latentlink-", dir=parent, ignore_cleanup_errors=True)
    raise DataError(
        "--workers: expected a directory to write to, in which several workers share their metrics, "
        f"found none: neither TMPDIR, /tmp nor {_MEMORY}; mount one, such as --tmpfs /tmp of docker run, or take --workers 1"
    )


def _require_store(settings: Settings) -> None:
    """Refuse a URL that can't be mirrored, and a path that can't become a directory of checkpoints, which may be missing."""
    path = settings.directory
    if isinstance(settings.checkpoints, StoreURL):
        settings.checkpoints.open(make=True)
    if path.exists() and not path.is_dir():
        raise DataError(f"--checkpoints: expected a directory, found the file {path}")
    if (path / "CURRENT").exists():
        raise DataError(f"--checkpoints: expected a directory of models, found one model; try {path.absolute().parent}")


def _require_jobs(settings: Settings) -> None:
    """Refuse a directory of jobs that can't be written to, before anyone asks for a job."""
    if settings.jobs is None:
        return
    try:
        JobTable(settings.jobs, settings.job_keep_seconds).clear()
    except (OSError, sqlite3.Error) as error:
        raise DataError(
            f"LATENTLINK_JOBS: expected a directory to write to, found {settings.jobs}: {reason(error)}; choose another one, "
            "or unset it"
        ) from None


def _require_free(settings: Settings) -> None:
    """Refuse a port in use and an unknown host before models are loaded."""
    address = (settings.host, settings.port)
    try:
        family, *_ = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise DataError(
            f"--host, --port: expected an address of this machine with a free port, found {settings.host}:{settings.port}: "
            f"{error.strerror}; choose another port with --port"
        ) from None
