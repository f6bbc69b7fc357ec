"""Errors of the service, independent of HTTP; `latentlink.app.http.problems` gives each its status."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import NamedTuple, Self

from latentlink.models.fields import FieldError
from latentlink.models.wording import MOST_LISTED, and_more, listed, listed_names, shortened

ECHOED = 256  # characters of an unknown id that are sent back

Suggestions = Mapping[str, Sequence[str]]


class ServiceError(Exception):
    """Base of all errors that are answered with a problem instead of an internal error."""

    @property
    def members(self) -> Mapping[str, object]:
        """What the problem has beside the members of all problems."""
        return {}

    @property
    def headers(self) -> Mapping[str, str]:
        """What the answer has beside the headers of all problems of its status."""
        return {}


class UnknownModelError(ServiceError):
    """No model of that name, or not that version of it, is loaded."""


def unknown_model(name: str, known: Collection[str]) -> UnknownModelError:
    """The error for a model that is not there, with up to three known names that are close."""
    close = get_close_matches(name, known, 3)
    nearest = f", such as {' or '.join(close)}" if close else ""
    return UnknownModelError(
        f"model: expected the name of a model{nearest}, found {shortened(name)!r}; GET /v1/models lists them"
    )


class AmbiguousModelError(ServiceError):
    """`default` could mean several models."""


class ConflictError(ServiceError):
    """The files of a model are in no state to meet a valid request."""


class UnsupportedByModelError(ServiceError):
    """A checkpoint of this kind can't answer this."""


class ReadOnlyStoreError(ServiceError):
    """The directory of checkpoints can't be written to."""


class NotReadyError(ServiceError):
    """The model is there but could not be loaded, or none is loaded yet.

    Args:
        message: what was expected and found.
        model: the name of a model that there is; None where the error is not about one.
    """

    def __init__(self, message: str, model: str | None = None) -> None:
        super().__init__(message)
        self.model = model


class AuthenticationRequiredError(ServiceError):
    """No key, or a wrong one.

    Args:
        message: what was expected and found.
        given: whether there was one.
    """

    def __init__(self, message: str, *, given: bool) -> None:
        super().__init__(message)
        self._given = given

    @property
    def headers(self) -> Mapping[str, str]:
        """The scheme, and what is wrong with the key, RFC 6750 §3."""
        return {"WWW-Authenticate": 'Bearer realm="latentlink"' + ', error="invalid_token"' * self._given}


class ForbiddenError(ServiceError):
    """The key is not for this, or not for this model."""


class RateLimitedError(ServiceError):
    """The key has asked more often than it may.

    Args:
        message: what was expected and found.
        seconds: until it may ask again.
    """

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = math.ceil(seconds)

    @property
    def members(self) -> Mapping[str, object]:
        """When it may ask again."""
        return {"retry_after": self.seconds}

    @property
    def headers(self) -> Mapping[str, str]:
        """The same, RFC 9110 §10.2.3."""
        return {"Retry-After": str(self.seconds)}


class JobsOffError(ServiceError):
    """Jobs have no directory."""


class UnknownJobError(ServiceError):
    """There is no such job of this key."""


class JobNotFinishedError(ServiceError):
    """A job has no result yet, or failed."""


class UnknownNodesError(ServiceError):
    """Ids that the model does not know.

    Args:
        count: how many.
        unknown: the first of them.
        suggest: for each of these the closest known ids.
        kind: the name of the only type among whose nodes they were looked up, or None.
        elsewhere: the names of the types whose nodes have some of them, beside `kind`.
        field: of the request that has them.
    """

    def __init__(
        self,
        count: int,
        unknown: Sequence[str],
        suggest: Callable[[Sequence[str]], Suggestions],
        kind: str | None = None,
        elsewhere: Mapping[str, Sequence[str]] = MappingProxyType({}),
        field: str = "nodes",
    ) -> None:
        first, of = shortened(unknown[0]), "" if kind is None else f" as nodes of type {shortened(kind)!r}"
        has = f" of type {listed_names(elsewhere[unknown[0]], MOST_LISTED)}" if unknown[0] in elsewhere else ""
        super().__init__(f"{field}: expected ids that the model knows{of}, found {first!r}{has}{and_more(count - 1)}")
        self._unknown, self._suggest, self.elsewhere = unknown, suggest, elsewhere

    def suggestions(self) -> Suggestions:
        """For each of the first unknown ids the closest known ones; takes up to tenths of a second."""
        return self._suggest(self._unknown)


class Ambiguous(NamedTuple):
    """An id, the names of the types whose nodes have it, and the parameter for one: ("1", ["user", "film"], "type")."""

    node: str
    types: Sequence[str]
    parameter: str


class AmbiguousNodesError(ServiceError):
    """Ids that nodes of several types have.

    Args:
        count: how many.
        ambiguous: the first of them.
        field: of the request that has them.
    """

    def __init__(self, count: int, ambiguous: Sequence[Ambiguous], field: str = "nodes") -> None:
        first, parameters = ambiguous[0], dict.fromkeys(one.parameter for one in ambiguous)
        super().__init__(
            f"{field}: expected ids that one type has, or their type, found {shortened(first.node)!r} of types "
            f"{listed_names(first.types, MOST_LISTED)}{and_more(count - 1)}; pass its type as {listed(parameters)}"
        )
        self.ambiguous = ambiguous

    @property
    def members(self) -> Mapping[str, object]:
        """The ids, their types and the parameters for these."""
        return {
            "ambiguous": [
                {"node": one.node[:ECHOED], "types": one.types[:MOST_LISTED], "parameter": one.parameter}
                for one in self.ambiguous
            ]
        }


class InvalidRequestError(ServiceError):
    """A field is missing, wrong, unknown or over a limit."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{e.field}: expected {e.expected}, found {e.found}" for e in errors))
        self.errors = errors

    @property
    def members(self) -> Mapping[str, object]:
        """Each field, what was expected of it, and what was found."""
        return {"errors": [error._asdict() for error in self.errors]}

    @classmethod
    def of(cls, field: str, expected: str, found: str) -> Self:
        """Of one field."""
        return cls([FieldError(field, expected, found)])


class MalformedBodyError(ServiceError):
    """The body does not match its encoding."""


class MalformedQueryError(ServiceError):
    """The query does not match its encoding."""


class MalformedRequestError(ServiceError):
    """The bytes are no HTTP request."""


class HeadTooLargeError(ServiceError):
    """The address and the headers have more bytes than the limit."""


class TooLargeError(ServiceError):
    """More bytes than the limit."""


class OverloadedError(ServiceError):
    """The limit of requests in work is reached."""


class TimedOutError(ServiceError):
    """The time limit passed before there was an answer."""


class UnsupportedMediaError(ServiceError):
    """A body in a format that can't be read."""


class NotAcceptableError(ServiceError):
    """None of the requested formats can be written."""
