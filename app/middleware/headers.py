"""Headers that keep browsers and caches from doing more with an answer than they should."""

from starlette.types import Message, Scope

from app.middleware.paths import is_probe, route_path

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"frame-ancestors 'none'"),
)


def guarding_headers(scope: Scope, start: Message) -> list[tuple[bytes, bytes]]:
    """What is added to an answer that begins with the message `start` and does not say otherwise itself."""
    said = {name for name, _ in start["headers"]}
    caching = _caching(scope, start["status"])
    wished = _ALWAYS if caching is None else (*_ALWAYS, (b"cache-control", caching))
    return [header for header in wished if header[0] not in said]


def _caching(scope: Scope, status: int) -> bytes | None:
    if status >= 400 or is_probe(scope):
        return b"no-store"
    # The next version may answer otherwise.
    return b"private, no-cache" if route_path(scope).startswith("/v1/") else None
