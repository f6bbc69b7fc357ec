"""What `--at` may be for an engine, checked before its library sees it: a folder here, or the URL of a server."""

import re
from ipaddress import AddressValueError, IPv6Address
from pathlib import Path
from typing import NamedTuple

from latentlink.models.errors import DataError
from latentlink.models.paths import is_url, obstacle
from latentlink.models.wording import shortened, without_secrets

_SERVER = re.compile(r"https?://(?P<host>\[[^\]]*\]|[\w.-]+)(:(?P<port>[^/?#]*))?(/[^\s?#]*)?", re.IGNORECASE)
_PORT = re.compile(r"[0-9]{1,5}")
_LAST_PORT = 65_535


class Kinds(NamedTuple):
    """Which kinds of address an engine takes: a folder, and perhaps the URL of a server.

    Attributes:
        expected: in words.
        suffix: with which the name of a folder ends.
        secret: variable of the environment that holds what a server is sent to let us in; None where there is no server.
    """

    expected: str
    suffix: str = ""
    secret: str | None = None

    def wrong(self, found: str, advice: str) -> DataError:
        """The error about an address that is of none of the kinds."""
        return DataError(f"--at: expected {self.expected}, found {found}; {advice}")


def read_address(at: str, kinds: Kinds) -> Path | str:
    """A folder, or the URL of a server.

    Raises:
        DataError: it is neither, as far as that shows without connecting.
    """
    if kinds.secret is None or not is_url(at):
        return read_folder(at, kinds)
    found = _SERVER.fullmatch(at)
    if "@" in at:
        raise kinds.wrong("a URL with a user or a password", f"leave them out, and set {kinds.secret}")
    if found is None or not _is_host(found["host"]):
        raise kinds.wrong(f"the URL {shortened(without_secrets(at))!r}", "name one of these")
    port = found["port"]
    if port is not None and not (_PORT.fullmatch(port) and 0 < int(port) <= _LAST_PORT):
        raise kinds.wrong(f"the port {shortened(port)!r}", f"take one from 1 to {_LAST_PORT}")
    return at


def read_folder(at: str, kinds: Kinds) -> Path:
    """A folder, which need not be there yet.

    Raises:
        DataError: it is a URL, or something else stands there.
    """
    require_text(at, kinds)
    if is_url(at):
        raise kinds.wrong(f"the URL {shortened(without_secrets(at))!r}", "name a folder of this machine")
    path = Path(at)
    if not path.name.endswith(kinds.suffix):
        raise kinds.wrong(f"the path {shortened(at)!r}", f"name one such as vectors{kinds.suffix}")
    if there := obstacle(path):
        raise kinds.wrong(there, "name another one")
    return path


def require_text(at: str, kinds: Kinds) -> None:
    """Raise DataError about an address of blanks, as where a variable of a shell is not set, or one with NUL."""
    if not at.strip():
        raise kinds.wrong("nothing" if not at else "blanks", "name one")
    if "\0" in at:
        raise kinds.wrong("a text with NUL", "leave that out")


def _is_host(text: str) -> bool:
    try:
        return not text.startswith("[") or bool(IPv6Address(text[1:-1]))
    except AddressValueError:
        return False
