"""Content negotiation: the format of an answer, by `Accept` (RFC 9110, §12.5.1)."""

import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request

from latentlink.app.errors import NotAcceptableError

JSON_TYPE = "application/json"
ARROW_TYPE = "application/vnd.apache.arrow.stream"
NDJSON_TYPE = "application/x-ndjson"
CSV_TYPE = "text/csv"

_QUALITY = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.ASCII)


def negotiate(request: Request, offered: Sequence[str]) -> str:
    """The one of `offered` that the client prefers; between equals the first.

    A route that has one format answers in it, whatever is requested.

    Raises:
        NotAcceptableError: there are several, and the client takes none of them.
    """
    if len(offered) == 1:
        return offered[0]
    if (found := preferred(request, offered)) is None:
        accept = ",".join(request.headers.getlist("accept"))
        raise NotAcceptableError(f"Accept: expected one of {', '.join(offered)}, found {accept!r}")
    return found


def preferred(request: Request, offered: Sequence[str]) -> str | None:
    """As `negotiate`, of formats without parameters; None where the client takes none of them."""
    if not (accept := ",".join(request.headers.getlist("accept"))).strip():
        return offered[0]
    ranges = [_parse(part) for part in accept.lower().split(",")]
    qualities = [_quality(media, ranges) for media in offered]
    return offered[qualities.index(max(qualities))] if max(qualities) else None


def _parse(part: str) -> tuple[str, float]:
    """A media range and its quality; one that can't be read is never taken."""
    media, *parameters = (piece.strip() for piece in part.split(";"))
    given = next((value[2:] for value in parameters if value.startswith("q=")), "1")
    return media, float(given) if _QUALITY.fullmatch(given) else 0.0


def _quality(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The quality of `media`: the most specific range counts."""
    for pattern in (media, f"{media.partition('/')[0]}/*", "*/*"):
        if found := [quality for name, quality in ranges if name == pattern]:
            return max(found)
    return 0.0


async def _negotiated(request: Request) -> str:
    media: str = request.state.media
    return media


MediaDep = Annotated[str, Depends(_negotiated)]
