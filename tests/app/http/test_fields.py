"""Wrong fields as field, expected and found."""

import pytest
from pydantic import ValidationError

from latentlink.app.http.fields import field_errors
from latentlink.app.schemas.requests import NeighborsRequest, UnseenRequest


@pytest.mark.parametrize(
    ("body", "field", "named", "found"),
    [
        ("{}", "nodes", (), "nothing"),
        ('{"nodes":[],"x":1}', "x", (), "one"),
        ('{"nodes":["a",7]}', "nodes.1", ("string",), "7"),
        ('{"nodes":[],"k":0}', "k", ("1",), "0"),
        ('{"nodes":[],"on_unknown":"skip"}', "on_unknown", ("'error'", "'null'"), "'skip'"),
    ],
)
def test_a_wrong_field_is_named_with_expected_and_found(body: str, field: str, named: tuple[str], found: str) -> None:
    """`expected` names the type, the limit or the choices; `found` is the value as the client wrote it."""
    with pytest.raises(ValidationError) as caught:
        NeighborsRequest.model_validate_json(body)
    [error] = field_errors(caught.value.errors())
    assert (error.field, error.found) == (field, found)
    assert all(word in error.expected for word in named)


@pytest.mark.parametrize(
    ("body", "field", "named", "found"),
    [
        ('{"features":3}', "features", ("object", "array"), "3"),
        ('{"features":[1,null]}', "features.1", ("number",), "null"),
        ('{"weights":[0]}', "weights.0", ("number", "0"), "0"),
    ],
)
def test_a_field_of_several_types_is_named_once(body: str, field: str, named: tuple[str], found: str) -> None:
    """The field has one error, which lists every type; an error inside one of them takes precedence."""
    with pytest.raises(ValidationError) as caught:
        UnseenRequest.model_validate_json(body)
    [error] = field_errors(caught.value.errors())
    assert (error.field, error.found) == (field, found)
    assert all(word in error.expected for word in named)


def test_a_long_value_is_cut_to_80_characters() -> None:
    """Both of an object with members within it, and of a string."""
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
