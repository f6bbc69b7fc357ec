"""Strings of the Helm chart's values: YAML reads each of them back as it was given, whatever it looks like."""

import json
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.chart import HELM, inlined, merged, rendered

ENABLED = {
    "replicas": 1,  # more can't have a directory of jobs
    **{part: {"enabled": True} for part in ("ingress", "serviceMonitor", "networkPolicy", "training")},
}
# Values that stand in for each other; those of a case are left out of it.
CASES = {
    "existing objects": "keys.api keys.admin keys.file checkpoints.url checkpoints.storageClass checkpoints.size",
    "a claim of the chart": "keys.existingSecret keys.fileSecret checkpoints.url checkpoints.existingClaim",
    "a URL": "keys.existingSecret keys.fileSecret checkpoints.existingClaim checkpoints.storageClass checkpoints.size "
    "settings.cache",
}
LOOKS = {
    "an alias, a mapping, quotes and a comment": "*{}: 'a' \"b\" # {{{{ c }}}} \\d\n- &e [f, !g",
    "a number": "{}.0",
}


def sample(part: dict[str, Any], texts: Iterator[str]) -> Any:
    """A value of a schema with every free string that it can have; None without any."""
    if "string" in part.get("type", ()) and "enum" not in part:
        return next(texts)
    if part.get("type") == "array":
        return [sample(part["items"], texts)]
    if part.get("type") != "object":
        return None
    others = zip(["example.org/a"], part.get("patternProperties", {}).values(), strict=False)
    fields = {**part.get("properties", {}), **dict(others)}
    found = {name: sample(one, texts) for name, one in fields.items()}
    return {name: value for name, value in found.items() if value is not None}


def strings(part: Any) -> Iterator[str]:
    """Every string in a document."""
    if isinstance(part, str):
        yield part
    for one in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from strings(one)


def values(look: str, left_out: str) -> dict[str, Any]:
    """Everything enabled, with a string of its own for each value that is not left out."""
    found = sample(inlined(), (look.format(number) for number in range(100, 1000)))
    for path in left_out.split():
        *way, name = path.split(".")
        del reduce(dict.__getitem__, way, found)[name]
    together: dict[str, Any] = merged(found, ENABLED)
    return together


@HELM.needed
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("look", LOOKS)
def test_strings_of_values_are_those_of_the_manifests(look: str, case: str, tmp_path: Path) -> None:
    """Each is a string in what a cluster reads, alone or as a part; every manifest keeps to its schema, its names are strings."""
    given, file = values(LOOKS[look], CASES[case]), tmp_path / "values.yaml"
    file.write_text(json.dumps(given), "utf-8")
    manifests = list(yaml.load_all(rendered(file, "--skip-schema-validation", release="true"), yaml.CSafeLoader))
    found = list(strings(manifests))
    assert [text for text in strings(given) if not any(text in one for one in found)] == []
    for manifest in manifests:
        assert isinstance(manifest["metadata"]["name"], str)
        if manifest["kind"] != "ServiceMonitor":
            kubernetes_validate.validate(manifest, "1.30", strict=True)
