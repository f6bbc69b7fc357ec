"""The description of the API, with what the framework can't know: limits, problems, conditions and examples."""

from copy import copy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from latentlink.app.http.problem_answers import MEDIA_TYPE
from latentlink.app.http.problems import PROBLEMS
from latentlink.app.http.scopes import ScopedRoute
from latentlink.app.reference.examples import ANSWERS, problem_example
from latentlink.app.schemas.links import LinksRequest
from latentlink.app.schemas.requests import ActivateRequest, EmbeddingsRequest, NeighborsRequest, ScoresRequest
from latentlink.app.schemas.unseen import UnseenRequest
from latentlink.app.settings import Settings

_Schema = dict[str, Any]  # a part of the OpenAPI document, which is JSON schemas
_LIMITS = ("x-maxItems", "x-maximum")
# Which the framework does not see: routes read their bodies themselves, and name these schemas.
_BODIES = (ActivateRequest, EmbeddingsRequest, LinksRequest, NeighborsRequest, ScoresRequest, UnseenRequest)


def install_openapi(app: FastAPI, settings: Settings, *, secured: bool) -> None:
    """Let `/openapi.json` show the limits of `settings`, problems for every error, and which operations want a key."""

    def openapi() -> _Schema:
        if app.openapi_schema is None:
            routes = [_without_head(route) for route in app.routes]
            document = get_openapi(title=app.title, version=app.version, description=app.description, routes=routes)
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas.update({"Problem": _problem_schema(), **_bodies()})
            for unused in ("HTTPValidationError", "ValidationError"):  # the framework's idea of an error
                document["components"]["schemas"].pop(unused, None)
            closed = ("/v1/",) if settings.metrics_open else ("/v1/", "/metrics")
            scopes = {route.operation_id: route.needed_scope for route in app.routes if isinstance(route, ScopedRoute)}
            for path, operations in document["paths"].items():
                for operation in operations.values():
                    _describe_answer(operation)
                    _describe_parameters(operation)
                    _describe_problems(path, operation)
                    wanted = secured and path.startswith(closed)
                    _describe_keys(operation, scopes[operation["operationId"]] if wanted else None)
                if "{model}" in path and "get" in operations:
                    _describe_condition(operations["get"])
            if secured:
                document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            app.openapi_schema = _with_limits(document, settings)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation has it


def _without_head(route: BaseRoute) -> BaseRoute:
    """HEAD goes without saying wherever there is GET."""
    if isinstance(route, APIRoute):
        route = copy(route)
        route.methods = (route.methods or set()) - {"HEAD"}
    return route


def _bodies() -> _Schema:
    """The schemas of all bodies and of their parts, by name."""
    template = "#/components/schemas/{model}"
    _, schema = models_json_schema([(body, "validation") for body in _BODIES], ref_template=template)
    return dict(schema["$defs"])


def _problem_schema() -> _Schema:
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


def _describe_answer(operation: _Schema) -> None:
    """Show an example of the answer to a valid request."""
    success = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    if "application/json" in success.get("content", {}):
        success["content"]["application/json"]["example"] = ANSWERS[operation["operationId"]]


def _describe_parameters(operation: _Schema) -> None:
    """Repeat the example of each required parameter where Swagger UI reads it, to fill in its field.

    Optional parameters get none: Swagger UI would send it.
    """
    for parameter in operation.get("parameters", ()):
        if parameter["required"]:
            parameter["example"] = parameter["schema"]["examples"][0]


def _describe_problems(path: str, operation: _Schema) -> None:
    """Replace the framework's idea of an error by the problems that an operation can answer with."""
    problems = PROBLEMS.values()
    impossible = set() if "requestBody" in operation else {413, 415}
    if not any(len(answer.get("content", ())) > 1 for answer in operation["responses"].values()):
        impossible.add(406)
    for status in sorted({problem.status for problem in problems} - impossible):
        kinds = [problem for problem in problems if problem.status == status]
        examples = {
            kind.slug: {"summary": kind.title, "value": problem_example(kind, path.replace("{model}", "papers"))}
            for kind in kinds
        }
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}}
        description = "; or: ".join(problem.title for problem in kinds)
        operation["responses"][str(status)] = {"description": description, "content": content}


def _describe_condition(operation: _Schema) -> None:
    """Describe `ETag` and `If-None-Match`, which `latentlink.app.http.conditional` adds to GETs under a model."""
    text = {"type": "string"}
    header = {"name": "If-None-Match", "in": "header", "required": False, "schema": text}
    operation["parameters"].append({**header, "description": "Tags of answers that are known."})
    tag = {"ETag": {"description": "Identifies this answer.", "schema": text}}
    operation["responses"]["200"]["headers"] = tag
    operation["responses"]["304"] = {"description": "The answer is known", "headers": tag}


def _describe_keys(operation: _Schema, scope: str | None) -> None:
    """Name the scope of the key that an operation needs; None where it needs no key."""
    if scope is not None:
        operation["security"] = [{"key": [scope]}]
        return
    impossible = {"401", "403", "429"}
    if operation["operationId"] == "activate":  # not even open to everybody where there are no keys
        impossible.remove("403")
    for status in impossible:
        del operation["responses"][status]


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
