"""The description of the API, with what the framework can't know: the operator's limits and the shape of every problem."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.problems import HTTP_PROBLEMS, INTERNAL, MEDIA_TYPE, PROBLEMS
from app.settings import Settings

_LIMITS = ("x-maxItems", "x-maximum")


def install_openapi(app: FastAPI, settings: Settings, *, secured: bool) -> None:
    """Let `/openapi.json` show the limits of `settings`, problems for every error, and which operations want a key."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _problem_schema()
            for unused in ("HTTPValidationError", "ValidationError"):  # the framework's idea of an error
                document["components"]["schemas"].pop(unused, None)
            closed = ("/v1/",) if settings.metrics_open else ("/v1/", "/metrics")
            for path, operations in document["paths"].items():
                for operation in operations.values():
                    _describe_problems(operation)
                    _describe_keys(operation, wanted=secured and path.startswith(closed))
            if secured:
                document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            app.openapi_schema = _with_limits(document, settings)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation has it


def _problem_schema() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "RFC 9457; some types carry members of their own, such as `errors` or `unknown`.",
        "required": ["type", "title", "status", "detail", "instance", "request_id"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "instance": text,
            "request_id": {"type": ["string", "null"]},
        },
    }


def _describe_problems(operation: dict[str, Any]) -> None:
    """Replace the framework's idea of an error by the problems that an operation can answer with."""
    statuses = {problem.status: problem.title for problem in (*PROBLEMS.values(), *HTTP_PROBLEMS.values(), INTERNAL)}
    if "requestBody" not in operation:
        statuses = {status: title for status, title in statuses.items() if status not in (413, 415)}
    schema = {"$ref": "#/components/schemas/Problem"}
    for status, title in sorted(statuses.items()):
        operation["responses"][str(status)] = {"description": title, "content": {MEDIA_TYPE: {"schema": schema}}}


def _describe_keys(operation: dict[str, Any], *, wanted: bool) -> None:
    if operation["operationId"] != "activate":  # all else is open to every key
        del operation["responses"]["403"]
    if wanted:
        operation["security"] = [{"key": []}]
    else:
        del operation["responses"]["401"]


def _with_limits(node: Any, settings: Settings) -> Any:
    """The document with every `x-maxItems: setting` and `x-maximum: setting` replaced by the setting's value."""
    if isinstance(node, list):
        return [_with_limits(item, settings) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key.removeprefix("x-") if key in _LIMITS else key: getattr(settings, value)
        if key in _LIMITS
        else _with_limits(value, settings)
        for key, value in node.items()
    }
