"""Annotations of new nodes: calibrated probabilities, intervals, local evidence and explanations, against their formulas."""

from typing import Any

import numpy as np
import pytest

from latentlink.models.checkpoint import Checkpoint
from latentlink.models.inference.scoring import sigmoid
from tests.app.routers.unseen.asking import ROME, SEVERAL, X, ask
from tests.app.trained import N, dense_adjacency, dense_features, propagation
from tests.support import Client


@pytest.mark.parametrize("model", ["numbers", "gcn", "rows"])
def test_scores_have_the_requested_annotations(served: Client, trained: dict[str, Checkpoint], model: str) -> None:
    """Calibrated by the manifest's knots at the prior, null for given links; intervals of the posterior it would have."""
    options = {"features": X, "neighbors": ["n0"], "targets": ["n0", "x", "n7"], "k": 2, "on_unknown": "null"}
    requested = {"include": ["calibrated"], "prior": 0.2, "interval": 0.5}
    answer, checkpoint = ask(served, model, **options, **requested), trained[model]
    facts, logvar, kind = checkpoint.manifest.calibration, checkpoint.logvar, checkpoint.manifest.encoder
    assert facts is not None
    assert facts.knots is not None
    assert logvar is not None
    logit = answer["logit"][2]
    expected = sigmoid(np.interp([logit], facts.knots.logit, facts.knots.log_odds) + np.log(0.2 / 0.8))[0]
    assert answer["calibrated"] == [None, None, pytest.approx(expected)]
    assert answer["prior"] == 0.2
    if kind != "gcn":
        z, w = np.array(answer["embedding"]), checkpoint.weights
        own = np.exp(z @ w[f"{kind}.logvar.weight"] + w[f"{kind}.logvar.bias"])
        mu, other = checkpoint.mu[7].astype(float), np.exp(logvar[7].astype(float))
        margin = 0.6744897501960817 * np.sqrt((own * other + z * z * other + mu * mu * own).sum())
        assert answer["interval"][2]["logit"] == pytest.approx([logit - margin, logit + margin], abs=1e-4)
    assert answer["interval"][1] is None
    for entry in answer["neighbors"]:
        again = ask(served, model, **options | {"targets": [entry["node"]]}, **requested)
        assert [again["calibrated"], again["interval"]] == [[entry["calibrated"]], [entry["interval"]]]


def test_local_evidence_of_a_new_node_is_over_its_known_links(served: Client, trained: dict[str, Checkpoint]) -> None:
    """Of targets and neighbours alike: a link that is given is one step, and only links to known nodes count."""
    graph = trained["numbers"].graph
    near = graph.neighbors(0).tolist()
    options = {"features": X, "neighbors": ["n0"], "targets": ["n0", "x", f"n{near[0]}"], "k": 2, "on_unknown": "null"}
    answer = ask(served, "numbers", **options, include=["support"])
    first, unknown, second = answer["support"]
    assert (first["degrees"], first["distance"], unknown) == ([1, len(near)], 1, None)
    assert (second["degrees"], second["distance"]) == ([1, len(graph.neighbors(near[0]))], 2)
    for entry in answer["neighbors"]:
        again = ask(served, "numbers", **options | {"targets": [entry["node"]]}, include=["support"])
        assert again["support"] == [entry["support"]]


@pytest.mark.parametrize("model", ["dense", "numbers", "rows", "alone"])
def test_an_explanation_adds_up_to_the_logit_from_either_end(served: Client, model: str) -> None:
    """Of targets that are linked to it and that are not; its own part is the sum over the features that were given."""
    features: Any = {"dense": ROME, "alone": None}.get(model, X)
    options = {"neighbors": ["n0", "n5"], "targets": ["n0", "n7", "x"], "on_unknown": "null"}
    answer = ask(served, model, features=features, **options, include=["explanation"], limit=3)
    assert answer["explanation"][2] is None
    for logit, explanation in zip(answer["logit"][:2], answer["explanation"][:2], strict=True):
        assert explanation["method"] == "contributions"
        for side in explanation["sides"]:
            own = side["self"]
            parts = [part["contribution"] for part in (own, *side["others"])]
            assert sum(parts) + side["rest"] == pytest.approx(logit, abs=1e-5)
            total = sum(part["contribution"] for part in own["features"]) + (own["rest"] or 0) + (own["bias"] or 0)
            assert model == "alone" or total == pytest.approx(own["contribution"], abs=1e-5)
        mine, theirs = explanation["sides"]
        assert (mine["node"], mine["stranger"], mine["self"]["stranger"]) == ("stranger", True, True)
        assert "stranger" not in theirs
        assert mine["self"]["features"] or model == "alone"


def test_an_explanation_has_the_contribution_of_a_neighbour(served: Client, trained: dict[str, Checkpoint]) -> None:
    """The coefficient of its row in the vector, by the formula; and the nodes that are linked to both ends."""
    checkpoint = trained["numbers"]
    options = {"features": X, "neighbors": ["n0", "n5"], "targets": ["n1"]}
    [explanation] = ask(served, "numbers", **options, include=["explanation"], limit=100)["explanation"]
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
    named = [{**SEVERAL[0], "id": "n1"}, SEVERAL[1]]
    options = {"strangers": named, "links": [["n1", "q"]], "targets": ["n7"], "include": ["explanation"], "limit": 100}
    one, other = ask(served, "numbers", **options)["results"]
    for result, own, met in ((one, "n1", "q"), (other, "q", "n1")):
        side = result["explanation"][0]["sides"][0]
        assert (side["node"], side["stranger"]) == (own, True)
        assert [part["node"] for part in side["others"] if part.get("stranger")] == [met]
        logit = side["self"]["contribution"] + side["rest"] + sum(part["contribution"] for part in side["others"])
        assert logit == pytest.approx(result["logit"][0], abs=1e-5)


def test_a_whole_limit_may_have_a_point(served: Client) -> None:
    """JSON has one kind of number: 2.0 is a whole one."""
    options = {"features": X, "neighbors": ["n0"], "targets": ["n1"], "include": ["explanation"]}
    assert ask(served, "numbers", **options, limit=2.0) == ask(served, "numbers", **options, limit=2)
