"""What a JSON body has beside its rows: of a body of Arrow, whose rows are columns, in the query."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from latentlink.app.errors import InvalidRequestError, NotAcceptableError, UnsupportedMediaError
from latentlink.app.http.bodies import media_type
from latentlink.app.http.filters import queried_filter
from latentlink.app.http.negotiation import ARROW_TYPE, JSON_TYPE, negotiate
from latentlink.app.http.requests import check_query
from latentlink.app.schemas.requests import separated
from latentlink.app.settings import Settings
from latentlink.models.fields import field_errors, json_errors

Body = TypeVar("Body", bound=BaseModel)


def is_arrow(request: Request) -> bool:
    """Whether the body is Arrow by its header.

    Raises:
        NotAcceptableError: it is, and the answer may not be.
    """
    media, parameters = media_type(request)
    if media != ARROW_TYPE:
        return False
    if parameters:
        raise UnsupportedMediaError(f"Content-Type: expected {ARROW_TYPE} without parameters, found {parameters!r}")
    if negotiate(request, (ARROW_TYPE, JSON_TYPE)) != ARROW_TYPE:
        found = ",".join(request.headers.getlist("accept"))
        raise NotAcceptableError(f"Accept: expected {ARROW_TYPE}, as the body is, found {found!r}")
    return True


def queried(request: Request, body: type[Body], columns: Collection[str], settings: Settings) -> Body:
    """The fields of a body, of which some are not in the query.

    Args:
        request: with the query.
        body: the model of the body in JSON.
        columns: fields that hold ids, which the columns of the stream have or JSON alone.
        settings: of the service.

    Raises:
        InvalidRequestError: a parameter is wrong, unknown, or there twice.
        MalformedQueryError: the query is not UTF-8.
    """
    names = body.model_fields.keys() - columns
    check_query(request, {name: name == "include" for name in names})
    given: dict[str, Any] = dict(request.query_params)
    if "include" in given:
        given["include"] = separated(request.query_params.getlist("include"))
    found = queried_filter(given.pop("filter", None), settings) if "filter" in names else None
    required: Mapping[str, Any] = {name: [] for name in columns if body.model_fields[name].is_required()}
    try:
        read = body.model_validate({**given, **required}, strict=False)
    except ValidationError as error:
        raise InvalidRequestError(field_errors(json_errors(error))) from None
    return read if found is None else read.model_copy(update={"filter": found})
