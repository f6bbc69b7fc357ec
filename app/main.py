"""The FastAPI application: everything is built here, from settings, and nothing at import time."""

from importlib.metadata import version

import anyio
from fastapi import FastAPI
from starlette.middleware import Middleware

from app.deps import State
from app.lifespan import lifespan
from app.middleware.context import RequestContext
from app.openapi import install_openapi
from app.problems import install_handlers
from app.routers import embeddings, health, models, neighbors, scores
from app.routers.docs import install_docs
from app.services.store import ModelStore
from app.settings import Settings
from models.threads import available_cpus

_DESCRIPTION = "Link prediction behind HTTP: edge probabilities σ(zᵢᵀzⱼ), embeddings and predicted neighbours."


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the service.

    Args:
        settings: what the operator decided; read from the environment if None.

    Raises:
        pydantic.ValidationError: the environment holds a setting that is out of its range.
    """
    settings = settings or Settings()
    app = FastAPI(
        title="Latentlink",
        version=version("latentlink"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        # The onion, outermost first.
        middleware=[Middleware(RequestContext)],
        docs_url=None,  # served by `app.routers.docs`, without a CDN
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = State(
        settings=settings,
        store=ModelStore(settings.checkpoints, settings.default_model),
        heavy=anyio.CapacityLimiter(max(1, available_cpus() // settings.workers)),
    )
    for resource in (health, models, scores, embeddings, neighbors):
        app.router.routes.extend(resource.router.routes)  # included, every router would match each request twice
    install_docs(app)
    install_handlers(app)
    install_openapi(app, settings)
    return app
