"""Whatever is sent to any operation of the API, of models of all kinds, the answer is one that the document promises."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx2
import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine import Status, events, from_schema

from tests.e2e.service import Service, running_service
from tests.support import Small

pytestmark = pytest.mark.slow

KINDS = {
    "undirected": Small.random().with_columns(),
    "directed": Small.directed(),
    "typed": Small.typed(),
    "relational": Small.relational(),
}
EXAMPLES = 5
"""Requests that fit the schema, and as many that don't, of an operation."""
# What a field may hold depends on the checkpoint, on the length of another list or, in a query, on another parameter.
# No schema says that, so a request that fits it may be refused, but for these fields alone.
BEYOND_THE_SCHEMA = {
    *("relation", "relations", "type", "source_type", "target_type", "neighbor_types"),  # names in the checkpoint
    *("features", "filter"),  # columns in the checkpoint
    *("weights", "link_weights", "links", "strangers"),  # one of each neighbour or link, between the new nodes listed
    *("prior", "value"),  # of a query: beside `include=calibrated`; up to 1 for the targets that are shares
}
# Of these fields, what the message expected.
EXPECTED_BEYOND_THE_SCHEMA = {
    r"pairs\.\d+|target": "types that may be linked, ",
    "contains": "no prefix beside it",
    "neighbors": "one that the model knows, ",
    r"strangers × \(targets \+ k\)": "at most ",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One that serves a model of each kind."""
    store = tmp_path_factory.mktemp("fuzzed")
    for kind, small in KINDS.items():
        small.publish(store, kind)
    with running_service(store) as running:
        yield running


@pytest.mark.parametrize("kind", KINDS)
def test_every_operation_answers_as_documented(service: Service, kind: str) -> None:
    """No check of schemathesis finds anything, whether a request fits the schema or not."""
    document = httpx2.get(f"{service.url}/openapi.json").json()
    small = KINDS[kind]
    real = {"relation": small.relations, "type": small.types, "": small.ids[:20]}
    api = schemathesis.openapi.from_dict(preferring(document, real), config=config(service.url, kind))
    asked, found = set(), []
    for event in from_schema(api).execute():
        assert not isinstance(event, events.NonFatalError | events.FatalError), event
        if isinstance(event, events.ScenarioFinished):
            asked |= {node.value.operation.label for node in event.recorder.cases.values()}
            found += list(findings(event))
    assert found == []
    assert asked == {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}


def config(url: str, kind: str) -> SchemathesisConfig:
    """All checks and phases, the same requests in each run, and nothing written to disk.

    The thousands of boundary values of "coverage" are sent to one kind, whose operations have most parameters that count.
    """
    return SchemathesisConfig.from_dict(
        {
            "seed": 0,
            "base-url": url,
            "cache": {"enabled": False},
            "continue-on-failure": True,
            "request-timeout": 20,
            "parameters": {"path.model": kind},
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none", "no-shrink": True},
            "phases": {"coverage": {"enabled": kind == "typed"}},
        }
    )


def preferring(schema: Any, real: Mapping[str, Sequence[str]], name: str = "") -> Any:
    """A document that allows the same, in which a text is one of the real ones half the time, by a part of its name."""
    if isinstance(schema, list):
        return [preferring(item, real, name) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "string" and not schema.keys() & {"enum", "const", "format", "pattern"}:
        texts = next(texts for part, texts in real.items() if part in name)
        others = {key: value for key, value in schema.items() if key != "type"}
        return {**others, "anyOf": [{"enum": list(texts)}, {"type": "string"}]} if texts else schema
    inner = {}
    for key, value in schema.items():
        if key == "properties":
            inner[key] = {field: preferring(one, real, field) for field, one in value.items()}
        else:
            inner[key] = preferring(value, real, schema.get("name", name) if key == "schema" else name)
    return inner


def findings(scenario: events.ScenarioFinished) -> Iterator[str]:
    """What the checks found, each with the request that shows it and the answer."""
    recorder = scenario.recorder
    for case, checks in recorder.checks.items():
        for check in checks:
            answer = recorder.interactions[case].response
            excused = check.name == "positive_data_acceptance" and answer is not None and depends(answer)
            if check.status == Status.FAILURE and not excused:
                yield f"{check.name} of {recorder.label}: {check.failure_info}\n{answer and answer.text_lossy()}"


def depends(answer: Response) -> bool:
    """Whether a request is refused for what no schema can say."""
    if answer.status_code != 422:
        return False
    return all(map(is_beyond_the_schema, answer.json()["errors"]))


def is_beyond_the_schema(error: Mapping[str, str]) -> bool:
    """Whether a field is wrong by what no schema can say."""
    field = re.sub(r"^strangers\.\d+\.", "", error["field"])
    worded = EXPECTED_BEYOND_THE_SCHEMA.items()
    return field.partition(".")[0] in BEYOND_THE_SCHEMA or any(
        re.fullmatch(name, field) and error["expected"].startswith(expected) for name, expected in worded
    )
