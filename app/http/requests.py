"""Reading requests strictly: bodies within the limit, no query parameter that the route does not know."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Generic, TypeVar, cast, get_origin
from urllib.parse import unquote_plus, unquote_to_bytes

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from latentlink.app.deps import State, StateDep
from latentlink.app.errors import InvalidRequestError, MalformedBodyError, MalformedQueryError
from latentlink.app.http.bodies import read_json_bytes, repeated_key, require_tokens_of_json
from latentlink.app.http.json_marks import Most
from latentlink.app.http.large_bodies import PIECE, read_in_pieces, without_collection
from latentlink.app.http.leaving import while_there
from latentlink.app.http.scopes import Handler, ScopedRoute
from latentlink.app.services.room import SMALL
from latentlink.app.settings import Settings
from latentlink.models.fields import FieldError, field_errors, json_errors
from latentlink.models.wording import shortened

Body = TypeVar("Body", bound=BaseModel)

_DIRECT = "__direct__"
_PARAMETERS = 100  # of a query
_LISTED = 100  # wrong fields named in one error


Direct = Callable[[Request], Awaitable[Response | None]]
"""Answers a plain request itself, without the framework's dependencies, or leaves it to the handler with None."""


def directly(answer: Direct) -> Callable[[Handler], Handler]:
    """Let a handler's route call `answer` first: for the routes where solving dependencies takes longer than answering."""

    def mark(handler: Handler) -> Handler:
        setattr(handler, _DIRECT, answer)
        return handler

    return mark


class HeadRoute(APIRoute):
    """A route whose GET takes HEAD as well, as Starlette's own do; the server leaves out the body."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.methods and "GET" in self.methods:
            self.methods.add("HEAD")


class StrictRoute(HeadRoute, ScopedRoute):
    """A route that refuses keys without its scope, query parameters that it does not declare, and queries that are not UTF-8.

    Query parameters are declared by the handler itself, not by what it depends on. A handler marked by `directly` has the last
    word: it answers, and words every error, wherever the direct answer is None.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        super().__init__(path, endpoint, **kwargs)
        direct: Direct | None = getattr(endpoint, _DIRECT, None)
        if direct is not None:
            self.app = _first(self.around(direct), self.app)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the framework's handler."""
        handle = super().get_route_handler()
        parameters = self.dependant.query_params
        declared = {field.alias: get_origin(field.field_info.annotation) is list for field in parameters}

        async def strict(request: Request) -> Response:
            if request.scope["query_string"]:
                check_query(request, declared)
            return await handle(request)

        return cast(Callable[[Request], Coroutine[Any, Any, Response]], self.around(strict))  # never None

    def around(self, handle: Direct) -> Direct:
        """A handler with what every answer of this route needs, direct or not."""

        async def counted(request: Request) -> Response | None:
            _require_few(request)
            return await handle(request)

        return counted


def _first(direct: Direct, app: ASGIApp) -> ASGIApp:
    """The direct answer, where there is one, without the framework's stacks of contexts; else what `app` answers."""

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        answer = await direct(Request(scope, receive, send))
        await (app if answer is None else answer)(scope, receive, send)

    return either


Read = TypeVar("Read")


async def read_body(request: Request, state: State, read: Callable[[bytes], Read]) -> Read:
    """What `read` makes of the body; of more than a few bytes in a thread, so that other requests are answered meanwhile.

    Raises:
        UnsupportedMediaError, TooLargeError, MalformedBodyError: see `read_json_bytes`.
        OverloadedError: there is no room for the body.
        ClientDisconnect: the client left.
    """
    with state.bodies.held() as grow:
        content = await read_json_bytes(request, state.settings.max_body_bytes, grow)
        if len(content) <= SMALL:
            return read(content)
        parsed = asyncio.get_running_loop().run_in_executor(state.parsing, read, content)
        return await while_there(request, parsed)


