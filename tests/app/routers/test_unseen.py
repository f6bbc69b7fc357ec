"""Strangers over HTTP, beside a graph and a table that have them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.checkpoint import Checkpoint
from models.columns import Column
from models.scoring import Float64, sigmoid
from tests.app.trained import N, dense_adjacency, dense_features, propagation, publish_trained
from tests.support import Client, assert_problem, serving

MODELS = {"table": "dense", "numbers": "linear", "gcn": "gcn", "rows": "sparse, with rows", "alone": "rows alone"}
ROME = {"age": 52.5, "city": "Rome"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the models are."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def checkpoints(store: Path) -> dict[str, Checkpoint]:
    """Of each kind one, and one without its features."""
    publish_trained(store, "dense", "bare", store_features=False)
    return {name: publish_trained(store, kind, name) for name, kind in MODELS.items()}


@pytest.fixture(scope="module")
def served(store: Path, checkpoints: dict[str, Checkpoint]) -> Iterator[Client]:
    """A client of a service of all of them."""
    assert checkpoints
    with serving(store, poll_seconds=3600) as client:
        yield client


def _ask(served: Client, model: str, **body: Any) -> Any:
    response = served.post(f"/v1/models/{model}/unseen", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def _grown(checkpoint: Checkpoint, x: Float64, links: dict[int, float]) -> Float64:
    """z of node N by the formula, with matrices in full, of the graph that has it."""
    adjacency = np.pad(dense_adjacency(checkpoint), (0, 1))
    for node, weight in links.items():
        adjacency[node, N] = adjacency[N, node] = weight
    a_hat, config, weights = propagation(adjacency), checkpoint.manifest.config, checkpoint.weights
    features, kind = np.concatenate([dense_features(checkpoint), x[None]]), checkpoint.manifest.encoder
    if kind == "gcn":
        return np.asarray(
            (a_hat @ np.maximum(a_hat @ features @ weights["gcn.hidden.weight"], 0))[N] @ weights["gcn.mu.weight"]
        )
    hidden = features @ weights[f"{kind}.features.weight"]
    if kind == "linear":
        return np.asarray((np.linalg.matrix_power(a_hat, config["hops"]) @ hidden)[N])
    blocks = np.array_split(hidden, config["hops"] + 1, axis=1)
    lengths = weights["normalized.scale"] / np.sqrt(len(blocks))
    rows = [s * u / np.linalg.norm(u, axis=1, keepdims=True) for s, u in zip(lengths, blocks, strict=True)]
    return np.concatenate([(np.linalg.matrix_power(a_hat, hops) @ h)[N] for hops, h in enumerate(rows)])


@pytest.mark.parametrize("links", [{}, {0: 1.0, 5: 1.0, 12: 1.0}, {3: 0.5, 4: 2.0}])
@pytest.mark.parametrize("model", ["table", "numbers", "gcn"])
def test_a_stranger_has_the_vector_of_the_grown_graph(
    served: Client, checkpoints: dict[str, Checkpoint], model: str, links: dict[int, float]
) -> None:
    """From raw columns or encoded numbers, with any links and weights, and says that it is exact."""
    checkpoint = checkpoints[model]
    if model == "table":
        assert checkpoint.preprocessing is not None
        table: dict[str, Column] = {"age": np.array([52.5]), "city": ["Rome"]}
        features, x = ROME, np.asarray(checkpoint.preprocessing.transform(table), np.float64)[0]
    else:
        features, x = [1.0, 0.0, 2.0] * 4, np.array([1.0, 0.0, 2.0] * 4)  # type: ignore[assignment]
    neighbors, weights = [f"n{row}" for row in links], list(links.values())
    answer = _ask(served, model, features=features, neighbors=neighbors, weights=weights)
    assert (answer["approximate"], answer["dim"]) == (False, len(answer["embedding"]))
    np.testing.assert_allclose(answer["embedding"], _grown(checkpoint, x, links), atol=1e-5)


@pytest.mark.parametrize("model", ["table", "alone"])
def test_scores_and_neighbours_are_those_of_the_vector(
    served: Client, checkpoints: dict[str, Checkpoint], model: str
) -> None:
    """σ(zᵀzⱼ) with the stored vectors; the links that are given are not among the answers unless asked for."""
    body = {"neighbors": ["n0", "n5"], "targets": ["n1", "n2", "n0"], "k": 4}
    answer = _ask(served, model, **body)
    logits = checkpoints[model].mu.astype(np.float64) @ np.array(answer["embedding"])
    np.testing.assert_allclose(answer["logit"], logits[[1, 2, 0]], atol=1e-6)
    np.testing.assert_allclose(answer["probability"], sigmoid(logits[[1, 2, 0]]), atol=1e-6)
    ranked = np.argsort(-logits, kind="stable").tolist()
    best = [f"n{row}" for row in ranked if row not in (0, 5)]
    assert [n["node"] for n in answer["neighbors"]] == best[:4]
    whole = _ask(served, model, **body | {"known": True, "k": N})["neighbors"]
    assert [n["node"] for n in whole] == [f"n{row}" for row in ranked]
    assert {n["node"] for n in whole if n["known"]} == {"n0", "n5"}
    narrow = {"candidates": ["n0", best[1], best[3]], "exclude": [best[1]]}
    assert [n["node"] for n in _ask(served, model, **body | narrow)["neighbors"]] == [best[3]]


@pytest.mark.parametrize(
    ("model", "features"), [("rows", [1.0] * 12), ("rows", None), ("table", None), ("gcn", None), ("alone", None)]
)
def test_what_a_stranger_lacks_is_told(served: Client, model: str, features: Any) -> None:
    """A learned row, or features of its own."""
    assert _ask(served, model, features=features, neighbors=["n1"])["approximate"]


def test_only_what_is_asked_is_answered(served: Client) -> None:
    """The rest is null; unknown ids are null, or no links, where that is asked for."""
    answer = _ask(served, "table", features=ROME, embedding=False)
    assert [answer[name] for name in ("embedding", "probability", "logit", "neighbors")] == [None] * 4
    links = {"neighbors": ["n1", "x"], "weights": [2.0, 3.0]}
    answer = _ask(served, "table", features=ROME, targets=["x", "n1"], on_unknown="null", **links)
    assert answer["probability"][0] is None
    assert answer["embedding"] == _ask(served, "table", features=ROME, neighbors=["n1"], weights=[2.0])["embedding"]


def test_other_than_as_many_weights_as_neighbours_are_refused(served: Client) -> None:
    """A conflict, since no schema can say it."""
    response = served.post("/v1/models/table/unseen", json={"neighbors": ["n1"], "weights": [1.0, 2.0]})
    assert "weights: expected 1, one a neighbour, found 2" in assert_problem(response, 409, "conflict")["detail"]


def test_unknown_neighbours_alone_are_a_conflict(served: Client) -> None:
    """Left out, they leave nothing to embed a node from."""
    response = served.post("/v1/models/table/unseen", json={"neighbors": ["x"], "on_unknown": "null"})
    assert "neighbors: expected one that the model knows" in assert_problem(response, 409, "conflict")["detail"]


def test_true_and_false_are_numbers_as_in_a_table(served: Client) -> None:
    """As JSON has them, and as a CSV file does."""
    as_number = _ask(served, "table", features=ROME | {"age": 1.0})
    assert _ask(served, "table", features=ROME | {"age": True}) == as_number
    assert _ask(served, "table", features=ROME | {"age": "true"}) == as_number


def test_links_given_twice_are_one(served: Client) -> None:
    """Their weights add up, as in training; without weights they weigh 1."""
    twice = _ask(served, "table", neighbors=["n1", "n1", "n2"], weights=[1, 2, 1])
    assert twice == _ask(served, "table", neighbors=["n1", "n2"], weights=[3, 1])
    assert _ask(served, "table", neighbors=["n1", "n1"]) == _ask(served, "table", neighbors=["n1"])


@pytest.mark.parametrize(
    ("model", "body", "field"),
    [
        ("table", {}, "features"),
        ("table", {"features": {"age": 4.0}}, "features"),
        ("table", {"features": ROME | {"height": 2.0}}, "features.height"),
        ("table", {"features": ROME | {"age": "old"}}, "features"),
        ("table", {"features": ROME | {"age": None}}, "features"),
        ("table", {"features": ROME | {"city": None}}, "features"),
        ("table", {"features": ROME | {"age": 1e300}}, "features"),
        ("numbers", {"features": ROME}, "features"),
        ("numbers", {"features": [1.0] * 11}, "features"),
        ("numbers", {"features": [1e39] * 12}, "features"),
        ("numbers", {"features": [1e38] * 12}, "features"),
        ("table", {"neighbors": ["n1"], "weights": [0.0]}, "weights.0"),
        ("table", {"neighbors": ["n1"], "k": 0}, "k"),
    ],
)
def test_what_no_vector_can_be_made_of_is_refused(served: Client, model: str, body: Any, field: str) -> None:
    """With the field."""
    [error] = assert_problem(served.post(f"/v1/models/{model}/unseen", json=body), 422, "invalid-request")["errors"]
    assert error["field"] == field


@pytest.mark.parametrize(("model", "body"), [("bare", {"features": ROME}), ("alone", {"features": [1.0]})])
def test_models_without_features_say_so(served: Client, model: str, body: Any) -> None:
    """Whether they were not stored, or there never were any."""
    response = served.post(f"/v1/models/{model}/unseen", json=body)
    assert "features" in assert_problem(response, 409, "unsupported-by-model")["detail"]


def test_an_unknown_link_is_named(served: Client) -> None:
    """As everywhere."""
    response = served.post("/v1/models/table/unseen", json={"neighbors": ["n1", "x"]})
    assert [unknown["node"] for unknown in assert_problem(response, 404, "unknown-node")["unknown"]] == ["x"]
