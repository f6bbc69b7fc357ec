"""The description of the API: what the framework can't know."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from latentlink.app.http.problem_answers import MEDIA_TYPE
from latentlink.app.http.problems import PROBLEMS
from latentlink.app.main import create_app
from latentlink.app.settings import Settings
from tests.support import Client, serving

PROBLEM_KINDS = PROBLEMS.values()


@pytest.fixture(scope="module")
def document(client: Client) -> dict[str, Any]:
    """The document as a client gets it."""
    served: dict[str, Any] = client.get("/openapi.json").json()
    return served


def test_every_operation_lists_its_problems(document: dict[str, Any]) -> None:
    """Every status of the table stands in every operation, as a problem; those of bodies and formats where there are any."""
    statuses = {problem.status for problem in PROBLEM_KINDS}
    for path in document["paths"].values():
        for operation in path.values():
            formats = next(
                answer.get("content", {}) for status, answer in operation["responses"].items() if status[0] == "2"
            )
            closed = {401, 429} | (set() if operation["operationId"] == "activate" else {403})  # without keys
            expected = statuses - closed - (set() if len(formats) > 1 else {406})
            expected -= set() if "requestBody" in operation else {413, 415}
            problems = {int(status): entry for status, entry in operation["responses"].items() if int(status) >= 400}
            assert set(problems) == expected
            assert all(list(problem["content"]) == [MEDIA_TYPE] for problem in problems.values())


def test_every_status_has_an_example(document: dict[str, Any]) -> None:
    """JSON and problems are shown, each problem by an example of its kind, with the address of the operation."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                for media, content in answer.get("content", {}).items():
                    if media == MEDIA_TYPE:
                        shown = [example["value"] for example in content["examples"].values()]
                        kinds = {f"/problems/{p.slug}" for p in PROBLEM_KINDS if p.status == int(status)}
                        assert {example["type"] for example in shown} == kinds
                        assert {example["instance"] for example in shown} == {path.replace("{model}", "papers")}
                        assert {example["status"] for example in shown} == {int(status)}
                        table = {problem.example for problem in PROBLEM_KINDS if problem.status == int(status)}
                        assert {example["detail"] for example in shown} == table
                    elif media == "application/json":
                        assert content["example"]


def test_conditional_answers_are_described(document: dict[str, Any]) -> None:
    """GETs under a model, and no others, describe ETag, If-None-Match and 304."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            described = [
                "304" in operation["responses"],
                "ETag" in next(iter(operation["responses"].values())).get("headers", {}),
                "If-None-Match" in [parameter["name"] for parameter in operation.get("parameters", [])],
            ]
            assert described == [method == "get" and "{model}" in path] * 3


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """No schema refers to one that is not in the document."""
    references: set[str] = set()

    def collect(node: Any) -> None:
        if isinstance(node, dict):
            references.update([node["$ref"]] if "$ref" in node else [])
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            collect(child)

    collect(document)
    assert references
    assert references <= {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


def _schemas(node: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every schema of the document with the keys that lead to it, but for conditions, which make no types."""
    if isinstance(node, dict):
        if place[-1:] != ("properties",):
            yield place, node
        for key, value in node.items():
            if key not in ("dependentSchemas", "if", "then", "else", "example", "examples"):
                yield from _schemas(value, (*place, key))
    elif isinstance(node, list):
        for item in node:
            yield from _schemas(item, (*place, "[]"))


def test_generators_find_a_name_for_every_type(document: dict[str, Any]) -> None:
    """Objects with fields and choices are components; in unions and lists, so are dictionaries, which are named elsewhere."""
    for place, schema in _schemas(document):
        named = place[:2] == ("components", "schemas") and len(place) == 3
        if "properties" in schema or "enum" in schema:
            assert named, place
        if schema.get("type") == "object" and not named:
            assert place[-1] not in ("[]", "items"), place


def test_no_field_is_named_as_its_object(document: dict[str, Any]) -> None:
    """Not a list: generated Python has one variable for the object, called as its class, and one for each field."""
    for name, schema in document["components"]["schemas"].items():
        variable = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        assert schema.get("properties", {}).get(variable, {}).get("type") != "array", name


def test_a_problem_names_its_members(document: dict[str, Any]) -> None:
    """The members of every problem are required in its schema."""
    required = {"type", "title", "status", "detail", "instance", "request_id"}
    assert set(document["components"]["schemas"]["Problem"]["required"]) == required


def test_everything_is_described(document: dict[str, Any]) -> None:
    """Every operation has a summary and a description, and every parameter says what it is."""
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            assert operation["description"]
            assert all(parameter["description"] for parameter in operation.get("parameters", []))


def test_two_services_show_their_own_limits(tmp_path: Path) -> None:
    """Nothing of one application's document is shared with another's."""
    found = []
    for max_k in (70, 80):
        with serving(tmp_path, max_k=max_k) as client:
            operation = client.get("/openapi.json").json()["paths"]["/v1/models/{model}/neighbors"]["get"]
            found += [p["schema"]["maximum"] for p in operation["parameters"] if p["name"] == "k"]
    assert found == [70, 80]


def test_the_document_is_built_once() -> None:
    """Asking twice gives the same object."""
    app = create_app(Settings())
    assert app.openapi() is app.openapi()
