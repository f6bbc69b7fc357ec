"""NewNodes over HTTP, beside a graph and a table that have them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlink.models.arrays import Float64
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.graph.columns import Column
from latentlink.models.inference.scoring import sigmoid
from tests.app.trained import N, dense_adjacency, dense_features, propagation, publish_trained
from tests.support import Client, assert_problem, serving

MODELS = {"table": "dense", "numbers": "linear", "gcn": "gcn", "rows": "sparse, with rows", "alone": "rows alone"}
ROME = {"age": 52.5, "city": "Rome"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the models."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def checkpoints(store: Path) -> dict[str, Checkpoint]:
    """One model of each kind, and one without its features."""
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
    a_hat, config, weights = propagation(adjacency), checkpoint.manifest.config.model_dump(), checkpoint.weights
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
def test_a_new_node_has_the_vector_of_the_extended_graph(
    served: Client, checkpoints: dict[str, Checkpoint], model: str, links: dict[int, float]
) -> None:
    """From raw columns or encoded numbers, with any links and weights, and is reported as exact."""
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
    """σ(zᵀzⱼ) with the stored vectors; the links that are given are among the answers only with `known`."""
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
def test_a_new_node_without_an_input_is_approximate(served: Client, model: str, features: Any) -> None:
    """It lacks a learned embedding, or features of its own."""
    assert _ask(served, model, features=features, neighbors=["n1"])["approximate"]


def test_only_the_requested_parts_are_answered(served: Client) -> None:
    """The rest is null; unknown ids are null, or no links, with `on_unknown`."""
    answer = _ask(served, "table", features=ROME, embedding=False)
    assert [answer[name] for name in ("embedding", "probability", "logit", "neighbors")] == [None] * 4
    links = {"neighbors": ["n1", "x"], "weights": [2.0, 3.0]}
    answer = _ask(served, "table", features=ROME, targets=["x", "n1"], on_unknown="null", **links)
    assert answer["probability"][0] is None
    assert answer["embedding"] == _ask(served, "table", features=ROME, neighbors=["n1"], weights=[2.0])["embedding"]


def test_other_than_as_many_weights_as_neighbours_are_refused(served: Client) -> None:
    """Fields that contradict each other, which no schema can express."""
    response = served.post("/v1/models/table/unseen", json={"neighbors": ["n1"], "weights": [1.0, 2.0]})
    assert "weights: expected 1, one a neighbour, found 2" in assert_problem(response, 422, "invalid-request")["detail"]


def test_unknown_neighbours_alone_are_refused(served: Client) -> None:
    """Left out, they leave nothing to embed a node from."""
    response = served.post("/v1/models/table/unseen", json={"neighbors": ["x"], "on_unknown": "null"})
    assert "neighbors: expected one that the model knows" in assert_problem(response, 422, "invalid-request")["detail"]


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
        ("table", {"features": {"age": 4.0}}, "features.city"),
        ("table", {"features": ROME | {"height": 2.0}}, "features.height"),
        ("table", {"features": ROME | {"age": "old"}}, "features"),
        ("table", {"features": ROME | {"age": None}}, "features"),
        ("table", {"features": ROME | {"city": None}}, "features"),
        ("table", {"features": ROME | {"age": 1e300}}, "features"),
        ("numbers", {"features": ROME}, "features"),
        ("numbers", {"features": [1.0] * 11}, "features"),
        ("numbers", {"features": [1e39] * 12}, "features"),
        ("numbers", {"features": [1.0] * 11 + [1e21]}, "features"),
        ("table", {"features": ROME | {"age": 1e18}}, "features"),
        ("numbers", {"features": [1e38] * 12}, "features"),
        ("table", {"neighbors": ["n1"], "weights": [0.0]}, "weights.0"),
        ("table", {"neighbors": ["n1"], "k": 0}, "k"),
    ],
)
def test_an_input_without_a_vector_is_refused(served: Client, model: str, body: Any, field: str) -> None:
    """The error names the field."""
    [error] = assert_problem(served.post(f"/v1/models/{model}/unseen", json=body), 422, "invalid-request")["errors"]
    assert error["field"] == field


@pytest.mark.parametrize(("model", "body"), [("bare", {"features": ROME}), ("alone", {"features": [1.0]})])
def test_models_without_features_say_so(served: Client, model: str, body: Any) -> None:
    """The features were not stored, or the graph had none."""
    response = served.post(f"/v1/models/{model}/unseen", json=body)
    assert "features" in assert_problem(response, 409, "unsupported-by-model")["detail"]


def test_an_unknown_link_is_named(served: Client) -> None:
    """404 lists it, as on every route."""
    response = served.post("/v1/models/table/unseen", json={"neighbors": ["n1", "x"]})
    assert [unknown["node"] for unknown in assert_problem(response, 404, "unknown-node")["unknown"]] == ["x"]


def _by_torchless_formula(checkpoint: Checkpoint, new_nodes: list[dict[str, Any]], links: list[list[str]]) -> Float64:
    """z of new nodes by the formula of `_grown`, on one graph with all of them."""
    count, places = len(new_nodes), {one["id"]: N + at for at, one in enumerate(new_nodes)}
    adjacency = np.pad(dense_adjacency(checkpoint), (0, count))
    ends = [(places[a], places[b]) for a, b in links]
    ends += [(places[one["id"]], int(node[1:])) for one in new_nodes for node in one.get("neighbors", [])]
    for a, b in ends:
        adjacency[a, b] = adjacency[b, a] = 1
    x = np.stack([np.asarray(one.get("features", np.zeros(12)), np.float64) for one in new_nodes])
    a_hat, weights = propagation(adjacency), checkpoint.weights
    features = np.concatenate([dense_features(checkpoint), x])
    if checkpoint.manifest.encoder == "gcn":
        seen = a_hat @ np.maximum(a_hat @ features @ weights["gcn.hidden.weight"], 0)
        return np.asarray(seen @ weights["gcn.mu.weight"])[N:]
    hidden = features @ weights["linear.features.weight"]
    return np.asarray(np.linalg.matrix_power(a_hat, checkpoint.manifest.config.hops or 0) @ hidden)[N:]


X = [1.0, 0.0, 2.0] * 4
SEVERAL: list[dict[str, Any]] = [
    {"id": "p", "features": X, "neighbors": ["n0", "n5"]},
    {"id": "q", "neighbors": ["n5"]},
    {"id": "r", "features": X},
]


@pytest.mark.parametrize("model", ["numbers", "gcn"])
def test_linked_new_nodes_are_embedded_on_one_graph(
    served: Client, checkpoints: dict[str, Checkpoint], model: str
) -> None:
    """Their vectors are those of the graph with all of them; one without features makes those near it approximate."""
    links = [["p", "q"], ["r", "q"], ["q", "p"]]
    answer = _ask(served, model, strangers=SEVERAL, links=links)
    expected = _by_torchless_formula(checkpoints[model], SEVERAL, links)
    assert [one["id"] for one in answer["results"]] == ["p", "q", "r"]
    np.testing.assert_allclose([one["embedding"] for one in answer["results"]], expected, atol=1e-5)
    assert all(one["approximate"] for one in answer["results"])


@pytest.mark.parametrize("model", ["numbers", "gcn"])
def test_new_nodes_without_links_between_them_are_answered_as_if_alone(served: Client, model: str) -> None:
    """To the bit, whichever others are in the request, with all options."""
    options = {"targets": ["n1", "n5"], "k": 3, "include": ["calibrated"], "prior": 0.1, "interval": 0.9}
    lone = [*SEVERAL[:2], {"id": "s", "features": X, "neighbors": ["n5"]}, {"id": "t", "features": X}]
    results = _ask(served, model, strangers=lone, links=[["s", "t"]], **options)["results"]
    for one, result in zip(lone[:2], results, strict=False):
        alone = _ask(served, model, **{name: value for name, value in one.items() if name != "id"}, **options)
        assert result == {"id": one["id"], **{name: alone[name] for name in result if name != "id"}}
    assert results[2]["embedding"] != _ask(served, model, features=X, neighbors=["n5"])["embedding"]


def test_link_weights_add_up(served: Client) -> None:
    """A link that comes twice is one, in whichever direction."""
    twice = _ask(served, "gcn", strangers=SEVERAL, links=[["p", "q"], ["q", "p"]], link_weights=[1.0, 2.0])
    assert twice == _ask(served, "gcn", strangers=SEVERAL, links=[["p", "q"]], link_weights=[3.0]) | {}
    assert twice != _ask(served, "gcn", strangers=SEVERAL, links=[["p", "q"]])


def test_no_new_nodes_get_no_results(served: Client) -> None:
    """Empty lists give empty columns."""
    assert _ask(served, "numbers", strangers=[])["results"] == []


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"strangers": [*SEVERAL, {"id": "p", "features": X}]}, "expected 4 different ids, found 3"),
        ({"strangers": SEVERAL, "links": [["p", "n1"]]}, "links: expected ids of new nodes, found 'n1'"),
        ({"strangers": SEVERAL, "links": [["p", "p"]]}, "two different new nodes, found 'p' twice"),
        ({"strangers": SEVERAL, "links": [["p", "q"]], "link_weights": []}, "expected 1, one a link, found 0"),
        (
            {"strangers": [{"id": "p", "features": X}, {"id": "q"}]},
            "strangers.1.features: expected features or neighbors",
        ),
        ({"neighbors": ["n1"], "links": [["p", "q"]]}, "links: expected ids of new nodes, found 'p'"),
        ({"strangers": [{"id": "p"}, {"id": "q"}], "links": [["p", "q"]]}, "strangers.0.neighbors: expected one"),
    ],
)
def test_requests_that_contradict_themselves_are_invalid(served: Client, body: Any, detail: str) -> None:
    """Contradictions that no schema can express."""
    response = served.post("/v1/models/numbers/unseen", json=body)
    assert detail in assert_problem(response, 422, "invalid-request")["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"strangers": SEVERAL, "neighbors": ["n1"]}, "strangers"),
        ({"strangers": [{"id": "p", "features": [1.0]}]}, "strangers.0.features"),
        ({"strangers": [{"neighbors": ["n1"]}]}, "strangers.0.id"),
        ({"strangers": [{"id": str(at), "features": X} for at in range(101)]}, "strangers"),
    ],
)
def test_what_is_wrong_with_one_of_several_is_named(served: Client, body: Any, field: str) -> None:
    """The field has its place in the list."""
    [error] = assert_problem(served.post("/v1/models/numbers/unseen", json=body), 422, "invalid-request")["errors"]
    assert error["field"] == field


@pytest.mark.parametrize("model", ["numbers", "gcn", "rows"])
def test_scores_have_the_requested_annotations(served: Client, checkpoints: dict[str, Checkpoint], model: str) -> None:
    """Calibrated by the manifest's line at the prior, null for links that are given; intervals of the posterior it would have."""
    options = {"features": X, "neighbors": ["n0"], "targets": ["n0", "x", "n7"], "k": 2, "on_unknown": "null"}
    answer = _ask(served, model, **options, include=["calibrated"], prior=0.2, interval=0.5)
    checkpoint = checkpoints[model]
    facts, logvar = checkpoint.manifest.calibration, checkpoint.logvar
    assert facts is not None
    assert logvar is not None
    logit = answer["logit"][2]
    expected = sigmoid(np.array([facts.slope * logit + facts.intercept + np.log(0.2 / 0.8)]))[0]
    assert answer["calibrated"][:2] == [None, None]
    assert (answer["calibrated"][2], answer["prior"]) == (pytest.approx(expected), 0.2)
    z, w = np.array(answer["embedding"]), checkpoint.weights
    kind = checkpoint.manifest.encoder
    if kind != "gcn":
        own = np.exp(z @ w[f"{kind}.logvar.weight"] + w[f"{kind}.logvar.bias"])
        mu, other = checkpoint.mu[7].astype(float), np.exp(logvar[7].astype(float))
        margin = 0.6744897501960817 * np.sqrt((own * other + z * z * other + mu * mu * own).sum())
        assert answer["interval"][2]["logit"] == pytest.approx([logit - margin, logit + margin], abs=1e-4)
    assert answer["interval"][1] is None
    for entry in answer["neighbors"]:
        again = _ask(
            served, model, **options | {"targets": [entry["node"]]}, include=["calibrated"], prior=0.2, interval=0.5
        )
        assert [again["calibrated"], again["interval"]] == [[entry["calibrated"]], [entry["interval"]]]


