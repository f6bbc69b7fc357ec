"""Wrong fields in the project's words."""

import pytest
from pydantic import ValidationError

from app.fields import field_errors
from app.schemas.requests import NeighborsRequest, UnseenRequest


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("{}", ("nodes", "a value", "nothing")),
        ('{"nodes":[],"x":1}', ("x", "no field of this name", "one")),
        ('{"nodes":["a",7]}', ("nodes.1", "a string", "7")),
        ('{"nodes":[],"k":0}', ("k", "a number of at least 1", "0")),
        ('{"nodes":[],"on_unknown":"skip"}', ("on_unknown", "'error' or 'null'", "'skip'")),
    ],
)
def test_a_wrong_field_is_told_in_three_words(body: str, error: tuple[str, str, str]) -> None:
    """Field, what was expected and what was found."""
    with pytest.raises(ValueError, match="validation error") as caught:
        NeighborsRequest.model_validate_json(body)
    assert field_errors(caught.value.errors()) == [error]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('{"features":3}', ("features", "an object or a list", "3")),
        ('{"features":{"bool":[1]}}', ("features.bool.0", "a string", "1")),
        ('{"features":{"a":{}}}', ("features.a", "true or false or a number or a string or a list", "{}")),
        ('{"features":[1,null]}', ("features.1", "a number", "null")),
        ('{"weights":[0]}', ("weights.0", "a number above 0", "0")),
    ],
)
def test_a_field_of_several_kinds_is_told_once(body: str, error: tuple[str, str, str]) -> None:
    """By its own name and that of what is wrong inside, with all that it might be."""
    with pytest.raises(ValidationError) as caught:
        UnseenRequest.model_validate_json(body)
    assert field_errors(caught.value.errors()) == [error]
