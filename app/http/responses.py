"""The one way an answer becomes bytes."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Response

GUARDING_HEADERS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "frame-ancestors 'none'",
}
"""What every answer tells a browser."""


def as_json(content: object) -> bytes:
    """Anything that JSON has; numpy arrays are written as they are, float32 with as few digits as identify it."""
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


class JSON(Response):
    """A JSON answer."""

    media_type = "application/json"

    def __init__(
        self,
        content: Mapping[str, Any],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
    ) -> None:
        super().__init__(content, status_code, headers, media_type)

    def render(self, content: Any) -> bytes:
        """The bytes of `content`."""
        return as_json(content)