def test_local_evidence_of_a_new_node_is_over_its_known_links(
    served: Client, checkpoints: dict[str, Checkpoint]
) -> None:
    """Of targets and neighbours alike: a link that is given is one step, and only links to known nodes count."""
    graph = checkpoints["numbers"].graph
    near = graph.neighbors(0).tolist()
    options = {"features": X, "neighbors": ["n0"], "targets": ["n0", "x", f"n{near[0]}"], "k": 2, "on_unknown": "null"}
    answer = _ask(served, "numbers", **options, include=["support"])
    first, unknown, second = answer["support"]
    assert (first["degrees"], first["distance"], unknown) == ([1, len(near)], 1, None)
    assert (second["degrees"], second["distance"]) == ([1, len(graph.neighbors(near[0]))], 2)
    for entry in answer["neighbors"]:
        again = _ask(served, "numbers", **options | {"targets": [entry["node"]]}, include=["support"])
        assert again["support"] == [entry["support"]]
    several = [{"id": str(i), "features": X} for i in range(2)]
    body = {"strangers": several, "targets": ["n0"] * 501, "include": ["support"]}
    refused = assert_problem(served.post("/v1/models/numbers/unseen", json=body), 422, "invalid-request")
    assert refused["detail"] == "strangers × (targets + k): expected at most 1,000 with include=support, found 1,002"


