"""New nodes over HTTP, beside a graph and a table that have them."""

from typing import Any

import numpy as np
import pytest

from latentlink.models.checkpoint import Checkpoint
from latentlink.models.graph.columns import Column
from latentlink.models.inference.scoring import sigmoid
from tests.app.routers.unseen.asking import ROME, SEVERAL, X, ask, post
from tests.app.trained import N, extended
from tests.support import Client, assert_problem, unknown_nodes, wrong_fields


@pytest.mark.parametrize("links", [{}, {0: 1.0, 5: 1.0, 12: 1.0}, {3: 0.5, 4: 2.0}])
@pytest.mark.parametrize("model", ["dense", "numbers", "gcn"])
def test_a_new_node_has_the_vector_of_the_extended_graph(
    served: Client, trained: dict[str, Checkpoint], model: str, links: dict[int, float]
) -> None:
    """From raw columns or encoded numbers, with any links and weights, and is reported as exact."""
    features, x = (X, np.array([X]))
    if preprocessing := trained[model].preprocessing:
        table: dict[str, Column] = {"age": np.array([52.5]), "city": ["Rome"]}
        features, x = ROME, np.asarray(preprocessing.transform(table), np.float64)  # type: ignore[assignment]
    neighbors, weights = [f"n{row}" for row in links], list(links.values())
    answer = ask(served, model, features=features, neighbors=neighbors, weights=weights)
    [expected] = extended(trained[model], x, [(N, node, weight) for node, weight in links.items()])
    assert (answer["approximate"], answer["dim"]) == (False, len(answer["embedding"]))
    np.testing.assert_allclose(answer["embedding"], expected, atol=1e-5)


@pytest.mark.parametrize("model", ["dense", "alone"])
def test_scores_and_neighbours_are_those_of_the_vector(
    served: Client, trained: dict[str, Checkpoint], model: str
) -> None:
    """σ(zᵀzⱼ) with the stored vectors; the links that are given are among the answers only with `known`."""
    body = {"neighbors": ["n0", "n5"], "targets": ["n1", "n2", "n0"], "k": 4}
    answer = ask(served, model, **body)
    logits = trained[model].mu.astype(np.float64) @ np.array(answer["embedding"])
    np.testing.assert_allclose(answer["logit"], logits[[1, 2, 0]], atol=1e-6)
    np.testing.assert_allclose(answer["probability"], sigmoid(logits[[1, 2, 0]]), atol=1e-6)
    ranked = np.argsort(-logits, kind="stable").tolist()
    best = [f"n{row}" for row in ranked if row not in (0, 5)]
    assert [n["node"] for n in answer["neighbors"]] == best[:4]
    whole = ask(served, model, **body | {"known": True, "k": N})["neighbors"]
    assert [n["node"] for n in whole] == [f"n{row}" for row in ranked]
    assert {n["node"] for n in whole if n["known"]} == {"n0", "n5"}
    narrow = {"candidates": ["n0", best[1], best[3]], "exclude": [best[1]]}
    assert [n["node"] for n in ask(served, model, **body | narrow)["neighbors"]] == [best[3]]


@pytest.mark.parametrize(
    ("model", "features"), [("rows", X), ("rows", None), ("dense", None), ("gcn", None), ("alone", None)]
)
def test_a_new_node_without_an_input_is_approximate(served: Client, model: str, features: Any) -> None:
    """It lacks a learned embedding, or features of its own."""
    assert ask(served, model, features=features, neighbors=["n1"])["approximate"]


def test_only_the_requested_parts_are_answered(served: Client) -> None:
    """The rest is null; unknown ids are null, or no links, with `on_unknown`."""
    answer = ask(served, "dense", features=ROME, embedding=False)
    assert [answer[name] for name in ("embedding", "probability", "logit", "neighbors")] == [None] * 4
    links = {"neighbors": ["n1", "x"], "weights": [2.0, 3.0]}
    answer = ask(served, "dense", features=ROME, targets=["x", "n1"], on_unknown="null", **links)
    assert answer["probability"][0] is None
    assert answer["embedding"] == ask(served, "dense", features=ROME, neighbors=["n1"], weights=[2.0])["embedding"]


