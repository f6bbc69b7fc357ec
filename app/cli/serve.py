"""`latentlink serve`: the service in one or several processes."""

import copy
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from pydantic import ValidationError

from app.problems import field_errors
from app.settings import PREFIX, Settings
from models.errors import DataError


def serve(
    checkpoints: Annotated[Path | None, typer.Option(help="Directory of checkpoints.  [default: checkpoints]")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.  [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.  [default: 8000]")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer.  [default: 1]")] = None,
) -> None:
    """Serve the checkpoints over HTTP.

    Every setting can come from the environment as LATENTLINK_<NAME>; the options here go before it.
    """
    given = {"checkpoints": checkpoints, "host": host, "port": port, "workers": workers}
    # Workers are new processes, which read their settings from the environment.
    os.environ.update({f"{PREFIX}{name.upper()}": str(value) for name, value in given.items() if value is not None})
    settings = _settings()
    logs = copy.deepcopy(uvicorn.config.LOGGING_CONFIG)
    logs["loggers"]["app"] = {"handlers": ["default"], "level": "INFO", "propagate": False}
    # The server hands SIGTERM on once it has drained; that is a clean end, not a failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        timeout_graceful_shutdown=settings.drain_seconds,
        log_config=logs,
    )


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        wrong = field_errors(error.errors())
        raise DataError(
            "; ".join(f"{PREFIX}{e.field.upper()}: expected {e.expected}, found {e.found}" for e in wrong)
        ) from None
