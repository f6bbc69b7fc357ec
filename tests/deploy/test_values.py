"""The values of the Helm chart: what its schema knows and refuses, and what pages show."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.chart import CHART, HELM, SCHEMA, inlined, rendered, schema
from tests.docs.pages import DOCS, blocks

DEFAULTS: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
MINIMAL = CHART / "ci/minimal.yaml"
# But for a route and the rule of an adapter, which are not values.
DOCUMENTED = [
    block.text
    for page in ("how-to/deploy-on-kubernetes.md", "tutorials/laptop-to-cluster.md")
    for block in blocks(DOCS / page)
    if block.info == "yaml" and not block.text.startswith(("apiVersion:", "rules:"))
]


def objects(part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every object of a schema that has fields."""
    if "properties" in part:
        yield part
        for field in part["properties"].values():
            yield from objects(field)


def test_the_schema_knows_the_settings_of_the_service() -> None:
    """Their names, types and bounds; `make format` writes them."""
    assert SCHEMA.read_text("utf-8") == schema()


def test_the_schema_has_every_value_and_refuses_others() -> None:
    """The values of the file are all that there are, at every depth; all are required, so that null removes none."""
    document = inlined()
    assert all(part["additionalProperties"] is False for part in objects(document))
    assert (
        document["properties"].keys() - {"global"} == set(document["required"]) == DEFAULTS.keys()
    )  # helm adds `global`
    for name, value in DEFAULTS.items():
        part = document["properties"][name]
        if name not in ("settings", "resources") and "properties" in part:
            assert part["properties"].keys() == set(part["required"]) == value.keys()


@HELM.needed
@pytest.mark.parametrize("block", DOCUMENTED)
def test_documented_values_are_rendered(block: str, tmp_path: Path) -> None:
    """The chart takes what pages show."""
    values = tmp_path / "values.yaml"
    values.write_text(block, "utf-8")
    assert "kind: Deployment" in rendered(values)