@pytest.mark.parametrize(
    ("body", "same"),
    [
        ({"features": ROME | {"age": True}}, {"features": ROME | {"age": 1.0}}),
        ({"features": ROME | {"age": "true"}}, {"features": ROME | {"age": 1.0}}),
        ({"neighbors": ["n1", "n1", "n2"], "weights": [1, 2, 1]}, {"neighbors": ["n1", "n2"], "weights": [3, 1]}),
        ({"neighbors": ["n1", "n1"]}, {"neighbors": ["n1"]}),
    ],
)
def test_two_ways_to_write_one_request_are_answered_alike(
    served: Client, body: dict[str, Any], same: dict[str, Any]
) -> None:
    """True is 1, as in a CSV file; a link that comes twice is one, its weights add up, and without weights it weighs 1."""
    assert ask(served, "dense", **body) == ask(served, "dense", **same)


@pytest.mark.parametrize(("weights", "of_pq", "of_qr"), [(None, 1.0, 1.0), ([1.0, 2.0, 3.0], 4.0, 2.0)])
@pytest.mark.parametrize("model", ["numbers", "gcn"])
def test_linked_new_nodes_are_embedded_on_one_graph(
    served: Client, trained: dict[str, Checkpoint], model: str, weights: list[float] | None, of_pq: float, of_qr: float
) -> None:
    """Their vectors are those of the graph with all of them; one without features makes those near it approximate."""
    links = {"links": [["p", "q"], ["r", "q"], ["q", "p"]], "link_weights": weights}
    results = ask(served, model, strangers=SEVERAL, **links)["results"]
    p, q, r = N, N + 1, N + 2
    whole = [(p, q, of_pq), (q, r, of_qr), (p, 0, 1.0), (p, 5, 1.0), (q, 5, 1.0)]
    assert [one["id"] for one in results] == ["p", "q", "r"]
    expected = extended(trained[model], np.array([X, np.zeros(len(X)), X]), whole)
    np.testing.assert_allclose([one["embedding"] for one in results], expected, atol=1e-5)
    assert all(one["approximate"] for one in results)


@pytest.mark.parametrize("model", ["numbers", "gcn"])
def test_new_nodes_without_links_between_them_are_answered_as_if_alone(served: Client, model: str) -> None:
    """To the bit, whichever others are in the request, with all options."""
    options = {"targets": ["n1", "n5"], "k": 3, "include": ["calibrated"], "prior": 0.1, "interval": 0.9}
    lone = [*SEVERAL[:2], {"id": "s", "features": X, "neighbors": ["n5"]}, {"id": "t", "features": X}]
    results = ask(served, model, strangers=lone, links=[["s", "t"]], **options)["results"]
    for one, result in zip(lone[:2], results, strict=False):
        alone = ask(served, model, **{name: value for name, value in one.items() if name != "id"}, **options)
        assert result == {"id": one["id"], **{name: alone[name] for name in result if name != "id"}}
    assert results[2]["embedding"] != ask(served, model, features=X, neighbors=["n5"])["embedding"]


def test_no_new_nodes_get_no_results(served: Client) -> None:
    """An empty list gets an empty answer."""
    assert ask(served, "numbers", strangers=[])["results"] == []


