"""One API key: its name, and what a request that sends it may do."""

import fnmatch
import hashlib
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal, get_args

from latentlink.app.errors import ForbiddenError
from latentlink.models.wording import listed, shortened

Scope = Literal["read", "write", "metrics", "admin"]
"""What a key is for: asking models; starting and ending jobs; reading the metrics; changing what is served."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
ALL_MODELS = ("*",)


@dataclass(frozen=True)
class Key:
    """A key, as an operator configured it.

    Attributes:
        name: for the log, and the owner of jobs.
        digests: SHA-256 of the bytes that a request sends; several while one secret replaces another.
        scopes: what it is for.
        models: patterns of the names of models that it is for; `*` stands for any characters.
        rate: requests a second; 0 for no limit.
        burst: requests at once, where there is a rate.
        expires: seconds since 1970.
    """

    name: str
    digests: tuple[bytes, ...] = field(default=(), repr=False)
    scopes: frozenset[Scope] = frozenset(SCOPES)
    models: tuple[str, ...] = ALL_MODELS
    rate: float = 0
    burst: int = 1
    expires: float = math.inf

    def require_scope(self, scope: Scope) -> None:
        """Refuse a request that needs another scope.

        Raises:
            ForbiddenError: the key is not for this.
        """
        if scope not in self.scopes:
            has = f"key {self.name!r} with {self.scope_names}" if self.name else "a service without keys"
            raise ForbiddenError(f"Authorization: expected a key with the scope {scope}, found {has}")

    def require_model(self, name: str) -> None:
        """Refuse a request to a model that the key is not for, whether the model is there or not.

        Raises:
            ForbiddenError: it is not.
        """
        if not self.is_for(name):
            raise ForbiddenError(
                f"model: expected one that key {self.name!r} is for ({listed(self.models)}), found {shortened(name)!r}"
            )

    @cached_property
    def of_some(self) -> bool:
        """Whether there may be models that it is not for."""
        return self._names is not None

    def is_for(self, model: str) -> bool:
        """Whether the key is for a model of this name."""
        return self._names is None or self._names.fullmatch(model) is not None

    @property
    def scope_names(self) -> str:
        """Its scopes: `read, write`."""
        return ", ".join(scope for scope in SCOPES if scope in self.scopes)

    @property
    def expiry(self) -> str:
        """When it expires: `2027-01-01 00:00 UTC`; `never`."""
        return (
            "never" if self.expires == math.inf else f"{datetime.fromtimestamp(self.expires, UTC):%Y-%m-%d %H:%M} UTC"
        )

    @cached_property
    def _names(self) -> re.Pattern[str] | None:
        """The patterns as one; None for all names."""
        return None if "*" in self.models else re.compile("|".join(map(fnmatch.translate, self.models)))


ANYBODY = Key("", scopes=frozenset({"read", "write", "metrics"}))
"""Of requests to a service without keys: they may do all but change what is served."""
OWNER = Key("")
"""Of requests from the program that holds the model."""


def digest_of(secret: bytes) -> bytes:
    """SHA-256 of a key.

    Slow hashes such as Argon2 protect passwords, of which an attacker can try all that people choose; a key has 256 random bits,
    of which nobody can try any part worth mentioning, and a slow hash would cost every request what it costs an attacker.
    """
    return hashlib.sha256(secret).digest()
