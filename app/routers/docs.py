"""The interactive documentation, served without the internet: Swagger UI comes with the package `fastapi-swagger`."""

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from latentlink.app.http.requests import HeadRoute
from latentlink.app.routers.explorer import file_response

router = APIRouter(route_class=HeadRoute, include_in_schema=False)


def install_docs(app: FastAPI) -> None:
    """Serve `/docs` and what it loads."""
    app.include_router(router)
    app.mount("/docs/assets", StaticFiles(packages=[("fastapi_swagger", "resources")]))


@router.get("/docs")
async def docs(request: Request) -> Response:
    """A page without content of its own: it requests `/openapi.json`, with a key where one is needed."""
    return file_response(request, "docs.html")
