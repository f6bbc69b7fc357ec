"""From errors to RFC 9457 answers: one builder, and handlers for the errors of the service, the framework and pydantic."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount

from latentlink.app.deps import get_state
from latentlink.app.errors import ECHOED, InvalidRequestError, ServiceError, UnknownNodesError
from latentlink.app.http.problems import HTTP_SLUGS, PROBLEMS, SLUGS, Problem
from latentlink.app.http.responses import JSON
from latentlink.models.fields import field_errors
from latentlink.models.wording import MOST_LISTED

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = "1"  # seconds: about one poll of the store


def problem_response(request: Request, problem: Problem, detail: str, **members: object) -> JSON:
    """The answer for a problem; `members` are those that only its kind has, such as `errors`."""
    request_id = getattr(request.state, "request_id", None)
    body = problem_content(problem, detail, request.scope["path"], request_id, _root(request), **members)
    return JSON(body, status_code=problem.status, headers=retry_after(problem), media_type=MEDIA_TYPE)


def retry_after(problem: Problem) -> dict[str, str]:
    """The header that a problem of a moment carries."""
    return {"Retry-After": RETRY_AFTER} if problem.status == HTTPStatus.SERVICE_UNAVAILABLE else {}


def problem_content(
    problem: Problem, detail: str, path: str, request_id: str | None, root: str = "", **members: object
) -> dict[str, object]:
    """The members of a problem, RFC 9457; `root` is the prefix of the service."""
    return {
        "type": f"{root}/problems/{problem.slug}",
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        "instance": quote(path, safe="/:@!$&'()*+,;=~"),  # a URI reference, RFC 9457 §3.1.5
        "request_id": request_id,
        **members,
    }


def _root(request: Request) -> str:
    """The prefix that a proxy serves the service below; a mount inside of the service has its own `root_path`."""
    root: str = request.scope.get("app_root_path", request.scope.get("root_path", ""))
    return root.rstrip("/")


def install_handlers(app: FastAPI) -> None:
    """Let every error of the service, the framework and its validation be answered as a problem."""
    handlers: Mapping[type[Exception], Callable[[Request, Any], Awaitable[JSON]]] = {
        ServiceError: _service_error,
        UnknownNodesError: _unknown_nodes,
        RequestValidationError: _validation_error,
        HTTPException: _http_error,
    }
    for error, handler in handlers.items():
        app.add_exception_handler(error, handler)


def error_response(request: Request, error: ServiceError) -> JSON:
    """The answer for an error."""
    response = problem_response(request, PROBLEMS[SLUGS[type(error)]], str(error), **error.members)
    response.headers.update(error.headers)
    return response


async def _service_error(request: Request, error: ServiceError) -> JSON:
    return error_response(request, error)


async def _unknown_nodes(request: Request, error: UnknownNodesError) -> JSON:
    state = await get_state(request)
    closest = await state.computing.light.run(error.suggestions)
    unknown = [
        {"node": node[:ECHOED], "closest": nodes}
        | ({"types": error.elsewhere[node][:MOST_LISTED]} if node in error.elsewhere else {})
        for node, nodes in closest.items()
    ]
    return problem_response(request, PROBLEMS[SLUGS[type(error)]], str(error), unknown=unknown)


async def _validation_error(request: Request, error: RequestValidationError) -> JSON:
    return error_response(request, InvalidRequestError(field_errors(list(error.errors()), skip=1)))


async def _http_error(request: Request, error: HTTPException) -> JSON:
    path, headers = request.scope["path"], dict(error.headers or {})
    detail = f"path: expected one that /openapi.json lists, found {path}"
    if "Allow" in headers:
        headers["Allow"] = _allowed(request, headers["Allow"])
        detail = f"method of {path}: expected {headers['Allow']}, found {request.method}"
    phrase = HTTPStatus(error.status_code).phrase
    other = Problem(error.status_code, phrase.lower().replace(" ", "-"), phrase, meaning="", advice="", example="")
    problem = PROBLEMS[HTTP_SLUGS[error.status_code]] if error.status_code in HTTP_SLUGS else other
    response = problem_response(request, problem, detail)
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