WRONG_FEATURES: list[tuple[str, Any, str]] = [
    ("dense", {"age": 4.0}, "features.city"),
    ("dense", ROME | {"height": 2.0}, "features.height"),
    *(("dense", ROME | {"age": wrong}, "features") for wrong in ("old", None, 1e18, 1e300)),
    ("dense", ROME | {"city": None}, "features"),
    ("dense", ROME | {"age": 10**400}, "features"),
    *(("dense", ROME | {"city [b]": wrong}, "features.city [b]") for wrong in ([1], [["a"]], {"a": 1})),
    *(("numbers", x, "features") for x in (ROME, X[1:], [1e39] * 12, [1e38] * 12, [*X[1:], 1e21])),
    ("numbers", [1e6] * 12, "features"),  # a posterior wider than numbers are
]


@pytest.mark.parametrize(("model", "features", "field"), WRONG_FEATURES)
def test_features_without_a_vector_are_refused(served: Client, model: str, features: Any, field: str) -> None:
    """The error names the field."""
    assert wrong_fields(post(served, model, features=features, neighbors=["n0"])) == [field]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "features"),
        ({"neighbors": ["n1"], "weights": [0.0]}, "weights.0"),
        ({"neighbors": ["n1"], "weights": [1.0, 2.0]}, "weights"),
        ({"neighbors": ["x"], "on_unknown": "null"}, "neighbors"),
        ({"neighbors": ["n1"], "k": 0}, "k"),
        ({"neighbors": ["n1"], "links": [["p", "q"]]}, "links"),
        ({"neighbors": ["n1"], "include": ["explanation"], "limit": 2.5}, "limit"),
        ({"features": X, "targets": ["n1"] * 101, "include": ["explanation"]}, "strangers × targets"),
        ({"strangers": SEVERAL, "neighbors": ["n1"]}, "strangers"),
        ({"strangers": [*SEVERAL, SEVERAL[0]]}, "strangers"),
        ({"strangers": [{"id": str(at), "features": X} for at in range(101)]}, "strangers"),
        ({"strangers": [{"neighbors": ["n1"]}]}, "strangers.0.id"),
        ({"strangers": [{"id": "x" * 257, "features": X}]}, "strangers.0.id"),
        ({"strangers": [{"id": "p", "features": [1.0]}]}, "strangers.0.features"),
        ({"strangers": [{"id": "p", "features": {"a": {}}}]}, "strangers.0.features.a"),
        ({"strangers": [SEVERAL[0], {"id": "q"}]}, "strangers.1.features"),
        ({"strangers": [{"id": "p"}, {"id": "q"}], "links": [["p", "q"]]}, "strangers.0.neighbors"),
        ({"strangers": SEVERAL, "links": [["p", "n1"]]}, "links"),
        ({"strangers": SEVERAL, "links": [["p", "p"]]}, "links"),
        ({"strangers": SEVERAL, "links": [["p", "q"]], "link_weights": []}, "link_weights"),
        ({"strangers": SEVERAL, "targets": ["n0"] * 334, "include": ["support"]}, "strangers × (targets + k)"),
    ],
)
def test_a_request_that_is_wrong_or_contradicts_itself_is_refused(served: Client, body: Any, field: str) -> None:
    """The error names the field, with its place in the list of several new nodes; no schema can express most of these."""
    assert wrong_fields(post(served, "numbers", **body)) == [field]


@pytest.mark.parametrize(
    ("model", "body", "named"),
    [
        ("bare", {"features": ROME}, "features"),
        ("alone", {"features": [1.0]}, "features"),
        ("point", {"neighbors": ["n1"], "targets": ["n2"], "interval": 0.9}, "interval"),
        ("gcn", {"features": X, "targets": ["n1"], "include": ["explanation"]}, "include=explanation"),
    ],
)
def test_what_a_model_lacks_is_a_conflict(served: Client, model: str, body: Any, named: str) -> None:
    """409: no features were stored, the graph had none, there is no posterior, or logits are no sums."""
    assert named in assert_problem(post(served, model, **body), 409, "unsupported-by-model")["detail"]


def test_an_unknown_link_is_named(served: Client) -> None:
    """404 lists it, as on every route."""
    assert unknown_nodes(post(served, "dense", neighbors=["n1", "x"])) == ["x"]