def test_a_model_that_is_not_variational_has_no_interval(tmp_path: Path) -> None:
    """409, as elsewhere."""
    publish_trained(tmp_path, "point", "point")
    with serving(tmp_path, poll_seconds=3600) as client:
        response = client.post(
            "/v1/models/point/unseen", json={"neighbors": ["n1"], "targets": ["n2"], "interval": 0.9}
        )
    assert "interval" in assert_problem(response, 409, "unsupported-by-model")["detail"]


@pytest.mark.parametrize("model", ["table", "numbers", "rows", "alone"])
def test_an_explanation_adds_up_to_the_logit_from_either_end(served: Client, model: str) -> None:
    """Of targets that are linked to it and that are not; its own part is the sum over the features that were given."""
    models: dict[str, dict[str, Any]] = {
        "table": {"features": ROME},
        "numbers": {"features": X},
        "rows": {"features": X},
        "alone": {},
    }
    given = models[model]
    options = {"neighbors": ["n0", "n5"], "targets": ["n0", "n7", "x"], "on_unknown": "null"}
    answer = _ask(served, model, **given, **options, include=["explanation"], limit=3)
    assert answer["explanation"][2] is None
    for logit, explanation in zip(answer["logit"][:2], answer["explanation"][:2], strict=True):
        assert explanation["method"] == "contributions"
        for side in explanation["sides"]:
            parts = [part["contribution"] for part in (side["self"], *side["others"])]
            assert sum(parts) + side["rest"] == pytest.approx(logit, abs=1e-5)
            own = side["self"]
            total = (
                sum(feature["contribution"] for feature in own["features"]) + (own["rest"] or 0) + (own["bias"] or 0)
            )
            assert model == "alone" or total == pytest.approx(own["contribution"], abs=1e-5)
        mine, theirs = explanation["sides"]
        assert (mine["node"], mine["stranger"], mine["self"]["stranger"]) == ("stranger", True, True)
        assert "stranger" not in theirs
        assert mine["self"]["features"] or model == "alone"


