"""The explorer: one page at `/` that uses the public API only, and the files that it and `/docs` load from `/static`."""

import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple

from fastapi import APIRouter, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from latentlink.app.http.requests import HeadRoute

router = APIRouter(route_class=HeadRoute, include_in_schema=False)
files_router = APIRouter(route_class=HeadRoute, include_in_schema=False)

_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Swagger UI's style sheet has its icons within it
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


class _File(NamedTuple):
    content: bytes
    media: str
    tag: str


def install_files(app: FastAPI) -> None:
    """Serve what pages load, read once from the package."""
    app.state.explorer = {
        file.name: _File(content, _TYPES[suffix], f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"')
        for file in files("latentlink.app.explorer").iterdir()
        if (suffix := f".{file.name.rpartition('.')[2]}") in _TYPES
        for content in (file.read_bytes(),)
    }
    # Listed in the page's headers, so that the browser requests all modules at once.
    modules = (name for name in app.state.explorer if name.endswith(".js") and name != "docs.js")
    app.state.preload = ", ".join(f"<static/{name}>; rel=modulepreload" for name in sorted(modules))
    app.include_router(files_router)


def install_explorer(app: FastAPI) -> None:
    """Serve the page."""
    app.include_router(router)


@router.get("/")
async def explorer(request: Request) -> Response:
    """The page; all its addresses are relative, so that a proxy may mount the service anywhere."""
    response = file_response(request, "index.html")
    response.headers["Link"] = request.app.state.preload
    return response


@files_router.get("/static/{name}")
async def static(request: Request, name: str) -> Response:
    """A script, style sheet or picture of a page."""
    return file_response(request, name)


def file_response(request: Request, name: str) -> Response:
    """A file of the package, with its tag; raises HTTPException 404 where there is none."""
    known: Mapping[str, _File] = request.app.state.explorer
    if (file := known.get(name)) is None:
        raise HTTPException(404)
    # Revalidated each time, since the next release may have another; 304 unless it does.
    headers = {"ETag": file.tag, "Cache-Control": "no-cache", "Content-Security-Policy": _POLICY}
    if file.tag in re.findall(r'"[^"]*"', request.headers.get("if-none-match", "")):  # weak ones, too: gzip weakens
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media, headers=headers)
