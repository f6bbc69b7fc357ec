"""The values of the Helm chart: what its schema knows and refuses, and what pages show."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.chart import CHART, HELM, SCHEMA, rendered, schema
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
    """The values of the file are all that there are, at every depth."""
    document = json.loads(SCHEMA.read_text("utf-8"))
    assert all(part["additionalProperties"] is False for part in objects(document))
    assert document["properties"].keys() - {"global"} == DEFAULTS.keys()  # helm adds `global`
    for name, value in DEFAULTS.items():
        fields = document["properties"][name].get("properties")
        assert name in ("settings", "resources") or fields is None or fields.keys() == value.keys()


@HELM.needed
@pytest.mark.parametrize("block", DOCUMENTED)
def test_documented_values_are_rendered(block: str, tmp_path: Path) -> None:
    """The chart takes what pages show."""
    values = tmp_path / "values.yaml"
    values.write_text(block, "utf-8")
    assert "kind: Deployment" in rendered(values)


@HELM.needed
@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("replica=3", "'replica' not allowed"),
        ("ingress.hosts=a", "'hosts' not allowed"),
        ("settings.max_pears=3", "'max_pears' not allowed"),
        ("settings.api_keys=a", "'api_keys' not allowed"),
        ("settings.port=80", "'port' not allowed"),
        ("settings.max_k=9", "minimum: got 9, want 10"),
        ("settings.cache=null", "got null, want string"),
        ("training.enabled=true", "training.args: expected the arguments"),
        ("autoscaling.enabled=true,autoscaling.cpu=0", "autoscaling: expected cpu or requestsInFlight, found neither"),
        ("keys.admin=a", "keys.admin: expected keys.api beside it"),
        ("keys.api=a,keys.existingSecret=b", "keys: expected an existingSecret or keys as text, found both"),
        ("keys.file=a,keys.fileSecret=b", "keys: expected a fileSecret or a file as text, found both"),
        ("settings.keys_file=a", "'keys_file' not allowed"),
        ("serviceMonitor.enabled=true,keys.fileSecret=a", "serviceMonitor: expected settings.metrics_open or"),
        ("settings.jobs=/jobs,replicas=2", "settings.jobs: expected one replica"),
        ("settings.jobs=/jobs,autoscaling.enabled=true", "settings.jobs: expected one replica"),
        ("serviceMonitor.enabled=true,keys.api=a", "serviceMonitor: expected settings.metrics_open or"),
    ],
)
def test_values_that_can_not_work_are_refused(given: str, reason: str) -> None:
    """By their names, before anything is installed."""
    with pytest.raises(ValueError, match=reason):
        rendered(MINIMAL, "--set", given)
