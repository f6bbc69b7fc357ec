"""RFC 9457 problems: one table from what went wrong to its status, and one builder of the answer."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount

from latentlink.app.errors import (
    AmbiguousModelError,
    AuthenticationRequiredError,
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    MalformedBodyError,
    MalformedQueryError,
    NotAcceptableError,
    NotReadyError,
    OverloadedError,
    ReadOnlyStoreError,
    ServiceError,
    TimedOutError,
    TooLargeError,
    UnknownModelError,
    UnknownNodesError,
    UnsupportedByModelError,
    UnsupportedMediaError,
)
from latentlink.app.http.fields import field_errors
from latentlink.app.http.responses import JSON

MEDIA_TYPE = "application/problem+json"
_ECHOED = 256  # characters of an unknown id that are sent back
RETRY_AFTER = "1"  # seconds: about one poll of the store


class Problem(NamedTuple):
    """Status, slug of the type and title of a kind of problem."""

    status: int
    slug: str
    title: str


INVALID = Problem(422, "invalid-request", "A field is missing, wrong or unknown")
INTERNAL = Problem(500, "internal", "A bug in the service")
NOT_READY = Problem(503, "not-ready", "The model is not loaded")

PROBLEMS: Mapping[type[ServiceError], Problem] = {
    MalformedBodyError: Problem(400, "malformed-body", "The body can't be decoded"),
    MalformedQueryError: Problem(400, "malformed-query", "The query can't be decoded"),
    AuthenticationRequiredError: Problem(401, "authentication-required", "An API key is needed"),
    ForbiddenError: Problem(403, "forbidden", "An admin key is needed"),
    UnknownModelError: Problem(404, "unknown-model", "No such model"),
    UnknownNodesError: Problem(404, "unknown-node", "No such node"),
    NotAcceptableError: Problem(406, "not-acceptable", "None of the formats asked for"),
    AmbiguousModelError: Problem(409, "ambiguous-model", "Several models, none of them the default"),
    ConflictError: Problem(409, "conflict", "The request can't be met as it is"),
    UnsupportedByModelError: Problem(409, "unsupported-by-model", "The model can't answer this"),
    ReadOnlyStoreError: Problem(409, "read-only-store", "The directory of checkpoints can't be written to"),
    TooLargeError: Problem(413, "too-large", "Too many bytes"),
    UnsupportedMediaError: Problem(415, "unsupported-media-type", "The body's format is not read here"),
    InvalidRequestError: INVALID,
    NotReadyError: NOT_READY,
    OverloadedError: Problem(503, "overloaded", "As many requests are in work as may be"),
    TimedOutError: Problem(504, "timeout", "The time limit passed"),
}

# What the framework raises by status alone.
HTTP_PROBLEMS: Mapping[int, Problem] = {
    404: Problem(404, "not-found", "No such path"),
    405: Problem(405, "method-not-allowed", "The path does not take this method"),
}


def problem_response(request: Request, problem: Problem, detail: str, **extras: object) -> JSON:
    """The answer for a problem; `extras` are members of its own, such as `errors`."""
    body = {
        "type": f"/problems/{problem.slug}",
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        "instance": quote(request.scope["path"], safe="/:@!$&'()*+,;=~"),  # a URI reference, RFC 9457 §3.1.5
        "request_id": getattr(request.state, "request_id", None),
        **extras,
    }
    headers = {"Retry-After": RETRY_AFTER} if problem.status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return JSON(body, status_code=problem.status, headers=headers, media_type=MEDIA_TYPE)


def install_handlers(app: FastAPI) -> None:
    """Let every error of the service, the framework and its validation be answered as a problem."""
    handlers: Mapping[type[Exception], Callable[[Request, Any], Awaitable[JSON]]] = {
        ServiceError: _service_error,
        RequestValidationError: _validation_error,
        HTTPException: _http_error,
    }
    for error, handler in handlers.items():
        app.add_exception_handler(error, handler)


def error_response(request: Request, error: ServiceError) -> JSON:
    """The answer for what went wrong."""
    extras: dict[str, object] = {}
    if isinstance(error, InvalidRequestError):
        extras["errors"] = [e._asdict() for e in error.errors]
    if isinstance(error, UnknownNodesError):
        extras["unknown"] = [{"node": node[:_ECHOED], "closest": close} for node, close in error.unknown.items()]
    return problem_response(request, PROBLEMS[type(error)], str(error), **extras)


async def _service_error(request: Request, error: ServiceError) -> JSON:
    return error_response(request, error)


async def _validation_error(request: Request, error: RequestValidationError) -> JSON:
    return error_response(request, InvalidRequestError(field_errors(list(error.errors()), skip=1)))


async def _http_error(request: Request, error: HTTPException) -> JSON:
    path, headers = request.scope["path"], dict(error.headers or {})
    detail = f"path: expected one that /openapi.json lists, found {path}"
    if "Allow" in headers:
        headers["Allow"] = _allowed(request, headers["Allow"])
        detail = f"method of {path}: expected {headers['Allow']}, found {request.method}"
    phrase = HTTPStatus(error.status_code).phrase
    fallback = Problem(error.status_code, phrase.lower().replace(" ", "-"), phrase)
    response = problem_response(request, HTTP_PROBLEMS.get(error.status_code, fallback), detail)
    response.headers.update(headers)
    return response


def _allowed(request: Request, allow: str) -> str:
    """Every method that some route of the path takes; `allow` names those of the first such route only."""
    scope = {key: request.scope.get(key, "") for key in ("type", "path", "root_path")}
    routes = [route for route in request.app.routes if not isinstance(route, Mount)]
    taken = {
        method
        for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    }
    return ", ".join(sorted(taken.union(allow.split(", "))))
