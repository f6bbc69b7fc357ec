"""The operations of the API as /openapi.json lists them, so that the contracts cover a new route by themselves."""

from dataclasses import dataclass
from typing import Any, Self

from latentlink.app.main import create_app
from latentlink.app.settings import Settings
from tests.support import Client, Response

LIMITS: dict[str, Any] = {"max_pairs": 3, "max_nodes": 4, "max_k": 12, "max_results": 48, "max_body_bytes": 2000}
"""Small limits, all different, so that a test can go past each of them."""
DOCUMENT: dict[str, Any] = create_app(Settings(**LIMITS)).openapi()
"""The description of a service with these limits."""


@dataclass(frozen=True)
class Operation:
    """One method of one path, with its entry in the document."""

    method: str
    path: str
    entry: dict[str, Any]

    @property
    def id(self) -> str:
        """The operation id."""
        return str(self.entry["operationId"])

    @property
    def body(self) -> dict[str, Any] | None:
        """The schema of the body, or None where there is none."""
        if "requestBody" not in self.entry:
            return None
        name = self.entry["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        schema: dict[str, Any] = DOCUMENT["components"]["schemas"][name]
        return schema

    @property
    def example(self) -> dict[str, Any]:
        """The documented example of the body."""
        example: dict[str, Any] = (self.body or {})["examples"][0]
        return example

    def example_with(self, field: str) -> dict[str, Any]:
        """The first documented example that has a field, or the first of all."""
        return next((one for one in (self.body or {})["examples"] if field in one), self.example)

    def parameters(self, place: str) -> list[dict[str, Any]]:
        """The parameters in the path or the query."""
        return [parameter for parameter in self.entry.get("parameters", []) if parameter["in"] == place]

    def url(self, model: str = "default") -> str:
        """The path with its model filled in, and examples of its other parameters."""
        parameters = {p["name"]: p["schema"]["examples"][0] for p in self.parameters("path")}
        return self.path.format(**parameters | {"model": model})

    def query(self, client: Client | None = None, model: str = "default") -> dict[str, str]:
        """Documented examples of the query parameters that are required; with a client its version in place of the example's."""
        examples = {p["name"]: p["schema"]["examples"][0] for p in self.parameters("query") if p["required"]}
        if client is not None and "with" in examples:
            models = client.app.state.service.store.models  # type: ignore[attr-defined]
            examples["with"] = models.get(model, next(iter(models.values()))).version
        return examples

    def ask(self, client: Client, *, model: str = "default", **options: Any) -> Response:
        """Ask as the documentation shows it, but for `options` of the client's `request`."""
        if self.body is not None and "content" not in options:
            options.setdefault("json", self.example)
        options["params"] = {**self.query(client, model), **options.get("params", {})}
        response: Response = client.request(self.method, self.url(model), **options)
        return response

    @classmethod
    def all(cls) -> list[Self]:
        """Every operation that the document lists."""
        return [
            cls(method.upper(), path, entry)
            for path, entries in DOCUMENT["paths"].items()
            for method, entry in entries.items()
        ]


# Without what changes what is served, and jobs, which have tests of their own.
OPERATIONS = [o for o in Operation.all() if o.id != "activate" and "jobs" not in o.entry["tags"]]
WITH_MODEL = [operation for operation in OPERATIONS if "{model}" in operation.path]
WITH_BODY = [operation for operation in OPERATIONS if operation.body is not None]


def each(operations: list[Operation]) -> dict[str, Any]:
    """Arguments that let `pytest.mark.parametrize` run a test for each operation."""
    return {"argnames": "operation", "argvalues": operations, "ids": [operation.id for operation in operations]}
