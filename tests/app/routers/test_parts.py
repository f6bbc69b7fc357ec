"""Routes of models whose logits are sums of parts."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from latentlink.models.checkpoint import Checkpoint, open_checkpoint
from tests.parts import publish_parts
from tests.support import Client, Small, assert_problem, serving, wrong_fields

URL = "/v1/models/parts"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, small: Small) -> Checkpoint:
    """The small checkpoint with parts."""
    store = tmp_path_factory.mktemp("parts")
    return publish_parts(store, open_checkpoint(store / "small" / small.publish(store)), "parts")


@pytest.fixture(scope="module")
def client(checkpoint: Checkpoint) -> Iterator[Client]:
    """A client of a service of it."""
    with serving(checkpoint.path.parents[1], poll_seconds=3600) as client:
        yield client


def _get(client: Client, path: str, **params: Any) -> Any:
    response = client.get(f"{URL}{path}", params=params)
    assert response.status_code == 200, response.text
    return response.json()


def test_every_route_gives_the_same_logit(client: Client, checkpoint: Checkpoint) -> None:
    """To the bit: of one pair, of many, and of neighbours with and without candidates."""
    ids = checkpoint.nodes.ids(range(30))
    others = np.arange(1, 30)
    expected = checkpoint.decoder.pairs(np.zeros(29, np.int64), others).tolist()
    pairs = [[ids[0], other] for other in ids[1:]]
    assert client.post(f"{URL}/scores", json={"pairs": pairs}).json()["logit"] == expected
    assert [_get(client, "/score", source=ids[0], target=other)["logit"] for other in ids[1:]] == expected
    assert [_get(client, "/score", source=other, target=ids[0])["logit"] for other in ids[1:]] == expected
    logits = dict(zip(ids[1:], expected, strict=True))
    for body in ({}, {"candidates": ids[1:]}):
        answer = client.post(f"{URL}/neighbors", json={"nodes": [ids[0]], "k": 59, "known": True, **body}).json()
        found = {entry["node"]: entry["logit"] for entry in answer["results"][0]["neighbors"]}
        assert {node: found[node] for node in ids[1:]} == logits


@pytest.mark.parametrize(
    ("method", "path", "options", "field"),
    [
        ("GET", "/neighbors", {"params": {"node": "0"}}, "node"),
        ("GET", "/score", {"params": {"source": "0", "target": "a"}}, "source"),
        ("POST", "/neighbors", {"json": {"nodes": ["0"]}}, "nodes"),
        ("POST", "/scores", {"json": {"pairs": [["0", "a"]]}}, "pairs"),
        ("POST", "/unseen", {"json": {"neighbors": ["0"], "targets": ["a"]}}, "targets"),
        ("POST", "/unseen", {"json": {"neighbors": ["0"], "k": 1}}, "k"),
    ],
)
def test_shared_links_of_hubs_are_counted_as_work(
    client: Client, monkeypatch: pytest.MonkeyPatch, method: str, path: str, options: dict[str, Any], field: str
) -> None:
    """More of them than the service may work on are refused with 422 before any is read."""
    monkeypatch.setattr("latentlink.app.services.search.searcher._SHARED", 10**12)
    monkeypatch.setattr("latentlink.app.services.scorer._LOOKED_UP_LINK", 10**12)
    response = client.request(method, f"{URL}{path}", **options)
    assert wrong_fields(response) == [field]
    assert "LATENTLINK_MAX_WORK" in assert_problem(response, 422, "invalid-request")["errors"][0]["expected"]
