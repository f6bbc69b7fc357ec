"""The filter of a query: the JSON text of what a body has as an object."""

from collections.abc import Mapping

from pydantic import JsonValue, ValidationError

from latentlink.app.errors import FieldError, InvalidRequestError
from latentlink.app.http.bodies import repeated_key
from latentlink.app.http.fields import field_errors, json_errors
from latentlink.app.schemas.filters import Filter
from latentlink.models.wording import shortened

FILTER_PARAMETER: Mapping[str, JsonValue] = {
    "name": "filter",
    "in": "query",
    "required": False,
    "description": "Conditions on columns as JSON, of models trained with `--filter-columns`.",
    # Swagger UI sends the example, which no model refuses.
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Filter"}, "example": {}}},
}
"""The parameter as OpenAPI has it: the framework knows none of JSON."""
_LISTED = 20  # wrong fields named in one error


def queried_filter(text: str | None) -> Filter | None:
    """The filter that a query has.

    Raises:
        InvalidRequestError: it is no JSON, or no filter.
    """
    if text is None:
        return None
    try:
        given = Filter.model_validate_json(text)
    except ValidationError as error:
        errors = json_errors(error)
        if errors[0]["type"] == "json_invalid":
            raise InvalidRequestError.of("filter", "conditions as JSON", shortened(repr(text))) from None
        raise InvalidRequestError([_inside(one) for one in field_errors(errors)[:_LISTED]]) from None
    if (key := repeated_key(text.encode())) is not None:
        raise InvalidRequestError.of(f"filter.{shortened(key)}", "one value", "several")
    return given


def _inside(error: FieldError) -> FieldError:
    return error._replace(field="filter" if error.field == "body" else f"filter.{error.field}")
