"""`latentlink serve`: the service in one or several processes."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, cast

import typer
import uvicorn
from pydantic import ValidationError
from typer.models import OptionInfo

from latentlink.app.http.fields import field_errors
from latentlink.app.keys import read_keys
from latentlink.app.logs import log_config
from latentlink.app.metrics import DIRECTORY
from latentlink.app.settings import PREFIX, Settings, read_settings
from latentlink.models.errors import DataError

# Seconds that an idle connection stays open: longer than the minute after which proxies and load balancers let go of theirs.
# Whoever lets go first must be who asks, or a request meets a connection that is just being closed.
_KEEP_ALIVE = 75


def _option(name: str) -> OptionInfo:
    """An option with the description and the default of a setting."""
    setting = Settings.model_fields[name]
    return cast(OptionInfo, typer.Option(help=setting.description, show_default=str(setting.default)))


def serve(
    checkpoints: Annotated[Path | None, _option("checkpoints")] = None,
    host: Annotated[str | None, _option("host")] = None,
    port: Annotated[int | None, _option("port")] = None,
    workers: Annotated[int | None, _option("workers")] = None,
) -> None:
    """Serve the checkpoints over HTTP.

    Every setting can come from the environment as LATENTLINK_<NAME>; options on the command line take precedence.
    """
    given = {"checkpoints": checkpoints, "host": host, "port": port, "workers": workers}
    # Workers are new processes, which read their settings from the environment.
    os.environ.update({f"{PREFIX}{name.upper()}": str(value) for name, value in given.items() if value is not None})
    settings = _settings()
    read_keys(settings)
    _require_store(settings.checkpoints)
    _require_free(settings)
    # The server hands SIGTERM on once it has drained: a clean end, which does not wait for threads that were given up.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    with _place_for_metrics(settings):
        uvicorn.run(
            "latentlink.app.main:create_app",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=settings.drain_seconds,
            log_config=log_config(settings.log_format),
            access_log=False,  # `app.middleware.access_log` tells more, and no node ids
        )


def _settings() -> Settings:
    try:
        return read_settings()
    except ValidationError as error:
        wrong = field_errors(error.errors())
        raise DataError(
            "; ".join(f"{PREFIX}{e.field.upper()}: expected {e.expected}, found {e.found}" for e in wrong)
        ) from None


@contextmanager
def _place_for_metrics(settings: Settings) -> Iterator[None]:
    """A directory where several workers keep their numbers together; one alone keeps them in memory."""
    if settings.workers == 1:
        yield
        return
    try:
        place = TemporaryDirectory(prefix="latentlink-", ignore_cleanup_errors=True)
    except OSError as error:
        raise DataError(
            f"TMPDIR: expected a directory to write to, where several workers keep their metrics, found: {error.strerror}; "
            "serve with --workers 1 to need none"
        ) from None
    with place as directory:
        os.environ[DIRECTORY] = directory
        yield


def _require_store(path: Path) -> None:
    """Find a path that can't become a directory of checkpoints; one that is not there yet is waited for."""
    if path.exists() and not path.is_dir():
        raise DataError(f"--checkpoints: expected a directory, found the file {path}")
    if (path / "CURRENT").exists():
        raise DataError(f"--checkpoints: expected a directory of models, found one model; try {path.absolute().parent}")


def _require_free(settings: Settings) -> None:
    """Find a port that is in use, or a host that is none, before models are loaded."""
    address = (settings.host, settings.port)
    try:
        family, *_ = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise DataError(
            f"--host, --port: expected an address of this machine with a free port, found {settings.host}:{settings.port}: "
            f"{error.strerror}; name another with --port"
        ) from None
