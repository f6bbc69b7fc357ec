"""What is answered is what the document says."""

import functools
import operator
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from latentlink.app.schemas import answers, explanations, links, models, unseen
from latentlink.app.schemas.links import EITHER_LIMIT_OR_PER_NODE
from latentlink.app.schemas.requests import PRIOR_WITH_CALIBRATED
from latentlink.app.settings import Settings
from latentlink.models.comparison import facts
from tests.contracts.operations import LIMITS, OPERATIONS, WITH_MODEL, Operation, each
from tests.support import Client, Small, serving

OPERATION_IDS = {
    "health": "GET /healthz",
    "ready": "GET /readyz",
    "list_models": "GET /v1/models",
    "get_model": "GET /v1/models/{model}",
    "list_nodes": "GET /v1/models/{model}/nodes",
    "get_node": "GET /v1/models/{model}/node",
    "metrics": "GET /metrics",
    "activate": "POST /v1/models/{model}:activate",
    "explain": "GET /v1/models/{model}/explanation",
    "unseen": "POST /v1/models/{model}/unseen",
    "score": "GET /v1/models/{model}/score",
    "score_pairs": "POST /v1/models/{model}/scores",
    "search_links": "POST /v1/models/{model}/links:search",
    "estimate_links": "POST /v1/models/{model}/links:estimate",
    "list_jobs": "GET /v1/jobs",
    "get_job": "GET /v1/jobs/{job}",
    "get_result": "GET /v1/jobs/{job}/result",
    "delete_job": "DELETE /v1/jobs/{job}",
    "links": "GET /v1/models/{model}/links",
    "compare": "GET /v1/models/{model}/compare",
    "threshold": "GET /v1/models/{model}/thresholds",
    "embedding": "GET /v1/models/{model}/embedding",
    "all_embeddings": "GET /v1/models/{model}/embeddings",
    "embed_nodes": "POST /v1/models/{model}/embeddings",
    "map": "GET /v1/models/{model}/map",
    "explain_problem": "GET /problems/{slug}",
    "neighbors": "GET /v1/models/{model}/neighbors",
    "neighbors_of_nodes": "POST /v1/models/{model}/neighbors",
}
"""Names that generated clients are built on: a release may add to them, and change none."""


IN_JSON = [
    operation for operation in OPERATIONS if "application/json" in operation.entry["responses"]["200"]["content"]
]


def adapter(operation: Operation) -> TypeAdapter[Any]:
    """The type of an operation's answer, found by the name that the document refers to."""
    schema = operation.entry["responses"]["200"]["content"]["application/json"]["schema"]
    names = [part["$ref"].rpartition("/")[2] for part in schema.get("anyOf", [schema])]
    return TypeAdapter(functools.reduce(operator.or_, (_named(name) for name in names)))


def fits(operation: Operation, answer: dict[str, Any]) -> bool:
    """Whether reading the answer strictly by its type, and writing it again, changes nothing."""
    typed = adapter(operation)
    read = typed.validate_python(answer, strict=True)
    named = not isinstance(read, BaseModel) or not read.model_extra
    return named and typed.dump_python(read, by_alias=True, exclude_unset=True) == answer


def _named(name: str) -> Any:
    modules = answers, explanations, facts, links, models, unseen
    return next(getattr(module, name) for module in modules if hasattr(module, name))


@pytest.mark.parametrize(**each(IN_JSON))
def test_the_answer_is_of_the_documented_type(client: Client, operation: Operation) -> None:
    """Nothing is missing, nothing of another type, and nothing there that the schema does not name."""
    answer = operation.ask(client).json()
    assert fits(operation, answer)


@pytest.fixture(scope="module")
def other_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a service of a directed model, a typed one, one that is both, and one of a relation."""
    store = tmp_path_factory.mktemp("other")
    small = {"directed": Small.directed(), "typed": Small.typed(), "both": Small.typed(directed=True)}
    small["relational"] = Small.relational(names=("likes",))
    for name, one in small.items():
        one.publish(store, name)
    with serving(store, poll_seconds=3600) as client:
        yield client


@pytest.mark.parametrize("model", ["directed", "typed", "both", "relational"])
@pytest.mark.parametrize(**each([operation for operation in IN_JSON if operation in WITH_MODEL]))
def test_other_models_answer_as_documented(other_models: Client, operation: Operation, model: str) -> None:
    """Fields of types, directions and relations are in the schema; what such a model can't answer is a problem in it."""
    options = {"json": {**operation.example, "type": "user"}} if (operation.id, model) == ("unseen", "typed") else {}
    response = operation.ask(other_models, model=model, **options)
    unsupported = model != "typed" and operation.id in ("explain", "unseen")
    assert response.status_code == (409 if unsupported else 200)
    assert unsupported or fits(operation, response.json())


