"""Wrong fields in the project's words."""

import pytest
from pydantic import ValidationError

from latentlink.app.http.fields import field_errors
from latentlink.app.schemas.requests import NeighborsRequest, UnseenRequest


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
        ('{"features":{"a [b]":{}}}', ("features.a [b]", "true or false or a number or a string or a list", "{}")),
    ],
)
def test_a_field_of_several_kinds_is_told_once(body: str, error: tuple[str, str, str]) -> None:
    """By its own name and that of what is wrong inside, with all that it might be."""
    with pytest.raises(ValidationError) as caught:
        UnseenRequest.model_validate_json(body)
    assert field_errors(caught.value.errors()) == [error]


def test_of_a_long_value_the_beginning_is_told() -> None:
    """Of an object with members within it, and of a text."""
    found = []
    for value in ('{"a":' * 3 + "[" + "1," * 1000 + "1]}}}", '"' + "x" * 1000 + '"'):
        with pytest.raises(ValidationError) as caught:
            NeighborsRequest.model_validate_json(f'{{"nodes":[],"k":{value}}}')
        [error] = field_errors(caught.value.errors())
        found.append(error.found)
    assert found[0].startswith('{"a": {"a": {"a": [1, 1, 1')
    assert found[1].startswith("'xxxx")
    assert [text[-3:] for text in found] == ["..."] * 2
    assert {len(text) for text in found} == {80}
