"""The file of keys: TOML, a table for each name, with hashes in place of the keys themselves."""

import json
import math
import re
import secrets
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from latentlink.app.keys.key import ALL_MODELS, Key, Scope, digest_of
from latentlink.app.keys.lines import NAME
from latentlink.models.errors import DataError
from latentlink.models.fields import FieldError, field_errors
from latentlink.models.wording import shortened

_PREFIX = "ll_"  # by which people and scanners of leaked secrets know a key
_BYTES = 32  # of randomness: 256 bits
_BARE = re.compile(r"[\w-]+", re.ASCII)  # what TOML takes for a name without quotes

_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Entry(BaseModel):
    """The table of one key."""

    model_config = ConfigDict(extra="forbid", strict=True)

    sha256: _Digest | Annotated[list[_Digest], Field(min_length=1)]
    scopes: Annotated[list[Scope], Field(min_length=1)]
    models: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)] = list(ALL_MODELS)
    rate: Annotated[float, Field(ge=1e-6, le=1e6)] | None = None
    burst: Annotated[int, Field(ge=1)] | None = None
    expires: AwareDatetime | None = None

    @model_validator(mode="after")
    def _burst_has_rate(self) -> "_Entry":
        if self.burst is not None and self.rate is None:
            raise PydanticCustomError("burst", "a rate beside burst")
        return self

    def key(self, name: str) -> Key:
        """The key that it describes."""
        return Key(
            name,
            digests=tuple(map(bytes.fromhex, [self.sha256] if isinstance(self.sha256, str) else self.sha256)),
            scopes=frozenset(self.scopes),
            models=tuple(self.models),
            rate=self.rate or 0,
            burst=self.burst or max(1, math.ceil(self.rate or 0)),
            expires=self.expires.timestamp() if self.expires else math.inf,
        )


def read_content(path: Path) -> bytes:
    """The bytes of a file of keys.

    Raises:
        DataError: it can't be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: expected a readable file of keys, found: {error.strerror}") from None


def parse_keys(where: str, content: bytes) -> tuple[Key, ...]:
    """The keys of a file; `where` it is, for messages.

    Raises:
        DataError: it is no file of keys, or has none; the message names the key and the field, and repeats no hash.
    """
    try:
        tables = tomllib.loads(content.decode("utf-8"))
    except ValueError as error:  # of the encoding, or of TOML with the line and the column
        raise DataError(f"{where}: expected a table for each key in TOML, found: {_reason(error)}") from None
    if not tables:
        raise DataError(f"{where}: expected at least one key, found none; latentlink new-key makes one")
    return tuple(_key(where, name, table) for name, table in tables.items())


def _reason(error: ValueError) -> str:
    return "no text in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _key(where: str, name: str, table: Any) -> Key:  # whatever TOML has
    if not re.fullmatch(NAME, name, re.ASCII):
        raise DataError(
            f"{where}: expected names of up to 64 letters, digits and . _ -, found {shortened(name)!r} as the name of a key"
        )
    if not isinstance(table, Mapping):
        raise DataError(f"{where}: expected each field in the table of a key, [NAME], found {name!r} before the first")
    if nested := [field for field, value in table.items() if isinstance(value, Mapping)]:
        full = shortened(f"{name}.{nested[0]}")
        raise DataError(f'{where}: expected fields in [{name}], found a table; write ["{full}"] if that is the name')
    try:
        return _Entry.model_validate(table).key(name)
    except ValidationError as error:
        wrong = "; ".join(map(_said, field_errors(error.errors())))
        raise DataError(f"{where}: [{name}]: {wrong}") from None


def _said(error: FieldError) -> str:
    field = error.field.partition(".")[0]
    if field == "sha256":  # perhaps the key itself, which the log must not have
        return (
            "sha256: expected 64 digits 0-9a-f, or a list of such, found something else; latentlink new-key writes them"
        )
    if field == "body":  # of the whole table
        return f"burst: expected {error.expected}, found none"
    return f"{error.field}: expected {error.expected}, found {error.found}"


def new_secret() -> str:
    """A key that nobody can guess."""
    return _PREFIX + secrets.token_urlsafe(_BYTES)


def entry_of(name: str, secret: str, fields: Mapping[str, object]) -> str:
    """The table of a new key.

    Args:
        name: of the key.
        secret: what its requests will send; the table has its hash.
        fields: the others, by name; None leaves one out.

    Raises:
        DataError: as `parse_keys`.
    """
    given = {"sha256": digest_of(secret.encode()).hex(), **fields}
    lines = [f"{field} = {_toml(value)}" for field, value in given.items() if value is not None]
    text = "\n".join([f"[{name if _BARE.fullmatch(name) else _toml(name)}]", *lines, ""])
    parse_keys("new-key", text.encode())
    return text


def _toml(value: object) -> str:
    """A string, a number or a list of these, which TOML writes as JSON does; or a moment, or what is no number."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # of JSON it is NaN or Infinity
    return value.isoformat() if isinstance(value, datetime) else json.dumps(value, ensure_ascii=False)
