"""Many models over HTTP, some of them broken."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from latentlink.models.checkpoint import Checkpoint
from latentlink.models.checkpoint.publish import write_manifest
from latentlink.models.checkpoint.store import open_version
from tests.app.routers.test_metrics import numbers, of
from tests.support import Client, Small, assert_problem, serving, wrong_fields

NAMES = [f"m{number:02}" for number in range(30)]


def _changed(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


# Each breaks the version in a directory; the words are of the reason.
WAYS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "m03": ("graph.safetensors", lambda home: (home / "graph.safetensors").unlink()),
    "m07": ("bytes", lambda home: os.truncate(home / "embeddings.safetensors", 100)),
    "m11": ("expected sha256", lambda home: _changed(home / "embeddings.safetensors")),
    "m15": ("manifest.json", lambda home: (home / "manifest.json").write_text("{")),
    "m19": ("20990101T000000000000Z", lambda home: (home.parent / "CURRENT").write_text("20990101T000000000000Z")),
    "m23": ("format_version", lambda home: write_manifest(home, {"format_version": 3})),
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, small: Small) -> Path:
    """Thirty models, one broken in each of six ways."""
    store = tmp_path_factory.mktemp("fleet")
    for name in NAMES:
        version = small.publish(store, name)
        if name in WAYS:
            WAYS[name][1](store / name / version)
    return store


@pytest.fixture(scope="module", params=[100, 8], ids=["eager", "lazy"])
def asked(request: pytest.FixtureRequest, fleet: Path) -> Iterator[tuple[Client, dict[str, int]]]:
    """A client of the service of them, with all open or eight, and the status of a request to each."""
    with serving(fleet, max_open_models=request.param) as client:
        assert client.get("/readyz").status_code == 200
        yield client, {name: client.get(_score(name)).status_code for name in NAMES}


def _score(name: str) -> str:
    return f"/v1/models/{name}/score?source=a&target=b"


def test_one_broken_model_stops_no_other(asked: tuple[Client, dict[str, int]]) -> None:
    """Each of the others answers; the broken ones say that they can't, but for the one of which a whole version is left."""
    left = {name for name in WAYS if name != "m19"}
    assert asked[1] == {name: 503 if name in left else 200 for name in NAMES}


def test_readiness_names_each_broken_model(asked: tuple[Client, dict[str, int]]) -> None:
    """With 200 and what is wrong with it."""
    response = asked[0].get("/readyz")
    degraded = response.json()["degraded"]
    assert (response.status_code, list(degraded)) == (200, sorted(WAYS))
    assert {name: word in degraded[name] for name, (word, _) in WAYS.items()} == dict.fromkeys(WAYS, True)


def test_the_list_comes_in_pages(asked: tuple[Client, dict[str, int]]) -> None:
    """All pages together are the whole list, in order, without opening a model; the last one names no next."""
    client, _ = asked
    whole = client.get("/v1/models").json()
    pages: list[dict[str, Any]] = [client.get("/v1/models", params={"limit": 10}).json()]
    while "next" in pages[-1]:
        pages.append(client.get("/v1/models", params={"limit": 10, "after": pages[-1]["next"]}).json())
    assert [model["name"] for page in pages for model in page["models"]] == [m["name"] for m in whole["models"]]
    assert ([len(page["models"]) for page in pages], "next" in whole) == ([10, 10, 5], False)
    assert [page["degraded"] for page in pages] == [whole["degraded"]] * 3


@pytest.mark.parametrize("limit", ["0", "1001", "x", "1.5"])
def test_a_page_has_a_size(client: Client, limit: str) -> None:
    """From 1 to 1,000."""
    assert wrong_fields(client.get("/v1/models", params={"limit": limit})) == ["limit"]


def test_models_that_nobody_requests_stay_closed(small: Small, tmp_path: Path) -> None:
    """Probes, the list and the metrics open none; a request opens one, and a third one closes the first."""
    for name in NAMES[:3]:
        small.publish(tmp_path, name)
    with serving(tmp_path, max_open_models=2) as client:
        for path in ("/readyz", "/v1/models", "/v1/models?limit=1", "/metrics"):
            assert client.get(path).status_code == 200
        assert [of(numbers(client), "model_open_bytes", model=name) for name in NAMES[:3]] == [0, 0, 0]
        for name in NAMES[:3]:
            assert client.get(_score(name)).status_code == 200
        found, models = numbers(client), client.get("/v1/models").json()["models"]
    size = of(found, "model_file_bytes", model="m01")
    assert [of(found, "model_open_bytes", model=name) for name in NAMES[:3]] == [0, size, size]
    assert [of(found, "model_openings_total", model=name) for name in NAMES[:3]] == [1, 1, 1]
    assert [of(found, "model_closings_total", model=name) for name in NAMES[:3]] == [1, None, None]
    assert of(found, "opening_seconds_count") == 3
    assert [len(model["versions"]) for model in models] == [0, 1, 1]


def test_requests_for_a_closed_model_wait_for_one_opening(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight at once, and each is answered."""
    for name in NAMES[:2]:
        small.publish(tmp_path, name)
    opens: list[str] = []

    def counting(home: Path, name: str, version: str, *more: Any) -> Checkpoint:
        opens.append(name)
        return open_version(home, name, version, *more)

    monkeypatch.setattr("latentlink.app.services.stores.versions.open_version", counting)
    with serving(tmp_path, max_open_models=1) as client, ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(client.get, _score("m01")) for _ in range(8)]
        assert {answer.result().status_code for answer in answers} == {200}
    assert opens == ["m01"]


def test_many_names_for_default_are_cut_short(fleet: Path) -> None:
    """The first twenty are named."""
    with serving(fleet, max_open_models=1) as client:
        problem = assert_problem(client.get("/v1/models/default"), 409, "ambiguous-model")
    assert problem["detail"].endswith("m19 and 10 more")