def test_an_explanation_has_the_contribution_of_a_neighbour(served: Client, checkpoints: dict[str, Checkpoint]) -> None:
    """The coefficient of its row in the vector, by the formula; and the nodes that are linked to both ends."""
    checkpoint = checkpoints["numbers"]
    options = {"features": X, "neighbors": ["n0", "n5"], "targets": ["n1"]}
    [explanation] = _ask(served, "numbers", **options, include=["explanation"], limit=100)["explanation"]
    adjacency = np.pad(dense_adjacency(checkpoint), (0, 1))
    adjacency[[0, 5], N] = adjacency[N, [0, 5]] = 1
    hidden = np.concatenate([dense_features(checkpoint), np.array([X])]) @ checkpoint.weights["linear.features.weight"]
    coefficients = np.linalg.matrix_power(propagation(adjacency), checkpoint.manifest.config.hops or 0)[N]
    expected = coefficients * (hidden @ checkpoint.mu[1])
    for part in explanation["sides"][0]["others"]:
        assert part["contribution"] == pytest.approx(expected[int(part["node"][1:])], abs=1e-5)
    assert explanation["sides"][0]["self"]["contribution"] == pytest.approx(expected[N], abs=1e-5)
    common = set(checkpoint.graph.neighbors(1).tolist()) & {0, 5}
    assert explanation["common_neighbors"]["count"] == len(common)


