"""Many models, some of them broken, each in its own way."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support import Small, assert_problem, serving

MODELS = [f"model-{number:02}" for number in range(30)]


def _truncate(home: Path, version: str) -> None:
    path = home / version / "graph.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


def _turn_a_bit(home: Path, version: str) -> None:
    path = home / version / "embeddings.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def _remove_a_file(home: Path, version: str) -> None:
    (home / version / "nodes.safetensors").unlink()


def _replace_the_manifest(home: Path, version: str) -> None:
    (home / version / "manifest.json").write_text("{")


def _name_no_version(home: Path, _: str) -> None:
    (home / "CURRENT").write_bytes(b"\xff")


def _name_a_missing_version(home: Path, _: str) -> None:
    (home / "CURRENT").write_text("20990101T000000000000Z\n")


VERSIONS: Mapping[str, Callable[[Path, str], None]] = {
    "model-00": _truncate,
    "model-05": _turn_a_bit,
    "model-10": _remove_a_file,
    "model-15": _replace_the_manifest,
}
CURRENTS: Mapping[str, Callable[[Path, str], None]] = {
    "model-20": _name_no_version,
    "model-29": _name_a_missing_version,
}
WAYS = {**VERSIONS, **CURRENTS}


@pytest.mark.parametrize("open_at_once", [100, 4])
def test_of_thirty_models_six_broken_ones_stop_no_other(small: Small, tmp_path: Path, open_at_once: int) -> None:
    """The service is ready and names the six; without a whole version they are 503, and all others answer as themselves."""
    versions = {name: small.publish(tmp_path, name) for name in MODELS}
    for name, break_it in WAYS.items():
        break_it(tmp_path / name, versions[name])
    with serving(tmp_path, max_open_models=open_at_once) as client:
        for name in MODELS:
            answer = client.get(f"/v1/models/{name}/score", params={"source": "a", "target": "b"})
            if name in VERSIONS:
                assert name in assert_problem(answer, 503, "not-ready")["detail"], name
            else:
                assert (answer.status_code, answer.json()["version"]) == (200, versions[name]), name
        ready = client.get("/readyz")
    assert (ready.status_code, sorted(ready.json()["degraded"])) == (200, sorted(WAYS))
    assert ready.json()["models"] == {name: version for name, version in versions.items() if name not in VERSIONS}
