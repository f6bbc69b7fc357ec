"""API keys and admin keys with their names, read once at the start and compared in constant time."""

import hmac
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pydantic import SecretStr

from latentlink.app.settings import PREFIX, Settings
from latentlink.models.errors import DataError

# A secret is what can stand in a header; a name is what can stand in a line of the log.
_LINE = re.compile(r"(?:(?P<name>[\w.-]{1,64})\s+)?(?P<secret>[\x21-\x7e]+)", re.ASCII)


@dataclass(frozen=True)
class Key:
    """A key, as an operator configured it.

    Attributes:
        name: for the log; `api-2` or `admin-2`, by its line, where the operator gave none.
        secret: the bytes that a request sends.
        admin: whether it opens all routes, or all but those that change what is served.
    """

    name: str
    secret: bytes = field(repr=False)
    admin: bool = False


class Keys(NamedTuple):
    """The keys that open a service; with none it is open to all."""

    keys: tuple[Key, ...]

    def __bool__(self) -> bool:
        return bool(self.keys)

    def find(self, given: bytes) -> Key | None:
        """The key with these bytes; all of every key is compared, so that the time reveals nothing about them."""
        found = [key for key in self.keys if hmac.compare_digest(given, key.secret)]
        return found[0] if found else None


def read_keys(settings: Settings) -> Keys:
    """The keys that an operator configured, by value or by file.

    Raises:
        DataError: they are unsafe or contradict each other; the message names the setting, and no key.
    """
    api = _read("api", settings.api_keys, settings.api_keys_file)
    admin = _read("admin", settings.admin_keys, settings.admin_keys_file)
    if admin and not api:
        raise DataError(
            f"{PREFIX}ADMIN_KEYS: expected {PREFIX}API_KEYS or {PREFIX}API_KEYS_FILE beside it, found neither; "
            "without them the service is open to everybody"
        )
    if {key.secret for key in api} & {key.secret for key in admin}:
        raise DataError(
            f"{PREFIX}ADMIN_KEYS: expected keys of its own, found one of {PREFIX}API_KEYS; an admin key opens all routes"
        )
    names = Counter(key.name for key in api + admin)
    if twice := [name for name, count in names.items() if count > 1]:
        raise DataError(f"{PREFIX}API_KEYS, {PREFIX}ADMIN_KEYS: expected each name once, found {twice[0]!r} again")
    return Keys(api + admin)


def _read(kind: str, value: SecretStr | None, file: Path | None) -> tuple[Key, ...]:
    variable = f"{PREFIX}{kind.upper()}_KEYS"
    if value is not None and file is not None:
        raise DataError(f"{variable}, {variable}_FILE: expected one of the two, found both")
    if value is not None:
        return _parse(variable, kind, value.get_secret_value())
    if file is not None:
        return _parse(f"{variable}_FILE", kind, _read_file(f"{variable}_FILE", file))
    return ()


def _read_file(variable: str, path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no text in UTF-8"
        raise DataError(f"{variable}: expected a readable file of keys, one a line, found {path}: {reason}") from None


def _parse(variable: str, kind: str, text: str) -> tuple[Key, ...]:
    keys = tuple(
        _key(f"{variable}, line {number}", kind, number, line.strip())
        for number, line in enumerate(text.splitlines(), 1)
    )
    if not keys:
        raise DataError(f"{variable}: expected keys, one a line, found none; unset it to serve without keys")
    return keys


def _key(where: str, kind: str, number: int, line: str) -> Key:
    match = _LINE.fullmatch(line)
    if match is None:
        found = "one with other characters" if line else "an empty line"
        if line.startswith("#"):
            found = "a comment; every line is a key, remove this one"
        raise DataError(f"{where}: expected a key of visible ASCII characters, or a name and a key, found {found}")
    return Key(match["name"] or f"{kind}-{number}", match["secret"].encode(), kind == "admin")