@pytest.mark.parametrize(**each(IN_JSON))
def test_the_example_is_of_the_documented_type(operation: Operation) -> None:
    """What the document shows is what the schema says."""
    example = operation.entry["responses"]["200"]["content"]["application/json"]["example"]
    assert fits(operation, example)


@pytest.mark.parametrize(**each([operation for operation in OPERATIONS if operation.body]))
def test_nulls_are_of_the_documented_type(client: Client, operation: Operation) -> None:
    """With unknown ids put as null, the answer is still what the schema says."""
    unknown = {
        name: [["a", "?"], ["a", "b"]] if name == "pairs" else ["?", "a"]
        for name in operation.example
        if isinstance(operation.example[name], list)
    }
    answer = operation.ask(client, json={**operation.example, **unknown, "on_unknown": "null"}).json()
    assert fits(operation, answer)
    assert None in [value for column in answer.values() if isinstance(column, list) for value in column]


def test_operation_ids_are_stable() -> None:
    """Each operation keeps its id, and no two share one."""
    assert len({operation.id for operation in OPERATIONS}) == len(OPERATIONS)
    assert {operation.id: f"{operation.method} {operation.path}" for operation in Operation.all()} == OPERATION_IDS


def test_limits_stand_in_the_schema() -> None:
    """Every limit of a count appears as maxItems or maximum, with the value of its setting."""
    found = {}
    for operation in OPERATIONS:
        properties = {p["name"]: p.get("schema", {}) for p in operation.parameters("query")}
        properties |= (operation.body or {}).get("properties", {})
        for name, schema in properties.items():
            if name != "min_probability" and (limit := schema.get("maxItems", schema.get("maximum"))):
                found[operation.id, name] = limit
    assert found == {
        ("list_models", "limit"): 1000,
        ("list_nodes", "limit"): 100,
        ("get_node", "limit"): 100,
        ("explain", "limit"): 100,
        ("links", "limit"): 1000,
        ("unseen", "limit"): 100,
        ("score_pairs", "pairs"): LIMITS["max_pairs"],
        ("embed_nodes", "nodes"): LIMITS["max_nodes"],
        ("neighbors", "k"): LIMITS["max_k"],
        ("neighbors_of_nodes", "nodes"): LIMITS["max_nodes"],
        ("neighbors_of_nodes", "k"): LIMITS["max_k"],
        ("neighbors_of_nodes", "candidates"): LIMITS["max_nodes"],
        ("neighbors_of_nodes", "exclude"): LIMITS["max_nodes"],
        **{
            ("unseen", name): LIMITS["max_nodes"] for name in ("neighbors", "links", "targets", "candidates", "exclude")
        },
    }


@pytest.mark.parametrize(**each([o for o in OPERATIONS if o.body and "prior" in o.body["properties"]]))
def test_a_prior_alone_is_outside_the_schema(client: Client, operation: Operation) -> None:
    """It is refused, and the schema, not only a description, says what it needs."""
    assert operation.body
    assert PRIOR_WITH_CALIBRATED.items() <= operation.body["dependentSchemas"].items()
    body = {**operation.example, "prior": 0.5}
    assert client.post(operation.url(), json=body).status_code == 422
    assert client.post(operation.url(), json={**body, "include": ["calibrated"]}).status_code != 422


@pytest.mark.parametrize("numbers", [{}, {"limit": None}, {"limit": 9, "per_node": 1}])
def test_a_list_of_neither_number_or_both_is_outside_the_schema(client: Client, numbers: dict[str, Any]) -> None:
    """It is refused, and the schema, not only a description, says that it takes one of `limit` and `per_node`."""
    operation = next(operation for operation in Operation.all() if operation.id == "estimate_links")
    assert operation.body
    assert EITHER_LIMIT_OR_PER_NODE.items() <= operation.body.items()
    assert client.post(operation.url(), json=numbers).status_code == 422


def test_every_count_starts_at_one() -> None:
    """Wherever a maximum stands, so does the minimum."""
    for operation in OPERATIONS:
        properties = {p["name"]: p.get("schema", {}) for p in operation.parameters("query")}
        properties |= (operation.body or {}).get("properties", {})
        assert {schema["minimum"] for schema in properties.values() if schema.get("type") == "integer"} <= {1}


def test_limits_have_the_promised_defaults() -> None:
    """100,000 pairs, 10,000 nodes, k up to 1,000, a million results, 16 MiB."""
    settings = Settings()
    limits = [getattr(settings, name) for name in LIMITS]
    assert limits == [100_000, 10_000, 1_000, 1_000_000, 16 * 1024 * 1024]


def test_no_placeholder_is_left(client: Client) -> None:
    """The names of settings that schemas carry are replaced in what is served."""
    assert '"x-' not in client.get("/openapi.json").text
