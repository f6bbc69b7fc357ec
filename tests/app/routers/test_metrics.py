"""Numbers for Prometheus over HTTP."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from latentlink.app.services.search.directed import Search
from latentlink.models.graph.graph import adjacency
from latentlink.models.inference.ivf import make_index
from latentlink.models.inference.link_decoder import LinkDecoder
from tests.app.oracle import logit, sigma
from tests.support import RELIABILITY, Client, Small, assert_problem, eventually, serving

Numbers = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def numbers(client: Client, **options: Any) -> Numbers:
    """Every sample by its name and labels, as Prometheus reads them."""
    response = client.get("/metrics", **options)
    assert response.headers["content-type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(response.text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def of(found: Numbers, name: str, **labels: str) -> float | None:
    """One sample, if it is there."""
    return found.get((f"latentlink_{name}", frozenset(labels.items())))


def test_requests_are_counted_by_route_and_status(checkpoints: Path) -> None:
    """Templates, not paths; each status on its own, also by model; and a time for each."""
    with serving(checkpoints) as client:
        for node in ("a", "b", "nope"):
            client.get("/v1/models/default/embedding", params={"node": node})
        found = numbers(client)
    labels = {"method": "GET", "route": "/v1/models/{model}/embedding"}
    counts = [of(found, "request_seconds_count", **labels, status=status) for status in ("200", "404")]
    assert counts == [2, 1]
    assert of(found, "model_request_seconds_count", model="small", status="200") == 2
    assert 0 < (of(found, "request_seconds_sum", **labels, status="200") or 0) < 10


def test_answers_of_a_model_that_can_not_be_loaded_are_counted(small: Small, tmp_path: Path) -> None:
    """503 by its name, which the store knows; names that it does not know are no labels."""
    small.publish(tmp_path)
    (tmp_path / "broken" / small.publish(tmp_path, "broken") / "graph.safetensors").write_bytes(b"")
    with serving(tmp_path) as client:
        for name in ("broken", "broken", "nope"):
            client.get(f"/v1/models/{name}/embedding", params={"node": "a"})
        found = numbers(client)
    assert of(found, "model_request_seconds_count", model="broken", status="503") == 2
    assert not any(("model", "nope") in labels for _, labels in found)


def test_strange_methods_are_one(checkpoints: Path) -> None:
    """A client can't fill the memory with labels."""
    with serving(checkpoints) as client:
        for number in range(3):
            client.request(f"ODD{number}", f"/{number}")
        found = numbers(client)
    assert of(found, "request_seconds_count", method="other", route="none", status="404") == 3


def test_the_request_itself_is_in_work(client: Client) -> None:
    """One request is in work while the numbers are read: this one."""
    assert of(numbers(client), "requests_in_flight") == 1


def test_the_served_version_is_reported(small: Small, tmp_path: Path) -> None:
    """Name and version as labels; after a swap the new one alone."""
    old = small.publish(tmp_path)
    with serving(tmp_path, poll_seconds=0.01) as client:
        assert of(numbers(client), "model_info", model="small", version=old) == 1
        new = small.renewed().publish(tmp_path)
        eventually(lambda: of(numbers(client), "model_info", model="small", version=new) == 1)
        found = numbers(client)
    assert of(found, "model_info", model="small", version=old) is None
    assert of(found, "model_degraded", model="small") == 0


def test_the_size_and_the_age_of_a_model_are_those_of_its_manifest(small: Small, tmp_path: Path) -> None:
    """Nodes, links, bytes on disk beside the manifest's own files, and the moment of publication."""
    version = small.publish(tmp_path)
    with serving(tmp_path) as client:
        found = numbers(client)
    folder = tmp_path / "small" / version
    manifest = json.loads((folder / "manifest.json").read_text())
    files = [folder / name for name in manifest["files"]]
    assert of(found, "model_nodes", model="small") == len(small.ids)
    assert of(found, "model_edges", model="small") == len(small.edges)
    assert of(found, "model_file_bytes", model="small") == sum(file.stat().st_size for file in files)
    published = datetime.fromisoformat(manifest["created_at"]).timestamp()
    assert of(found, "model_published_timestamp_seconds", model="small") == pytest.approx(published, abs=1e-3)


def test_unknown_ids_are_counted_whether_refused_or_null(checkpoints: Path) -> None:
    """Two of a refused request and one of an answered one; another version counts for its model."""
    with serving(checkpoints) as client:
        client.get("/v1/models/small/score", params={"source": "nope", "target": "none"})
        client.post("/v1/models/small/neighbors", json={"nodes": ["a", "nope"], "on_unknown": "null"})
        client.get("/v1/models/nope/score", params={"source": "a", "target": "b"})
        found = numbers(client)
    assert {labels: value for (name, labels), value in found.items() if "unknown_ids" in name} == {
        frozenset({("model", "small")}): 3
    }


