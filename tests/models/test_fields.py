"""Wrong fields as field, expected and found."""

import pytest
from pydantic import BaseModel, ValidationError

from latentlink.app.schemas.requests import EmbeddingsRequest, NeighborsRequest, ScoresRequest
from latentlink.app.schemas.unseen import UnseenRequest
from latentlink.models.fields import field_errors


@pytest.mark.parametrize(
    ("model", "body", "field", "named", "found"),
    [
        (NeighborsRequest, "{}", "nodes", (), "nothing"),
        (NeighborsRequest, '{"nodes":[],"x":1}', "x", (), "one"),
        (NeighborsRequest, '{"nodes":["a",7]}', "nodes.1", ("string",), "7"),
        (NeighborsRequest, '{"nodes":[],"k":0}', "k", ("1",), "0"),
        (NeighborsRequest, '{"nodes":[],"on_unknown":"skip"}', "on_unknown", ("'error'", "'null'"), "'skip'"),
        (UnseenRequest, '{"features":3}', "features", ("object", "array"), "3"),
        (UnseenRequest, '{"features":[1,null]}', "features.1", ("number",), "null"),
        (UnseenRequest, '{"weights":[0]}', "weights.0", ("number", "0"), "0"),
    ],
)
def test_a_wrong_field_is_named_with_expected_and_found(
    model: type[BaseModel], body: str, field: str, named: tuple[str], found: str
) -> None:
    """`expected` names the limit, the choices or every type; `found` is the value as it was written; once for each field."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate_json(body)
    [error] = field_errors(caught.value.errors())
    assert (error.field, error.found) == (field, found)
    assert all(word in error.expected for word in named)


@pytest.mark.parametrize("model", [EmbeddingsRequest, NeighborsRequest, ScoresRequest, UnseenRequest])
def test_of_a_long_list_the_first_wrong_item_is_named(model: type[BaseModel]) -> None:
    """In each list with a limit, one error for a thousand wrong items: so an answer is never larger than its request."""
    lists = [name for name, schema in model.model_json_schema()["properties"].items() if "x-maxItems" in schema]
    for name in lists:
        with pytest.raises(ValidationError) as caught:
            model.model_validate({"nodes": [], name: [0] * 1000})
        named = [error.field for error in field_errors(caught.value.errors()) if error.field.startswith(name)]
        assert named == [f"{name}.0"]
    assert lists


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