def test_new_nodes_appear_in_explanations_of_each_other(served: Client) -> None:
    """By their ids, and marked, since a known node could have the same."""
    links = [["n1", "q"]]
    named = [{**SEVERAL[0], "id": "n1"}, SEVERAL[1]]
    options = {"strangers": named, "links": links, "targets": ["n7"], "include": ["explanation"], "limit": 100}
    one, other = _ask(served, "numbers", **options)["results"]
    for result, own, met in ((one, "n1", "q"), (other, "q", "n1")):
        side = result["explanation"][0]["sides"][0]
        assert (side["node"], side["stranger"]) == (own, True)
        assert [part["node"] for part in side["others"] if part.get("stranger")] == [met]
        logit = side["self"]["contribution"] + side["rest"] + sum(part["contribution"] for part in side["others"])
        assert logit == pytest.approx(result["logit"][0], abs=1e-5)


def test_new_nodes_that_can_not_be_explained_are_refused(served: Client) -> None:
    """Of a gcn, and of more pairs than a request may have."""
    body = {"features": X, "targets": ["n1"], "include": ["explanation"]}
    response = served.post("/v1/models/gcn/unseen", json=body)
    assert "include=explanation" in assert_problem(response, 409, "unsupported-by-model")["detail"]
    response = served.post("/v1/models/numbers/unseen", json={**body, "targets": ["n1"] * 101})
    assert "at most 100 to explain, found 101" in assert_problem(response, 422, "invalid-request")["detail"]


def test_a_name_of_more_than_256_characters_is_refused(served: Client) -> None:
    """Explanations repeat the name many times."""
    body = {"strangers": [{"id": "x" * 257, "features": X}]}
    [error] = assert_problem(served.post("/v1/models/numbers/unseen", json=body), 422, "invalid-request")["errors"]
    assert error["field"] == "strangers.0.id"


def test_features_far_from_those_of_the_training_are_refused(served: Client) -> None:
    """Their posterior would be wider than numbers are, and its interval none."""
    body = {"features": [1e6] * len(X), "neighbors": ["n0"], "targets": ["n1"], "interval": 0.9}
    [error] = assert_problem(served.post("/v1/models/numbers/unseen", json=body), 422, "invalid-request")["errors"]
    assert error["field"] == "features"


def test_a_limit_may_be_spelled_as_a_number_with_a_point(served: Client) -> None:
    """JSON knows one kind of number: 2.0 is a whole one, 2.5 is none."""
    options = {"features": X, "neighbors": ["n0"], "targets": ["n1"], "include": ["explanation"]}
    whole = _ask(served, "numbers", **options, limit=2.0)
    assert whole == _ask(served, "numbers", **options, limit=2)
    response = served.post("/v1/models/numbers/unseen", json=options | {"limit": 2.5})
    assert assert_problem(response, 422, "invalid-request")["errors"][0]["field"] == "limit"
