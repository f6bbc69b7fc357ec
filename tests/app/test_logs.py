"""The log as JSON."""

import json
import logging
import logging.config
import re
import sys
from typing import Any

from latentlink.app.logs import JSONFormatter, log_config
from latentlink.app.settings.values import LogFormat


def line(level: int = logging.INFO, **extra: Any) -> dict[str, Any]:
    """A record, formatted and read back."""
    name = {"name": "latentlink.app.x", "levelno": level, "levelname": logging.getLevelName(level)}
    record = logging.makeLogRecord({**name, "msg": "%s\n", "args": ("ü",), "created": 1.5, **extra})
    text = JSONFormatter().format(record)
    assert "\n" not in text
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def test_a_line_is_one_json_object() -> None:
    """Time in UTC, level, logger and the whole message, on one line."""
    time = {"time": "1970-01-01T00:00:01.500+00:00"}
    assert line() == {**time, "level": "info", "logger": "latentlink.app.x", "message": "ü\n"}


def test_fields_are_members() -> None:
    """What a record carries for programs stands beside the message; what JSON can't hold stands as text."""
    assert line(fields={"status": 200, "odd": {1j}})["status"] == 200


def test_a_trace_is_a_member() -> None:
    """The whole trace, as one string."""
    try:
        dict[str, int]()["why"]
    except KeyError:
        found = line(logging.ERROR, exc_info=sys.exc_info())
    assert found["level"] == "error"
    assert found["trace"].startswith("Traceback")
    assert "KeyError: 'why'" in found["trace"]


def test_every_logger_speaks_the_format() -> None:
    """The server's lines are JSON as the service's are; as text all of them have date, time, level and message."""
    formats: tuple[LogFormat, ...] = ("json", "text")
    as_json, as_text = (log_config(log_format) for log_format in formats)
    assert {str(formatter) for formatter in as_json["formatters"].values()} == {
        "{'()': 'latentlink.app.logs.JSONFormatter'}"
    }
    assert "JSONFormatter" not in str(as_text)
    for config in (as_json, as_text):
        logging.config.DictConfigurator(config)
        assert config["loggers"]["latentlink"]["handlers"] == ["default"]
    formatter = logging.config.DictConfigurator(as_text).configure_formatter(as_text["formatters"]["default"])
    record = logging.makeLogRecord({"levelname": "INFO", "msg": "ü", "created": 0})
    assert re.fullmatch(r"19(70-01-01|69-12-31) \d\d:\d\d:\d\d[+-]\d{4} INFO    ü", formatter.format(record))
