"""The loaded models over HTTP."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from latentlink.models.checkpoint import Checkpoint
from latentlink.models.checkpoint.store import open_version
from tests.support import Client, Small, assert_problem, eventually, serving


def test_the_list_shows_each_model_s_facts(small: Small, tmp_path: Path) -> None:
    """Names in order, each with its version, kind and counts."""
    versions = {name: small.publish(tmp_path, name) for name in ("zebra", "ape")}
    with serving(tmp_path) as client:
        models = client.get("/v1/models").json()["models"]
    assert [model["name"] for model in models] == ["ape", "zebra"]
    for model in models:
        assert model["current"] == versions[model["name"]]
        assert (model["versions"], model["kind"]) == ([model["current"]], "gae")
        assert model["counts"] == {"nodes": 60, "edges": len(small.edges), "features": 0, "dim": 8}


@pytest.mark.parametrize(
    ("names", "setting", "default"),
    [(["a"], None, "a"), (["a", "b"], None, None), (["a", "b"], "b", "b"), (["a"], "gone", None)],
)
def test_the_list_names_the_default(
    small: Small, tmp_path: Path, names: list[str], setting: str | None, default: str | None
) -> None:
    """The only model or the operator's choice, unless that is not loaded."""
    for name in names:
        small.publish(tmp_path, name)
    with serving(tmp_path, default_model=setting) as client:
        assert client.get("/v1/models").json()["default"] == default


def test_the_list_names_models_that_can_not_be_loaded(small: Small, tmp_path: Path) -> None:
    """With the reasons that `/readyz` has: one that an older version stands in for, and one that is not served at all."""
    old = small.publish(tmp_path, "stale")
    for name in ("stale", "gone"):
        (tmp_path / name / small.publish(tmp_path, name) / "nodes.safetensors").write_bytes(b"")
    with serving(tmp_path) as client:
        listed, ready = client.get("/v1/models").json(), client.get("/readyz").json()
    assert {model["name"]: model["current"] for model in listed["models"]} == ready["models"] == {"stale": old}
    assert listed["degraded"] == ready["degraded"]
    assert sorted(name for name, reason in listed["degraded"].items() if "nodes.safetensors" in reason) == [
        "gone",
        "stale",
    ]


def test_a_model_has_the_hubs_of_its_graph(client: Client, small: Small) -> None:
    """The ten nodes that stand in most edges, of equal ones the first."""
    degrees = [sum(row in edge for edge in small.edges.tolist()) for row in range(len(small.ids))]
    best = sorted(range(len(degrees)), key=lambda row: -degrees[row])[:10]
    hubs = client.get("/v1/models/small").json()["hubs"]
    assert hubs == [{"node": small.ids[row], "degree": degrees[row]} for row in best]


def test_a_model_shows_the_facts_of_its_manifest(client: Client, checkpoints: Path) -> None:
    """Metrics, config, seed and provenance are the manifest's; digests of files are not shown."""
    answer = client.get("/v1/models/small").json()
    assert (answer["metrics"], answer["config"], answer["seed"]) == (
        {"test": {"auc": 0.75, "ap": 0.5}},
        {"dim": 8, "hops": 0},
        7,
    )
    assert (answer["training"], answer["calibration"]) == ({"epoch": 3}, None)
    assert (checkpoints / "small" / answer["version"] / "manifest.json").exists()
    assert "files" not in answer


def test_a_model_names_the_heuristics_that_beat_it_and_why(small: Small, tmp_path: Path) -> None:
    """The heuristics above it, best first, by metric, and why the best one wins on this graph."""
    won = {
        "adamic_adar": {"ap": 0.9},
        "preferential_attachment": {"ap": 0.6},
        "common_neighbors": {"ap": 0.4, "full_hits@10": 0.3},
    }
    small.publish(tmp_path, "beaten", metrics={"test": {"ap": 0.5, "full_hits@10": 0.2}, "baselines": won})
    small.publish(tmp_path, "best", metrics={"test": {"ap": 0.95}, "baselines": won})
    with serving(tmp_path) as client:
        beaten, best = (client.get(f"/v1/models/{name}").json() for name in ("beaten", "best"))
    assert beaten["beaten_by"] == ["adamic_adar", "preferential_attachment", "common_neighbors"]
    assert beaten["beaten_on"] == {
        "ap": ["adamic_adar", "preferential_attachment"],
        "full_hits@10": ["common_neighbors"],
    }
    assert beaten["beaten_because"].startswith("Links of this graph close triangles:")
    assert (best["beaten_by"], best["beaten_on"], best["beaten_because"]) == ([], {}, None)


@pytest.mark.parametrize("spec", ["small", "default", "small@{}", "default@{}"])
def test_a_model_has_several_names(client: Client, spec: str) -> None:
    """By name, as `default`, and with its version; X-Model names the model and version."""
    version = client.get("/v1/models").json()["models"][0]["current"]
    response = client.get(f"/v1/models/{spec.format(version)}")
    assert response.json()["version"] == version
    assert response.headers["x-model"] == f"small@{version}"