class JSONBody(Generic[Body]):
    """A dependency that reads and validates a JSON body, straight from its bytes.

    Args:
        model: what the body must be.
        others: what else a body may be, as the `content` of OpenAPI has it; the route reads that itself.
    """

    def __init__(self, model: type[Body], others: Mapping[str, Any] | None = None) -> None:
        self.model, self._others = model, others or {}

    async def __call__(self, request: Request, state: StateDep) -> Body:
        """The validated body; raises as `read_body` and `validate` do."""
        return await read_body(request, state, partial(self.validate, settings=state.settings))

    def validate(self, content: bytes, settings: Settings) -> Body:
        """The body that these bytes are.

        Raises:
            MalformedBodyError: it is not JSON.
            InvalidRequestError: it is JSON of another shape, has a key twice, or more values than any request needs.
        """
        try:
            body, repeated = self._parse(content, settings)
        except ValidationError as error:
            if (count := error.error_count()) > _LISTED:  # to describe a million of them would take seconds
                raise InvalidRequestError.of(
                    "body", "the fields that /openapi.json lists", f"{count:,} wrong ones"
                ) from None
            errors = json_errors(error)
            if errors[0]["type"] == "json_invalid":
                raise MalformedBodyError(
                    f"body: expected JSON in UTF-8, found {errors[0]['msg'].removeprefix('Invalid JSON: ')}"
                ) from None
            raise InvalidRequestError(field_errors(errors)) from None
        if repeated is not None:
            raise InvalidRequestError.of(shortened(repeated), "one value", "several")
        return body

    def _parse(self, content: bytes, settings: Settings) -> tuple[Body, str | None]:
        """The body, and a key that it has twice."""
        if len(content) > PIECE:
            with without_collection():
                value, repeated = read_in_pieces(content, Most.of(settings))
                return self.model.model_validate(value), repeated
        require_tokens_of_json(content)
        return self.model.model_validate_json(content), repeated_key(content)

    def openapi(self) -> dict[str, Any]:  # a JSON schema
        """The route's `openapi_extra`, since the framework does not see the body; `reference.openapi` adds the schema."""
        schema = {"$ref": f"#/components/schemas/{self.model.__name__}"}
        content = {"application/json": {"schema": schema}, **self._others}
        return {"requestBody": {"required": True, "content": content}}


def plain_query(request: Request, *names: str) -> list[str] | None:
    """The values of exactly these query parameters, in order of `names`; None if the query is anything but these, once each."""
    # As `parse_qsl`, which takes four times as long; a name with escapes, or a gap between two &, is left to the framework.
    items = [item.partition("=") for item in request.scope["query_string"].decode("latin-1").split("&")]
    values = {name: unquote_plus(value) for name, _, value in items}
    if len(items) != len(names) or any(
        "\ufffd" in value for value in values.values()
    ):  # what is no UTF-8 is parsed as U+FFFD
        return None
    found = [values.get(name) for name in names]
    return None if None in found else cast(list[str], found)


def require_at_most(field: str, found: int, limit: int) -> None:
    """Refuse a count over its limit with InvalidRequestError."""
    if found > limit:
        raise InvalidRequestError.of(field, f"at most {limit:,}", f"{found:,}")


def _require_few(request: Request) -> None:
    """Refuse a query of more parameters than any route takes, of which an address holds thousands, before they are parsed."""
    if (count := request.scope["query_string"].count(b"&") + 1) > _PARAMETERS:
        raise InvalidRequestError.of("query", f"at most {_PARAMETERS} parameters", f"{count:,}")


def check_query(request: Request, declared: Mapping[str, bool]) -> None:
    """Refuse a query that is no UTF-8, names that are not declared, and repeated names of parameters that aren't lists."""
    try:
        unquote_to_bytes(request.scope["query_string"]).decode()
    except UnicodeDecodeError as error:
        raise MalformedQueryError(f"query: expected percent-encoded UTF-8, found {error}") from None
    names = [name for name, _ in request.query_params.multi_items()]
    if repeated := {name for name, count in Counter(names).items() if count > 1 and not declared.get(name)}:
        raise InvalidRequestError([FieldError(shortened(name), "one value", "several") for name in sorted(repeated)])
    if unknown := set(names) - declared.keys():
        expected = f"one of {', '.join(sorted(declared))}" if declared else "no query parameter"
        found = "an unknown parameter"
        raise InvalidRequestError([FieldError(shortened(name), expected, found) for name in sorted(unknown)])
