"""Routes of models whose logits are sums of parts."""

import io
import json
from collections.abc import Iterator
from typing import Any

import arro3.io
import numpy as np
import pytest

from latentlink.app.http.computed import answer_with_all
from latentlink.app.routers import embeddings
from latentlink.models.checkpoint import Checkpoint, open_checkpoint
from tests.app.readers import ARROW, NDJSON
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
    monkeypatch.setattr("latentlink.app.services.search.costs._SHARED", 10**12)
    monkeypatch.setattr("latentlink.app.services.scorer._LOOKED_UP_LINK", 10**12)
    response = client.request(method, f"{URL}{path}", **options)
    assert wrong_fields(response) == [field]
    assert "LATENTLINK_MAX_WORK" in assert_problem(response, 422, "invalid-request")["errors"][0]["expected"]


def _rebuilt(sources: dict[str, Any], targets: dict[str, Any], i: int, j: int) -> float:
    """A logit from fetched vectors alone: one inner product of dense and one of sparse vectors."""
    shared = sources["shared_links"][i].keys() & targets["shared_links"][j].keys()
    sparse = sum(sources["shared_links"][i][u] * targets["shared_links"][j][u] for u in shared)
    return float(np.dot(sources["embeddings"][i], targets["embeddings"][j]) + sparse)


def test_every_logit_can_be_rebuilt_from_fetched_vectors(client: Client, checkpoint: Checkpoint) -> None:
    """Of source vectors, target vectors and their sparse parts; `leaves_out` names what these would lack without."""
    sources, targets = (_get(client, "/embeddings", role=role, parts="all") for role in ("source", "target"))
    n = len(checkpoint.mu)
    i, j = np.divmod(np.arange(n * n), n)
    found = [_rebuilt(sources, targets, *pair) for pair in zip(i.tolist(), j.tolist(), strict=True)]
    np.testing.assert_allclose(found, checkpoint.decoder.pairs(i, j), rtol=1e-5, atol=1e-5)
    assert "leaves_out" not in targets
    assert _get(client, "/embeddings")["leaves_out"] == ["shared_links"]


def test_all_formats_have_the_same_sparse_parts(client: Client) -> None:
    """One node's, some nodes' with an unknown one, and all nodes', in JSON, by line and as Arrow."""
    whole = _get(client, "/embeddings", parts="all", role="source")
    one = _get(client, "/embedding", node=whole["nodes"][3], parts="all", role="source")
    assert (one["embedding"], one["shared_links"]) == (whole["embeddings"][3], whole["shared_links"][3])
    body = {
        "nodes": [whole["nodes"][3], "?", whole["nodes"][0]],
        "on_unknown": "null",
        "parts": "all",
        "role": "source",
    }
    expected = [whole["shared_links"][3], None, whole["shared_links"][0]]
    assert client.post(f"{URL}/embeddings", json=body).json()["shared_links"] == expected
    lines = client.post(f"{URL}/embeddings", json=body, headers={"Accept": NDJSON}).content.splitlines()
    assert [json.loads(line)["shared_links"] for line in lines] == expected
    content = client.post(f"{URL}/embeddings", json=body, headers={"Accept": ARROW}).content
    column = arro3.io.read_ipc_stream(io.BytesIO(content)).read_all().column("shared_links").to_pylist()
    found = [None if entries is None else {e["node"]: e["weight"] for e in entries} for entries in column]
    assert found == expected


def test_a_model_without_shared_links_leaves_out_nothing(client: Client) -> None:
    """Its source vectors are its target vectors, and its sparse parts are empty."""
    url = "/v1/models/small/embedding"
    plain = client.get(url, params={"node": "a"}).json()
    assert client.get(url, params={"node": "a", "role": "source"}).json() == plain
    assert client.get(url, params={"node": "a", "parts": "all"}).json() == {**plain, "shared_links": {}}


def test_sparse_parts_of_all_nodes_are_work_only_where_there_are_some(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model without shared links answers parts=all as it answers without."""
    counted: list[int] = []

    def counting(request: Any, state: Any, parts: Any, work: int, media: str) -> Any:
        counted.append(work)
        return answer_with_all(request, state, parts, work, media)

    monkeypatch.setattr(embeddings, "answer_with_all", counting)
    for model in ("small", "parts"):
        for parts in ("dense", "all"):
            assert client.get(f"/v1/models/{model}/embeddings", params={"parts": parts}).status_code == 200
    assert counted[0] == counted[1]
    assert counted[2] < counted[3]


@pytest.mark.parametrize(("method", "path"), [("GET", "/embedding"), ("POST", "/embeddings")])
def test_sparse_parts_have_a_bound(checkpoint: Checkpoint, method: str, path: str) -> None:
    """More known links than results are refused, with both numbers."""
    with serving(checkpoint.path.parents[1], poll_seconds=3600, max_results=1) as client:
        options: dict[str, Any] = {"params": {"node": "0", "parts": "all"}}
        if method == "POST":
            options = {"json": {"nodes": ["0"], "parts": "all"}}
        [error] = assert_problem(client.request(method, f"{URL}{path}", **options), 422, "invalid-request")["errors"]
    assert error["field"] == "parts"
    assert error["expected"].startswith("at most 1 ")
    assert error["found"] == str(len(checkpoint.graph.neighbors(0)))


def test_a_model_shows_its_parts(client: Client) -> None:
    """As the manifest has them; one whose columns are all dense shows none."""
    expected = {"dense": 8, "spectral": 3, "bias": 2, "shared_links": True}
    assert _get(client, "")["parts"] == expected
    assert "parts" not in client.get("/v1/models/small").json()