@pytest.mark.parametrize(
    "spec",
    [
        *("nope", "@", "small@", "small@1", "small@20990101T000000000000Z", "default@1", "SMALL", "small%20"),
        *("%00", "%0A", "a%3Fb%23c", "%F0%9F%98%80", "%FF", "x" * 9999),
    ],
)
def test_any_other_name_is_unknown(client: Client, spec: str) -> None:
    """However odd the name, the answer is a 404."""
    assert_problem(client.get(f"/v1/models/{spec}"), 404, "unknown-model")


@pytest.mark.parametrize(("spec", "close"), [("smal", True), ("Small", True), ("x", False), ("s" * 5_000, False)])
def test_an_unknown_model_is_answered_with_the_names_that_are_close(client: Client, spec: str, close: bool) -> None:
    """A typo gets the name that was meant; any other name gets none, and is cut short."""
    detail = assert_problem(client.get(f"/v1/models/{spec}"), 404, "unknown-model")["detail"]
    assert ("such as small," in detail, len(detail) < 250) == (close, True)


def test_default_of_two_models_is_ambiguous(small: Small, tmp_path: Path) -> None:
    """409 that names both, until the setting decides."""
    small.publish(tmp_path)
    small.publish(tmp_path, "other")
    with serving(tmp_path) as client:
        problem = assert_problem(client.get("/v1/models/default"), 409, "ambiguous-model")
    assert "other, small" in problem["detail"]
    with serving(tmp_path, default_model="other") as client:
        assert client.get("/v1/models/default").json()["model"] == "other"


def test_default_does_not_change_its_meaning_while_a_model_is_broken(small: Small, tmp_path: Path) -> None:
    """A model that can't be loaded counts as one that `default` may mean: 409 before and after it is repaired."""
    small.publish(tmp_path, "whole")
    broken = tmp_path / "broken" / small.publish(tmp_path, "broken") / "nodes.safetensors"
    content = broken.read_bytes()
    broken.write_bytes(b"")
    with serving(tmp_path, poll_seconds=0.05) as client:

        def require_ambiguity() -> None:
            problem = assert_problem(client.get("/v1/models/default"), 409, "ambiguous-model")
            assert ("broken, whole" in problem["detail"], client.get("/v1/models").json()["default"]) == (True, None)

        require_ambiguity()
        broken.write_bytes(content)
        eventually(lambda: len(client.get("/v1/models").json()["models"]) == 2)
        require_ambiguity()


def test_default_of_one_broken_model_is_not_ready(small: Small, tmp_path: Path) -> None:
    """503 with the reason, as under its name."""
    (tmp_path / "small" / small.publish(tmp_path) / "nodes.safetensors").write_bytes(b"")
    with serving(tmp_path) as client:
        details = {
            assert_problem(client.get(f"/v1/models/{name}"), 503, "not-ready")["detail"]
            for name in ("default", "small")
        }
    assert ["nodes.safetensors" in detail for detail in details] == [True]


def test_another_version_answers_when_it_is_requested(small: Small, tmp_path: Path) -> None:
    """`name@version` and `default@version` open what is published; the current version and the list say which are open."""
    old, new = small.publish(tmp_path), small.renewed().publish(tmp_path)
    with serving(tmp_path) as client:
        for name in ("small", "default"):
            response = client.get(f"/v1/models/{name}@{old}/embedding", params={"node": "a"})
            assert response.headers["x-model"] == f"small@{old}"
            assert response.json()["embedding"] == pytest.approx(small.mu[small.ids.index("a")])
        [model] = client.get("/v1/models").json()["models"]
    assert (model["current"], model["versions"]) == (new, [old, new])


def test_the_list_shows_the_published_versions(small: Small, tmp_path: Path) -> None:
    """Versions that nobody has requested yet are listed, oldest first, and a deleted one no longer is."""
    old, middle, new = (small.publish(tmp_path) for _ in range(3))
    with serving(tmp_path, poll_seconds=0.05) as client:

        def published() -> list[str]:
            [model] = client.get("/v1/models").json()["models"]
            assert model["versions"] == [new]
            listed: list[str] = model["published"]
            return listed

        assert published() == [old, middle, new]
        shutil.rmtree(tmp_path / "small" / middle)
        eventually(lambda: published() == [old, new])


def test_a_version_that_many_request_is_read_once(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight requests at once wait for the same reading."""
    old, _ = small.publish(tmp_path), small.publish(tmp_path)
    opens: list[str] = []

    def counting(home: Path, name: str, version: str, *more: Any) -> Checkpoint:
        opens.append(version)
        return open_version(home, name, version, *more)

    with serving(tmp_path) as client, ThreadPoolExecutor(8) as threads:
        monkeypatch.setattr("latentlink.app.services.stores.versions.open_version", counting)
        answers = [threads.submit(client.get, f"/v1/models/small@{old}") for _ in range(8)]
        assert {answer.result().status_code for answer in answers} == {200}
    assert opens == [old]


def test_a_damaged_other_version_is_not_ready(small: Small, tmp_path: Path) -> None:
    """503 that names the file; the current version answers all the same."""
    old, new = small.publish(tmp_path), small.publish(tmp_path)
    (tmp_path / "small" / old / "graph.safetensors").write_bytes(b"")
    with serving(tmp_path) as client:
        problem = assert_problem(client.get(f"/v1/models/small@{old}"), 503, "not-ready")
        assert client.get("/v1/models/small").json()["version"] == new
    assert "graph.safetensors" in problem["detail"]
