"""What can go wrong in answering, without a word of HTTP; `problems` gives each its status.

ServiceError
├── UnknownModelError      no model of that name, or not that version of it, is loaded
├── AmbiguousModelError    `default` could mean several models
├── ConflictError          what is asked for does not fit what is there, or itself
├── UnsupportedByModelError  a checkpoint of this kind can't answer this
├── ReadOnlyStoreError     the directory of checkpoints can't be written to
├── NotReadyError          the model is there but could not be loaded, or none is loaded yet
├── AuthenticationRequiredError  no key, or a wrong one
├── ForbiddenError         a key that may ask, but not change what is served
├── UnknownNodesError      ids that the model does not know
├── InvalidRequestError    a field is missing, wrong, unknown or over a limit
├── MalformedBodyError     the body is not what its encoding says
├── MalformedQueryError    the query is not what its encoding says
├── TooLargeError          more bytes than the limit
├── UnsupportedMediaError  a body in a format that is not read here
├── NotAcceptableError     an answer wanted in formats that are not written here
├── OverloadedError        as many requests are in work as may be
└── TimedOutError          the time limit passed
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

_SHOWN = 100  # characters of an unknown id in the message


class FieldError(NamedTuple):
    """What is wrong with one field, e.g. ("pairs.3.1", "a string", "7")."""

    field: str
    expected: str
    found: str


class ServiceError(Exception):
    """Base of all errors that are answered with a problem instead of an internal error."""


class UnknownModelError(ServiceError):
    """No model of that name, or not that version of it, is loaded."""


class AmbiguousModelError(ServiceError):
    """`default` could mean several models."""


class ConflictError(ServiceError):
    """What is asked for does not fit what is there, or itself, in a way that no schema can say."""


class UnsupportedByModelError(ServiceError):
    """A checkpoint of this kind can't answer this."""


class ReadOnlyStoreError(ServiceError):
    """The directory of checkpoints can't be written to."""


class NotReadyError(ServiceError):
    """The model is there but could not be loaded, or none is loaded yet."""


class AuthenticationRequiredError(ServiceError):
    """No key, or a wrong one."""


class ForbiddenError(ServiceError):
    """A key that may ask, but not change what is served."""


class UnknownNodesError(ServiceError):
    """Ids that the model does not know.

    Attributes:
        unknown: the first of them, each with the closest known ids.
    """

    def __init__(self, count: int, unknown: Mapping[str, Sequence[str]]) -> None:
        first = next(iter(unknown))[:_SHOWN]
        more = f" and {count - 1:,} more" if count > 1 else ""
        super().__init__(f"nodes: expected ids that the model knows, found {first!r}{more}")
        self.unknown = unknown


class InvalidRequestError(ServiceError):
    """A field is missing, wrong, unknown or over a limit."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{e.field}: expected {e.expected}, found {e.found}" for e in errors))
        self.errors = errors


class MalformedBodyError(ServiceError):
    """The body is not what its encoding says."""


class MalformedQueryError(ServiceError):
    """The query is not what its encoding says."""


class TooLargeError(ServiceError):
    """More bytes than the limit."""


class OverloadedError(ServiceError):
    """As many requests are in work as may be."""


class TimedOutError(ServiceError):
    """The time limit passed before there was an answer."""


class UnsupportedMediaError(ServiceError):
    """A body in a format that is not read here."""


class NotAcceptableError(ServiceError):
    """An answer wanted in formats that are not written here."""
