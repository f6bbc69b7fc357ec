"""Pydantic's validation errors as fields: the path, what was expected and what was found, in pydantic's words."""

import json
import re
from itertools import islice
from typing import Any, NamedTuple, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails

from latentlink.models.wording import LONGEST, shortened

_SUBJECT = re.compile(r"\w+ should (?:be|have) ")  # with which most of pydantic's messages begin
_ALTERNATIVES = frozenset({"bool", "float", "str"})
_KIND = re.compile(r"(dict|list|tuple|constrained-\w+|function-[\w-]+)\[")  # pydantic's names of the members of a union


class FieldError(NamedTuple):
    """An invalid field, e.g. ("pairs.3.1", "a string", "7")."""

    field: str
    expected: str
    found: str


def json_errors(error: ValidationError) -> list[ErrorDetails]:
    """The errors in the words of JSON, "an array" for "a list", also of values that were parsed before."""
    errors = error.errors(include_url=False)
    if any(one["type"] == "json_invalid" for one in errors):
        return errors
    lines = cast(list[InitErrorDetails], errors)
    return ValidationError.from_exception_data(error.title, lines, input_type="json").errors(include_url=False)


def field_errors(errors: list[ErrorDetails], *, skip: int = 0) -> list[FieldError]:
    """One error for each wrong field; of a field of several types, `expected` lists all of them.

    Args:
        errors: as `ValidationError.errors()` gives them.
        skip: leading parts of the location to leave out, such as "query".
    """
    by_field: dict[str, FieldError] = {}
    for error in errors:
        field = _field(error["loc"][skip:])
        expected, found = _expected_and_found(error)
        before = f"{by_field[field].expected} or " if field in by_field else ""
        by_field[field] = FieldError(field, before + expected, found)
    # Of a union, an error inside one member names the type that the client meant: the others are dropped.
    inside = {field[:at] for field in by_field for at, character in enumerate(field) if character == "."}
    return [error for field, error in by_field.items() if field not in inside]


def _field(parts: tuple[int | str, ...]) -> str:
    """The location as a path, without pydantic's names for the members of a union: `dict[…]`, and `bool` in it; cut names."""
    names = [str(part) for part in parts]
    if any(map(_KIND.match, names)) and names[-1] in _ALTERNATIVES:
        names.pop()
    return ".".join(shortened(name) for name in names if not _KIND.match(name)) or "body"


def _expected_and_found(error: ErrorDetails) -> tuple[str, str]:
    if error["type"] == "missing":
        return "a value", "nothing"
    if error["type"] == "extra_forbidden":
        return "no field of this name", "one"
    expected = _SUBJECT.sub("", error["msg"], count=1).partition(" after validation")[0]
    return f"a number {expected}" if expected.startswith(("greater", "less")) else expected, _shown(error["input"])


def _shown(value: Any) -> str:  # whatever a client sent
    """A string in quotes, anything else as JSON, cut at 80 characters: of a long value, no more than those is written."""
    if isinstance(value, str):
        text = repr(value[: LONGEST + 1])
    else:
        text = "".join(islice(json.JSONEncoder(ensure_ascii=False, default=repr).iterencode(value), LONGEST + 1))
    return shortened(text)
