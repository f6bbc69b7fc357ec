"""Small objects, and what not every storage can do."""

from datetime import datetime
from typing import NamedTuple

from latentlink.models.errors import RemoteError


class Object(NamedTuple):
    """A small object: its content, and what changes with it, a tag or a generation, by which storages compare."""

    content: bytes
    e_tag: str | None
    generation: str | None = None


class Stored(NamedTuple):
    """What a list says of an object: its bytes, and when it was written."""

    size: int
    written: datetime


class NoRangesError(RemoteError):
    """The storage answers a request for a part with the whole object."""
