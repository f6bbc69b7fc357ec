"""The filter of a query: the JSON text of what a body has as an object."""

from collections.abc import Mapping

from pydantic import JsonValue
from pydantic_core import from_json

from latentlink.app.errors import InvalidRequestError, MalformedBodyError, MalformedQueryError
from latentlink.app.http.requests import JSONBody
from latentlink.app.schemas.filters import Filter
from latentlink.app.schemas.requests import Body
from latentlink.app.settings import Settings

FILTER_PARAMETER: Mapping[str, JsonValue] = {
    "name": "filter",
    "in": "query",
    "required": False,
    "description": "Conditions on columns as JSON, of models trained with `--filter-columns`.",
    # Swagger UI sends the example, which no model refuses.
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Filter"}, "example": {}}},
}
"""The parameter as OpenAPI has it: the framework knows none of JSON."""


class _Queried(Body):
    """What a body has of a filter, so that a query is read as one."""

    filter: Filter | None


_read = JSONBody(_Queried)


def queried_filter(text: str | None, settings: Settings) -> Filter | None:
    """The filter that a query has, read as that of a body.

    Raises:
        MalformedQueryError: it is no JSON.
        InvalidRequestError: it is no filter.
    """
    if text is None:
        return None
    try:
        given = _read.validate(b'{"filter":' + text.encode() + b"}", settings).filter
    except MalformedBodyError as error:
        reason = str(error).removeprefix("body: ").partition(" at line ")[0]  # which is not a line of the query
        raise MalformedQueryError(f"filter: {reason}") from None
    except InvalidRequestError as error:
        _require_alone(text)
        errors = [one._replace(field="filter") if one.field == "body" else one for one in error.errors]
        raise InvalidRequestError(errors) from None
    _require_alone(text)
    return given


def _require_alone(text: str) -> None:
    """Refuse more than one value: behind a comma it would be another field of the body that a query is read as."""
    try:
        from_json(text)
    except ValueError as error:
        raise MalformedQueryError(
            f"filter: expected one JSON value, found {str(error).partition(' at line ')[0]}"
        ) from None
