"""The client's types of facts are those of the API's answers."""

import types
from typing import Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from latentlink.client.facts.comparison import Comparison
from latentlink.client.facts.model import ModelInfo, ModelSummary
from latentlink.client.facts.probabilities import Threshold
from tests.contracts.operations import DOCUMENT

SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
PLAIN = {"integer": int, "number": float, "string": str, "boolean": bool, "null": type(None)}


@pytest.mark.parametrize(
    ("answer", "schema"),
    [
        (ModelSummary, "ModelSummary"),
        (ModelInfo, "ModelDetail"),
        (Threshold, "Threshold"),
        (Comparison, "Comparison"),
    ],
)
def test_a_client_s_type_is_the_answer_s(answer: type, schema: str) -> None:
    """Every member has the same name and type, and is required in both or in neither, at any depth."""
    assert _of_hint(answer) == _of_schema(SCHEMAS[schema])


def _of_hint(hint: Any) -> Any:
    """A type as plain data: members by name with whether they are required, or an origin with its arguments."""
    if is_typeddict(hint):
        return {name: (name in hint.__required_keys__, _of_hint(part)) for name, part in get_type_hints(hint).items()}
    if get_origin(hint) is Literal:
        return set(get_args(hint))
    if get_origin(hint) is types.UnionType:
        return [_of_hint(part) for part in get_args(hint)]
    if get_origin(hint) in (list, dict):
        return (get_origin(hint), _of_hint(get_args(hint)[-1]))
    return hint


def _of_schema(schema: dict[str, Any]) -> Any:
    """A JSON schema in the same form."""
    if "$ref" in schema:
        return _of_schema(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return [_of_schema(part) for part in options]
    if "enum" in schema or "const" in schema:
        return set(schema.get("enum") or [schema["const"]])
    if "properties" in schema:
        required = schema.get("required", [])
        return {name: (name in required, _of_schema(part)) for name, part in schema["properties"].items()}
    if schema["type"] in ("array", "object"):
        array = schema["type"] == "array"
        return (list, _of_schema(schema["items"])) if array else (dict, _of_schema(schema["additionalProperties"]))
    return PLAIN[schema["type"]]
