"""Keys of the settings, one a line: API keys and admin keys, read once at the start."""

import re
from collections import Counter
from pathlib import Path

from pydantic import SecretStr

from latentlink.app.keys.key import SCOPES, Key, Scope, digest_of
from latentlink.app.settings import PREFIX, Settings
from latentlink.models.errors import DataError

NAME = r"[\w.-]{1,64}"
"""What can stand in a line of the log."""
# A secret is what can stand in a header.
_LINE = re.compile(rf"(?:(?P<name>{NAME})\s+)?(?P<secret>[\x21-\x7e]+)", re.ASCII)
_SCOPES: dict[str, frozenset[Scope]] = {"api": frozenset(SCOPES) - {"admin"}, "admin": frozenset(SCOPES)}


def read_lines(settings: Settings) -> tuple[Key, ...]:
    """The keys that an operator configured one a line, by value or by file.

    Raises:
        DataError: they are unsafe or contradict each other; the message names the setting, and no key.
    """
    api = _read("api", settings.api_keys, settings.api_keys_file)
    admin = _read("admin", settings.admin_keys, settings.admin_keys_file)
    if admin and not api and settings.keys_file is None:
        raise DataError(
            f"{PREFIX}ADMIN_KEYS: expected {PREFIX}API_KEYS or {PREFIX}API_KEYS_FILE beside it, found neither; "
            "without them the service is open to everybody"
        )
    if {key.digests for key in api} & {key.digests for key in admin}:
        raise DataError(
            f"{PREFIX}ADMIN_KEYS: expected keys of its own, found one of {PREFIX}API_KEYS; an admin key opens all routes"
        )
    names = Counter(key.name for key in api + admin)
    if twice := [name for name, count in names.items() if count > 1]:
        raise DataError(f"{PREFIX}API_KEYS, {PREFIX}ADMIN_KEYS: expected each name once, found {twice[0]!r} again")
    return api + admin


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
    return Key(match["name"] or f"{kind}-{number}", (digest_of(match["secret"].encode()),), _SCOPES[kind])
