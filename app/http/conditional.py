"""Conditional requests and content negotiation: `Accept`, `ETag` and `If-None-Match`."""

import hashlib
import re
from collections.abc import AsyncIterator

from fastapi import Request, Response
from starlette.responses import StreamingResponse

from latentlink.app.deps import model_of
from latentlink.app.http.negotiation import JSON_TYPE, negotiate
from latentlink.app.http.requests import Direct, StrictRoute

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


class ModelRoute(StrictRoute):
    """A strict route under a model, in the formats that its `responses` document beside JSON.

    A GET that was answered carries a weak `ETag`: compressed or not, it is the same answer. A checkpoint never changes, so the
    model's version, the address and the format identify the answer before it is computed.
    """

    def around(self, handle: Direct) -> Direct:
        """The handler of the strict route, in the format that the client prefers, and if it has not got the answer already."""
        handle = super().around(handle)
        offered = (JSON_TYPE, *self.responses.get(200, {}).get("content", ()))

        async def negotiated(request: Request) -> Response | None:
            request.state.media = negotiate(request, offered)
            return await handle(request)

        async def conditional(request: Request) -> Response | None:
            asked = ",".join(request.headers.getlist("if-none-match"))
            if known := _TAG.findall(asked):
                await model_of(request)
                request.state.media = negotiate(request, offered)
                if _tag(request) in known:
                    return _validated(request, Response(status_code=304))
            response = await negotiated(request)
            if response is None:
                return None
            if request.method == "HEAD" and isinstance(response, StreamingResponse):
                response.body_iterator = _nothing()  # nobody would get it
            return _validated(request, Response(status_code=304) if asked.strip() == "*" else response)

        return conditional if "GET" in (self.methods or ()) and "{model" in self.path else negotiated


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


def _validated(request: Request, response: Response) -> Response:
    """The answer, with the headers that a conditional request needs."""
    response.raw_headers += ((b"etag", f'W/"{_tag(request)}"'.encode()), (b"vary", b"Accept"))
    return response


def _tag(request: Request) -> str:
    """The identity of an answer: the service's version, the model's, path, query and format."""
    scope, state = request.scope, request.state
    parts = (request.app.version, state.model, scope["path"], scope["query_string"].decode("latin-1"), state.media)
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=12).hexdigest()
