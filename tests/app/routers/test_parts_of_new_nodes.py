"""New nodes and explanations of models whose logits are sums of parts, by the formulas with matrices in full."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlink.models.arrays import Float64
from latentlink.models.checkpoint import Checkpoint
from tests.app.trained import N, dense_adjacency
from tests.parts import DENSE_WEIGHT, SPECTRAL, WEIGHTS, bias_columns, publish_parts
from tests.support import Client, assert_problem, serving

KINDS = ("alone", "dense", "weighted", "gcn", "point")
SUMS = ("alone", "dense", "weighted", "point")
LINKED = {"neighbors": ["n0", "n3", "n7"]}


@pytest.fixture(scope="module")
def parted(trained: dict[str, Checkpoint], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Checkpoint]:
    """A model with all parts of each kind, and `links`, which has no dense columns."""
    store = tmp_path_factory.mktemp("parts")
    models = {kind: publish_parts(store, trained[kind], kind) for kind in KINDS}
    return {**models, "links": publish_parts(store, trained["weighted"], "links", dense=False)}


@pytest.fixture(scope="module")
def client(parted: dict[str, Checkpoint]) -> Iterator[Client]:
    """A client of a service of all of them."""
    store: Path = parted["links"].path.parents[1]
    with serving(store, poll_seconds=3600) as client:
        yield client


def _post(client: Client, kind: str, **body: Any) -> Any:
    response = client.post(f"/v1/models/{kind}/unseen", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def _explained(client: Client, kind: str, source: str, target: str, limit: int = 100) -> Any:
    params: dict[str, Any] = {"source": source, "target": target, "limit": limit}
    response = client.get(f"/v1/models/{kind}/explanation", params=params)
    assert response.status_code == 200, response.text
    return response.json()


def _adjacency(checkpoint: Checkpoint, links: list[tuple[int, int]], more: int = 1) -> Float64:
    """The unweighted A of the graph with new nodes and links."""
    adjacency = np.pad((dense_adjacency(checkpoint) > 0).astype(float), (0, more))
    for one, other in links:
        adjacency[one, other] = adjacency[other, one] = 1
    return adjacency


def _columns(checkpoint: Checkpoint, adjacency: Float64, node: int) -> Float64:
    """Spectral and bias columns of a new node: its row of the normalized matrix times the known nodes' columns."""
    dense, degrees = checkpoint.manifest.dense, adjacency.sum(axis=1)
    loops, shift = WEIGHTS["spectral.loops"][0], WEIGHTS["spectral.shift"][0]
    scale = 1 / np.sqrt(degrees + shift + loops)
    row = (scale[:, None] * (adjacency + loops * np.eye(len(adjacency))) * scale)[node, :N]
    spectral = WEIGHTS["spectral.scale"] * (row @ checkpoint.mu[:, dense : dense + SPECTRAL])
    return np.concatenate([spectral, bias_columns(degrees[node : node + 1])[0]])


@pytest.mark.parametrize("kind", [*KINDS, "links"])
def test_a_new_node_has_all_columns(client: Client, parted: dict[str, Checkpoint], trained: Any, kind: str) -> None:
    """Those of the encoder, as without parts, then spectral ones and the bias by its three links."""
    checkpoint, answer = parted[kind], _post(client, kind, **LINKED, targets=["n9"])
    adjacency = _adjacency(checkpoint, [(N, 0), (N, 3), (N, 7)])
    dense = checkpoint.manifest.dense
    np.testing.assert_allclose(answer["embedding"][dense:], _columns(checkpoint, adjacency, N), rtol=1e-5, atol=1e-6)
    assert len(answer["embedding"]) == answer["dim"] == dense + SPECTRAL + 2
    if kind != "links":
        with serving(trained[kind].path.parents[1], poll_seconds=3600) as whole:
            assert _post(whole, kind, **LINKED)["embedding"] == answer["embedding"][:dense]


@pytest.mark.parametrize("kind", [*KINDS, "links"])
def test_the_logits_of_a_new_node_have_all_parts(client: Client, parted: dict[str, Checkpoint], kind: str) -> None:
    """Weighted products, and shared links by the degrees that count the new ones; targets and neighbours agree."""
    checkpoint = parted[kind]
    ids = [f"n{row}" for row in range(N)]
    answer = _post(client, kind, **LINKED, targets=ids, k=N, known=True)
    adjacency, weights = _adjacency(checkpoint, [(N, 0), (N, 3), (N, 7)]), checkpoint.column_weights
    degrees = np.maximum(adjacency.sum(axis=1), 2)
    a, b, c = WEIGHTS["shared_links.weight"]
    shared = (adjacency[N] * (a + b / np.log(degrees) + c / degrees) @ adjacency)[:N]
    expected = checkpoint.mu @ (np.array(answer["embedding"]) * weights) + shared
    np.testing.assert_allclose(answer["logit"], expected, rtol=1e-5, atol=1e-5)
    found = {entry["node"]: entry["logit"] for entry in answer["neighbors"]}
    assert found == dict(zip(ids, answer["logit"], strict=True))


