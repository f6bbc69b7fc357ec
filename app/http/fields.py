"""What is wrong with fields, from pydantic's words to the project's."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from latentlink.app.errors import FieldError

_EXPECTED: Mapping[str, str] = {
    **dict.fromkeys(("string_type", "string_sub_type"), "a string"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    **dict.fromkeys(("list_type", "tuple_type"), "a list"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "an object"),
    "finite_number": "a finite number",
    "greater_than": "a number above {gt:.12g}",
    "greater_than_equal": "a number of at least {ge:.12g}",
    "less_than": "a number below {lt:.12g}",
    "less_than_equal": "a number of at most {le:.12g}",
    "too_short": "at least {min_length} items",
    "too_long": "at most {max_length} items",
    "literal_error": "{expected}",
}
_ALTERNATIVES = frozenset({"bool", "float", "str"})
_KIND = re.compile(r"(dict|list|tuple|constrained-\w+|function-[\w-]+)\[")  # as pydantic calls kinds
_SHOWN = 80  # characters of what was found


def field_errors(errors: list[ErrorDetails], *, skip: int = 0) -> list[FieldError]:
    """Pydantic's errors, one for each field; of a field that may be of several kinds what each of them would be.

    Args:
        errors: as `ValidationError.errors()` gives them.
        skip: leading parts of the location to leave out, such as "query".
    """
    told: dict[str, FieldError] = {}
    for error in errors:
        field = _field(error["loc"][skip:])
        expected, found = _words(error)
        before = f"{told[field].expected} or " if field in told else ""
        told[field] = FieldError(field, before + expected, found)
    # Of several kinds that one is meant which fits but for something inside.
    return [error for field, error in told.items() if not any(other.startswith(f"{field}.") for other in told)]


def _field(parts: tuple[int | str, ...]) -> str:
    """Where it is, without pydantic's names for the kinds that a field may be of: `dict[…]`, and `bool` in it."""
    names = [str(part) for part in parts]
    if any(map(_KIND.match, names)) and names[-1] in _ALTERNATIVES:
        names.pop()
    return ".".join(name for name in names if not _KIND.match(name)) or "body"


def _words(error: ErrorDetails) -> tuple[str, str]:
    """What was expected, and what was found."""
    kind = error["type"]
    if kind == "missing":
        return "a value", "nothing"
    if kind == "extra_forbidden":
        return "no field of this name", "one"
    told = error["msg"].removeprefix("Input should be ").removeprefix("Value should be ")
    expected = _EXPECTED[kind].format_map(error.get("ctx", {})) if kind in _EXPECTED else told
    found = _spelled(error["input"])
    return expected, found if len(found) <= _SHOWN else f"{found[: _SHOWN - 3]}..."


def _spelled(value: Any) -> str:
    """The beginning of a text in quotes, of anything else as JSON has it; no more of a long one than is shown is written."""
    if isinstance(value, str):
        return repr(value[: _SHOWN + 1])
    chunks, text = json.JSONEncoder(ensure_ascii=False, default=repr).iterencode(value), ""
    while len(text) <= _SHOWN and (chunk := next(chunks, None)) is not None:
        text += chunk
    return text