def test_searches_are_counted_by_whether_they_were_exact(
    checkpoints: Path, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One list from an index, and three that scan every node: of two nodes in one body, and of a new node."""
    index, _ = make_index(LinkDecoder(small.mu), adjacency(60, small.edges), np.random.default_rng(0))
    with serving(checkpoints) as client:
        model = client.app.state.service.store.get("small")  # type: ignore[attr-defined]
        indexed = Search.of(replace(model.checkpoint, index=index._replace(probes=4)), "out")
        monkeypatch.setitem(model.searches, "out", indexed)
        client.get("/v1/models/small/neighbors?node=n40&k=3")
        client.post("/v1/models/small/neighbors", json={"nodes": ["a", "b"], "k": 3, "exact": True})
        client.post("/v1/models/small/unseen", json={"neighbors": ["a"], "k": 3, "exact": True})
        found = numbers(client)
    counted = {exact: of(found, "model_searches_total", model="small", exact=exact) for exact in ("true", "false")}
    assert counted == {"true": 3, "false": 1}


@pytest.mark.skipif(not Path("/proc").exists(), reason="the numbers of a process come from /proc")
def test_each_family_stands_once_with_the_process_among_them(client: Client) -> None:
    """No `# TYPE` twice; CPU, memory and descriptors under the names that every Prometheus client uses."""
    families = [line.split()[2] for line in client.get("/metrics").text.splitlines() if line.startswith("# TYPE")]
    assert len(families) == len(set(families))
    assert {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"} <= set(families)


def test_scores_are_counted_by_tenth(checkpoints: Path, small: Small) -> None:
    """Of one pair and of many, pairs of unknown nodes left out; all tenths are there once one is, and lists count nothing."""
    singles = [(3, row) for row in range(40, 48)]
    pairs = [*singles, *((0, row) for row in range(1, 40))]
    probabilities = [sigma(logit(small.mu, i, j)) for i, j in pairs]
    with serving(checkpoints) as client:
        for one, other in singles:
            client.get("/v1/models/small/score", params={"source": small.ids[one], "target": small.ids[other]})
        ids = [[small.ids[0], small.ids[row]] for row in range(1, 40)]
        client.post("/v1/models/small/scores", json={"pairs": [*ids, ["a", "nope"]], "on_unknown": "null"})
        client.get("/v1/models/small/neighbors", params={"node": "a"})
        found = numbers(client)
    counted = [of(found, "model_scores_total", model="small", bin=f"0.{tenth}") for tenth in range(10)]
    assert counted == np.histogram(probabilities, 10, (0, 1))[0].tolist()


def test_scores_of_the_test_are_there_by_tenth(small: Small, tmp_path: Path) -> None:
    """From the bins of the calibration: their weights, divided among links and non-links by the observed share."""
    weight, observed = [0.5, 0.0, 0.1, *[0.0] * 6, 0.4], [0.1, None, 0.5, *[None] * 6, 1.0]
    before = {"ece": 0.0, "brier": 0.0, "predicted": observed, "observed": observed, "weight": weight}
    balanced = {**RELIABILITY["balanced"], "before": before}
    knots = {"logit": [0.0], "log_odds": [0.0]}
    small.publish(tmp_path, calibration={**RELIABILITY, "balanced": balanced, "knots": knots, "prior": 0.01})
    with serving(tmp_path) as client:
        found = numbers(client)
    shares = {
        linked: [of(found, "model_reference_scores", model="small", bin=f"0.{i}", linked=linked) for i in range(10)]
        for linked in ("true", "false")
    }
    assert shares["true"] == pytest.approx([0.1, 0, 0.1, *[0] * 6, 0.8])
    assert shares["false"] == pytest.approx([0.9, 0, 0.1, *[0] * 7])


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("text/plain;q=0.6,application/openmetrics-text;q=0.5", "text/plain"),
        ("application/openmetrics-text;q=0", "text/plain"),
        ("application/openmetrics-textual", "text/plain"),
        ("application/json", "text/plain"),
        ("*/*", "text/plain"),
        ("Application/OpenMetrics-Text", "application/openmetrics-text"),
    ],
)
def test_the_format_that_a_client_prefers_is_answered(client: Client, accept: str, media: str) -> None:
    """By the qualities and whole names in `Accept`; plain text to those that take neither."""
    answer = client.get("/metrics", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, media)


def test_openmetrics_is_answered_to_those_that_take_it(client: Client) -> None:
    """As Prometheus asks for it; its own reader takes the answer."""
    accept = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    client.get("/v1/models/small/score?source=a&target=b")
    answer = client.get("/metrics", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    families = {one.name for one in openmetrics.text_string_to_metric_families(answer.text)}  # type: ignore[no-untyped-call]
    assert {"latentlink_request_seconds", "latentlink_model_scores", "process_cpu_seconds"} <= families


def test_a_failed_swap_is_counted_once(small: Small, tmp_path: Path) -> None:
    """One bad version is one failure however often the store looks, and the model is degraded meanwhile."""
    small.publish(tmp_path)
    with serving(tmp_path, poll_seconds=0.01) as client:
        (tmp_path / "small" / "CURRENT").write_text("20990101T000000000000Z")
        eventually(lambda: of(numbers(client), "model_degraded", model="small") == 1)
        for _ in range(20):
            client.get("/healthz")
        assert of(numbers(client), "swap_failures_total", model="small") == 1


@pytest.mark.parametrize("metrics_open", [False, True])
def test_a_setting_opens_the_metrics(checkpoints: Path, metrics_open: bool) -> None:
    """With keys they require one, unless the operator says otherwise."""
    with serving(checkpoints, api_keys="user-key", metrics_open=metrics_open) as client:
        if not metrics_open:
            assert_problem(client.get("/metrics"), 401, "authentication-required")
        assert numbers(client, headers={} if metrics_open else {"Authorization": "Bearer user-key"})