def test_links_between_new_nodes_count_in_their_degrees(client: Client, parted: dict[str, Checkpoint]) -> None:
    """A spectral column sums over known nodes alone."""
    new = [{"id": "x", "neighbors": ["n0", "n3"]}, {"id": "y", "neighbors": ["n7"]}]
    answer = _post(client, "links", strangers=new, links=[["x", "y"]])
    adjacency = _adjacency(parted["links"], [(N, 0), (N, 3), (N + 1, 7), (N, N + 1)], more=2)
    for at, result in enumerate(answer["results"]):
        expected = _columns(parted["links"], adjacency, N + at)
        np.testing.assert_allclose(result["embedding"], expected, rtol=1e-5, atol=1e-6)
        assert not result["approximate"]


@pytest.mark.parametrize("kind", [*KINDS, "links"])
def test_the_parts_of_an_explanation_are_the_logit(client: Client, parted: dict[str, Checkpoint], kind: str) -> None:
    """For a pair with common neighbours; each of these has a share, and the sides add up to the dense part."""
    explanation = _explained(client, kind, "n1", "n2")
    parts, common = explanation["parts"], explanation["common_neighbors"]
    assert sum(parts.values()) == pytest.approx(explanation["logit"], abs=1e-9)
    assert list(parts) == (["dense"] if kind != "links" else []) + ["spectral", "bias", "shared_links"]
    assert common["count"] > 0
    assert sum(common["contributions"]) + common["rest"] == pytest.approx(parts["shared_links"])
    degrees = [len(parted[kind].graph.neighbors(parted[kind].nodes.row(node))) for node in common["nodes"]]
    a, b, c = WEIGHTS["shared_links.weight"].tolist()
    assert common["contributions"] == pytest.approx([a + b / np.log(k) + c / k for k in degrees])
    z, weights, dense = parted[kind].mu.astype(float), parted[kind].column_weights, parted[kind].manifest.dense
    assert weights is not None
    products = z[1] * weights * z[2]
    assert [parts["spectral"], parts["bias"]] == pytest.approx(
        [products[dense : dense + SPECTRAL].sum(), products[dense + SPECTRAL :].sum()]
    )
    assert len(explanation["sides"]) == (0 if kind == "links" else 2)
    for side in explanation["sides"] if kind in SUMS else ():
        others = sum(other["contribution"] for other in side["others"])
        assert side["self"]["contribution"] + others + side["rest"] == pytest.approx(parts["dense"], abs=1e-5)
    assert not common["rest"]


@pytest.mark.parametrize("kind", [*SUMS, "links"])
def test_the_parts_of_a_new_node_are_its_logit(client: Client, kind: str) -> None:
    """Of the degrees that count its links, too."""
    answer = _post(client, kind, **LINKED, targets=["n1", "n2"], include=["explanation"], limit=100)
    for logit, explanation in zip(answer["logit"], answer["explanation"], strict=True):
        assert sum(explanation["parts"].values()) == pytest.approx(logit, abs=1e-9)
        common = explanation["common_neighbors"]
        assert sum(common["contributions"]) == pytest.approx(explanation["parts"]["shared_links"])
        for side in explanation["sides"]:
            others = sum(other["contribution"] for other in side["others"])
            total = side["self"]["contribution"] + others + side["rest"]
            assert total == pytest.approx(explanation["parts"]["dense"], abs=1e-5)


def test_leave_one_out_takes_from_the_whole_logit(client: Client) -> None:
    """Without one link the dense part falls by its contribution; the probability is that of all parts."""
    explanation = _explained(client, "gcn", "n1", "n2", limit=1)
    for side in explanation["sides"]:
        [left_out] = side["others"]
        logits = np.array([explanation["logit"], explanation["logit"] - left_out["contribution"]])
        before, after = 1 / (1 + np.exp(-logits))
        assert side["fidelity"] == pytest.approx(before - after, abs=1e-6)


def test_an_interval_lies_around_the_whole_logit(client: Client, trained: Any) -> None:
    """Its width is that of the dense columns alone, times their weight."""
    params = {"source": "n1", "target": "n2", "interval": "0.9"}
    found = client.get("/v1/models/dense/score", params=params).json()
    low, high = found["interval"]["logit"]
    assert (low + high) / 2 == pytest.approx(found["logit"])
    with serving(trained["dense"].path.parents[1], poll_seconds=3600) as whole:
        expected = whole.get("/v1/models/dense/score", params=params).json()["interval"]["logit"]
    assert high - low == pytest.approx(DENSE_WEIGHT * (expected[1] - expected[0]))
    new = _post(client, "dense", **LINKED, targets=["n9"], interval=0.9)
    assert sum(new["interval"][0]["logit"]) / 2 == pytest.approx(new["logit"][0])


def test_without_dense_columns_there_is_no_interval(client: Client) -> None:
    """409 with the reason."""
    params = {"source": "n1", "target": "n2", "interval": "0.9"}
    problem = assert_problem(client.get("/v1/models/links/score", params=params), 409, "unsupported-by-model")
    assert "validation left them out" in problem["detail"]
