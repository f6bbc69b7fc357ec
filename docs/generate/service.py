"""Routes, answers, problems and metrics, from the service itself with the settings that nobody changed."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from docs.generate import code
from docs.generate.markdown import item, paragraph, plain, slug
from docs.generate.schema import default, fields, with_values, words

_PROBLEMS = "application/problem+json"


@cache
def _document() -> Mapping[str, Any]:
    # Not read from the environment, which may have settings of its own.
    document = code.create_app(code.Settings.model_construct()).openapi()
    inlined: Mapping[str, Any] = with_values(document, document["components"]["schemas"])
    return inlined


def _operations() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, operations in _document()["paths"].items():
        for method, operation in operations.items():
            yield f"{method.upper()} {path}", operation


def route_list() -> str:
    """Every route with its one line, linked to its part of `routes`."""
    return "\n".join(
        item(f"[`{route}`](routes.md#{slug(route)}): {plain(operation['summary'])}.")
        for route, operation in _operations()
    )


def routes() -> str:
    """Every route: parameters, body, answer and the statuses of its problems."""
    return "\n\n".join(part for route, operation in _operations() for part in _route(route, operation))


def _route(route: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {route}"
    yield paragraph(f"**{plain(operation['summary'])}.**")
    yield from (paragraph(plain(part)) for part in operation.get("description", "").split("\n\n"))
    parameters = [parameter for parameter in operation.get("parameters", ()) if parameter["name"] != "If-None-Match"]
    if parameters:
        yield "\n".join(_parameter(parameter) for parameter in parameters)
    if "requestBody" in operation:
        yield "The body, a JSON object:"
        yield from _body(operation["requestBody"]["content"]["application/json"]["schema"])
    yield paragraph(_answers(operation["responses"]))


def _parameter(parameter: Mapping[str, Any]) -> str:
    schema = parameter.get("schema") or parameter["content"]["application/json"]["schema"]
    needed = "required" if parameter["required"] else default(schema)
    facts = filter(None, [parameter["in"], words(schema, page=""), needed])
    return item(f"`{parameter['name']}` ({', '.join(facts)}): {plain(parameter['description'])}")


def _body(schema: Mapping[str, Any]) -> Iterator[str]:
    objects = answer_objects()
    yield "\n".join(fields(objects[_name(schema)], page="", definitions={}, headed=objects))


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _answers(responses: Mapping[str, Any]) -> str:
    good = [_good(status, answer) for status, answer in responses.items() if status < "4"]
    problems = [status for status, answer in sorted(responses.items()) if _PROBLEMS in answer.get("content", {})]
    return f"Answers {', '.join(good)}; [problems](problems.md) {', '.join(problems)}."


def _good(status: str, answer: Mapping[str, Any]) -> str:
    content = answer.get("content", {})
    schema = content.get("application/json", {}).get("schema")
    formats = [f"`{media}`" for media in content]
    what = words(schema, page="") if schema else ""
    return " ".join(filter(None, [f"**{status}**", what, f"as {' or '.join(formats)}" if formats else ""]))


def answers() -> str:
    """Every object that answers are made of, with its fields."""
    bodies = [operation["requestBody"] for _, operation in _operations() if "requestBody" in operation]
    shown = {_name(body["content"]["application/json"]["schema"]) for body in bodies}  # where their routes are
    objects = sorted((name, schema) for name, schema in answer_objects().items() if name not in shown)
    return "\n\n".join(part for name, schema in objects for part in _object(name, schema))


def answer_objects() -> Mapping[str, Any]:
    """The schemas of all objects by name."""
    schemas: Mapping[str, Any] = _document()["components"]["schemas"]
    return {name: schema for name, schema in schemas.items() if "properties" in schema}


def _object(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {name}"
    if "description" in schema:
        yield from (paragraph(plain(part)) for part in schema["description"].split("\n\n"))
    yield "\n".join(fields(schema, page="", given=False)) if "properties" in schema else words(schema, page="") + "."


def problems() -> str:
    """Every kind of problem: status, title, what it means, what to do, and an example of its detail."""
    return "\n\n".join(part for problem in code.problem_table() for part in _problem(problem))


def _problem(problem: code.Problem) -> Iterator[str]:
    yield f"## {problem.slug}"
    yield paragraph(f"**{problem.status}** {plain(problem.title)}.")
    yield paragraph(plain(problem.meaning))
    yield paragraph(plain(problem.advice))
    yield f"```text\n{problem.example}\n```"


def prometheus() -> str:
    """Every metric of `/metrics`, with kind, labels and meaning."""
    metrics = code.Metrics()
    metrics.seconds.labels("GET", "/", "200").observe(0)  # a metric with labels shows them once it has a value
    metrics.model_seconds.labels("papers", "200").observe(0)
    metrics.version_failed("papers")
    metrics.rate_limited("alice")
    metrics.version_opened("papers", 0)
    metrics.version_closed("papers")
    metrics.ids_unknown("papers", 1)
    metrics.searched("papers", exact=True)
    metrics.scored("papers", 0.5)
    metrics.shadowed("papers", "asked")
    metrics.differed("papers", [0.5])
    metrics.overlapped("papers", 0.5)
    test = SimpleNamespace(weight=[0.1] * 10, observed=[0.5] * 10)
    calibration = SimpleNamespace(balanced=SimpleNamespace(before=test))
    counts = SimpleNamespace(nodes=1, edges=1)
    manifest = SimpleNamespace(created_at=datetime.now(UTC), counts=counts, size=0, calibration=calibration)
    model = SimpleNamespace(version="1", manifest=manifest)
    store: Any = SimpleNamespace(models={"papers": model}, degraded=dict, opened=dict)
    # Those of the process depend on the system, and are named by their standard.
    found = text_string_to_metric_families(metrics.render(store).decode())
    families = [family for family in found if not family.name.startswith("process_")]
    return "\n".join(_metric(family) for family in families)


def _metric(family: Any) -> str:
    name = f"{family.name}_total" if family.type == "counter" else family.name
    labels = [f"`{label}`" for label in family.samples[0].labels if label != "le"]
    named = f"; labels {', '.join(labels)}" if labels else ""
    return item(f"`{name}` ({family.type}{named}): {plain(family.documentation)}")
