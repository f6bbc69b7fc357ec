"""API keys and admin keys, read once at the start and compared in constant time."""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from latentlink.app.settings import PREFIX, Settings
from latentlink.models.errors import DataError

_KEY = re.compile(r"[\x21-\x7e]+")  # what can stand in a header


@dataclass(frozen=True)
class Keys:
    """The keys that open a service; with none it is open to all.

    Attributes:
        api: open all routes but those that change what is served.
        admin: open all routes.
    """

    api: tuple[bytes, ...] = field(repr=False)
    admin: tuple[bytes, ...] = field(repr=False)

    def __bool__(self) -> bool:
        return bool(self.api)

    def may_ask(self, given: bytes) -> bool:
        """Whether `given` is one of the keys."""
        return _is_among(given, self.api + self.admin)

    def may_change(self, given: bytes) -> bool:
        """Whether `given` is one of the admin keys."""
        return _is_among(given, self.admin)


def read_keys(settings: Settings) -> Keys:
    """The keys that an operator configured, by value or by file.

    Raises:
        DataError: they are unsafe or contradict each other; the message names the setting, and no key.
    """
    api = _read("API_KEYS", settings.api_keys, settings.api_keys_file)
    admin = _read("ADMIN_KEYS", settings.admin_keys, settings.admin_keys_file)
    if admin and not api:
        raise DataError(
            f"{PREFIX}ADMIN_KEYS: expected {PREFIX}API_KEYS or {PREFIX}API_KEYS_FILE beside it, found neither; "
            "without them the service is open to everybody"
        )
    if set(api) & set(admin):
        raise DataError(
            f"{PREFIX}ADMIN_KEYS: expected keys of its own, found one of {PREFIX}API_KEYS; an admin key opens all routes"
        )
    return Keys(api, admin)


def _is_among(given: bytes, keys: Iterable[bytes]) -> bool:
    """Compares with every key and all of its bytes, so that the time reveals nothing about them."""
    return sum(hmac.compare_digest(given, key) for key in keys) > 0


def _read(name: str, value: SecretStr | None, file: Path | None) -> tuple[bytes, ...]:
    variable = PREFIX + name
    if value is not None and file is not None:
        raise DataError(f"{variable}, {variable}_FILE: expected one of the two, found both")
    if value is not None:
        return _parse(variable, value.get_secret_value())
    if file is not None:
        return _parse(f"{variable}_FILE", _read_file(f"{variable}_FILE", file))
    return ()


def _read_file(variable: str, path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no text in UTF-8"
        raise DataError(f"{variable}: expected a readable file of keys, one a line, found {path}: {reason}") from None


def _parse(variable: str, text: str) -> tuple[bytes, ...]:
    lines = [line.strip() for line in text.splitlines()]
    for number, line in enumerate(lines, 1):
        if not _KEY.fullmatch(line):
            found = "one with other characters" if line else "an empty one"
            raise DataError(f"{variable}, line {number}: expected a key of visible ASCII characters, found {found}")
    if not lines:
        raise DataError(f"{variable}: expected keys, one a line, found none; unset it to serve without keys")
    return tuple(line.encode() for line in lines)
