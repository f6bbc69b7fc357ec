"""The service with a small limit of bodies, without a server around it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from latentlink.app.main import create_app
from latentlink.app.settings import Settings
from tests.app.asgi import exchange

LIMIT = 1000

Status = Callable[..., int]


@pytest.fixture(scope="package")
def status(checkpoints: Path) -> Status:
    """The status of the answer to a body in chunks, which may go on after the last."""
    app = create_app(Settings(checkpoints=checkpoints, max_body_bytes=LIMIT))
    app.state.service.store.refresh()

    def of(chunks: Sequence[bytes], *, ends: bool = True, **headers: str) -> int:
        messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        end = [{"type": "http.request", "body": b"", "more_body": False}] * ends
        headers |= {"content_type": "application/json"}
        start = exchange(app, "POST", "/v1/models/small/embeddings", [*messages, *end], **headers)[0]
        return int(start["status"])

    return of
