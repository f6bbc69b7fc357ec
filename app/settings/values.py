"""How texts of the environment become values of settings."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, InstanceOf, WithJsonSchema
from pydantic_core import PydanticCustomError, PydanticUseDefault
from pydantic_settings import NoDecode

from latentlink.models.checkpoint.manifest import NAME_PATTERN, is_version
from latentlink.models.checkpoint.remote.location import StoreURL, expected_instead, read_location
from latentlink.models.errors import DataError
from latentlink.models.paths import is_url

INJECTED_PORT = re.compile(r"(tcp|udp|sctp)://")
# No dots alone, which a client resolves, and no path of the service's own in front: it could be either.
ROOT_PATH = re.compile(
    r"(?!/(v1|docs|static|problems|healthz|readyz|metrics|openapi\.json)(/|$))(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)*"
)
_SHARE = re.compile(r"0?\.[0-9]{1,9}|1(\.0{1,9})?")  # a decimal number up to 1
_PATH_OR_URL = {"anyOf": [{"type": "string", "format": "path"}, {"type": "string", "format": "uri"}]}


def _words(value: object) -> object:
    return tuple(value.split()) if isinstance(value, str) else value


def _unless_injected(value: object) -> object:
    if isinstance(value, str) and INJECTED_PORT.match(value):
        raise PydanticUseDefault
    return value


def _unless_empty(value: object) -> object:
    return value or None


def _local(value: object) -> object:
    if isinstance(value, str) and is_url(value):
        raise PydanticCustomError("local_path", "a path on this machine, and no URL")
    return value


def _location(value: object) -> object:
    try:
        return read_location(value) if isinstance(value, str) else value
    except DataError:
        raise PydanticCustomError("checkpoints", expected_instead(str(value))) from None


def _root_path(value: str) -> str:
    path = value.rstrip("/")
    if not ROOT_PATH.fullmatch(path):
        raise PydanticCustomError(
            "root_path", "a path such as /graphs, of letters, digits and . _ ~ -, other than the service's own"
        )
    return path


def _candidate(value: str) -> str:
    name, _, rest = value.partition("@")
    version, _, share = rest.partition(":")
    if not (re.fullmatch(NAME_PATTERN, name) and is_version(version) and _SHARE.fullmatch(share) and float(share) > 0):
        raise PydanticCustomError("shadow", "NAME@VERSION:SHARE, such as movies@20260102T030405000000Z:0.05")
    return value


LogFormat = Literal["text", "json"]
Port = Annotated[int, BeforeValidator(_unless_injected)]
RootPath = Annotated[str, AfterValidator(_root_path)]
LocalPath = Annotated[Path, BeforeValidator(_local)]
OptionalPath = Annotated[LocalPath | None, BeforeValidator(_unless_empty)]
Location = Annotated[Path | InstanceOf[StoreURL], NoDecode, BeforeValidator(_location), WithJsonSchema(_PATH_OR_URL)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Origins = Annotated[
    tuple[Annotated[str, Field(pattern=r"^(\*|https?://[^/\s*,]+)$")], ...], NoDecode, BeforeValidator(_words)
]
Shadows = Annotated[tuple[Annotated[str, AfterValidator(_candidate)], ...], NoDecode, BeforeValidator(_words)]
