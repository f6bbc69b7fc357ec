"""The log: text for people or one JSON object a line for programs, by the standard library."""

import copy
import logging
from datetime import UTC, datetime
from typing import Any

import orjson
from uvicorn.config import LOGGING_CONFIG

from latentlink.app.settings.values import LogFormat

_FORMATTERS: dict[LogFormat, dict[str, str]] = {
    "text": {"format": "%(asctime)s %(levelname)-7s %(message)s", "datefmt": "%Y-%m-%d %H:%M:%S%z"},
    "json": {"()": "latentlink.app.logs.JSONFormatter"},
}


class JSONFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the members of `extra={"fields": …}`, and a trace if any."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def log_config(log_format: LogFormat) -> dict[str, Any]:  # the logging module's format
    """The server's logging, with the service's own lines beside it, as `logging.config.dictConfig` takes it."""
    config = copy.deepcopy(LOGGING_CONFIG)
    config["loggers"]["latentlink"] = {"handlers": ["default"], "level": "INFO", "propagate": False}
    config["formatters"] = dict.fromkeys(config["formatters"], _FORMATTERS[log_format])
    return config
