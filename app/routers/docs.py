"""The interactive documentation, served without the internet: its assets come with the package `fastapi-swagger`."""

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from latentlink.app.http.requests import HeadRoute

router = APIRouter(route_class=HeadRoute, include_in_schema=False)

_ASSETS = "/docs/assets"


def install_docs(app: FastAPI) -> None:
    """Serve `/docs` and what it loads."""
    app.include_router(router)
    app.mount(_ASSETS, StaticFiles(packages=[("fastapi_swagger", "resources")]))


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """Swagger UI over `/openapi.json`."""
    assets = _root(request) + _ASSETS
    return get_swagger_ui_html(
        openapi_url=f"{_root(request)}/openapi.json",
        title="Latentlink",
        swagger_js_url=f"{assets}/swagger-ui-bundle.js",
        swagger_css_url=f"{assets}/swagger-ui.css",
        swagger_favicon_url=f"{assets}/favicon-32x32.png",
    )


def _root(request: Request) -> str:
    """Where a proxy mounted the service."""
    return str(request.scope.get("root_path", "")).rstrip("/")
