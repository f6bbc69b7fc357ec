"""Routes of models with relations: a directed model for each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import open_checkpoint
from tests.e2e.roles import Roles, assert_answers_are_of
from tests.support import RELIABILITY, Client, Small, assert_problem, serving, wrong_fields

CUT_OFFS = {
    **{"logit": [2.0, 0.0], "recall": [0.5, 1.0], "false_links": [10.0, 90.0], "validation_links": 8},
    **{"missing_links": 6, "counted_share": 1.0, "checks": []},
}
PROBABILITIES: dict[str, Any] = {
    "calibration": {"knots": {"logit": [-9, 9], "log_odds": [-1, 1]}, "prior": 0.1, **RELIABILITY},
    "relation_probabilities": [
        {"prior": 0.2, "knots": {"logit": [-9, 9], "log_odds": [-3, 3]}, "thresholds": CUT_OFFS},
        {"prior": 0.3},
        {"prior": 0.0},
    ],
}
MODELS = {"kg": Small.relational(), "single": Small.relational(names=("likes",)), "plain": Small.random()}
NAMES = MODELS["kg"].relations
URL = "/v1/models/kg"
PAIR = {"source": "a", "target": "b"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of all of them."""
    store = tmp_path_factory.mktemp("relations")
    for name, small in MODELS.items():
        small.publish(store, name, **(PROBABILITIES if name == "kg" else {}))
    return store


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[Client]:
    """A client of a service of it."""
    with serving(store, poll_seconds=3600) as client:
        yield client


def _roles(store: Path, relation: str, name: str = "kg") -> Roles:
    return Roles(_version(store, name), relation)


def _version(store: Path, name: str) -> Path:
    return store / name / (store / name / "CURRENT").read_text().strip()


@pytest.mark.parametrize(("relation", "cells"), [(NAMES[2], 1_000_000), (NAMES[1], 0)])
def test_every_route_answers_as_numpy_does(
    client: Client, store: Path, relation: str, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a relation in both directions, at a glance and in scans of several searches."""
    monkeypatch.setattr("latentlink.app.services.search.searcher._GLANCE_CELLS", cells)
    assert_answers_are_of(client, URL, _version(store, "kg"), list(range(0, 60, 6)), relation)


def test_what_support_may_cost_is_that_of_the_relation(store: Path) -> None:
    """A hub of another relation makes no request about this one a large one."""
    scorer = Scorer(open_checkpoint(_version(store, "kg")))
    for relation in NAMES:
        degrees = np.bincount(np.array(list(_roles(store, relation).links)).ravel())
        assert max(scorer.of_relation(relation).hubs.values()) == degrees.max()


def test_pairs_may_have_a_relation_each(client: Client, store: Path) -> None:
    """Each in its place, null for an unknown node, with the bits of a request about one relation."""
    pairs = [["a", "b"], ["b", "a"], ["a", "?"], ["a", "b"], ["c", "a"]]
    relations = [NAMES[at] for at in (2, 0, 1, 1, 2)]
    body = {"pairs": pairs, "relations": relations, "on_unknown": "null", "include": ["support"]}
    answer = client.post(f"{URL}/scores", json=body).json()
    for field in ("logit", "probability", "known", "support"):
        for at, (pair, relation) in enumerate(zip(pairs, relations, strict=True)):
            alone = {**body, "pairs": [pair], "relations": None, "relation": relation}
            assert client.post(f"{URL}/scores", json=alone).json()[field] == [answer[field][at]]
    roles = _roles(store, NAMES[2])
    assert answer["logit"][4] == pytest.approx(roles.logit(roles.ids.index("c"), roles.ids.index("a")), abs=1e-9)
    assert (answer["logit"][2], "relation" in answer) == (None, False)


def test_a_logit_is_the_same_from_either_end(client: Client) -> None:
    """To the bit: of a pair, of a source's neighbours and of a target's."""
    about: dict[str, Any] = {"relation": NAMES[0], "k": 60, "known": True}
    ends = {"out": ("a", "b"), "in": ("b", "a")}
    logit = client.get(f"{URL}/score", params={**PAIR, "relation": NAMES[0]}).json()["logit"]
    for direction, (node, other) in ends.items():
        found = client.get(f"{URL}/neighbors", params={**about, "node": node, "direction": direction}).json()[
            "neighbors"
        ]
        assert [entry["logit"] for entry in found if entry["node"] == other] == [logit]


def test_a_node_lists_its_links_of_all_relations(client: Client, store: Path) -> None:
    """In order of relation, each with its relation; so many of them as requested, of a degree of all."""
    ids = _roles(store, NAMES[0]).ids
    for limit in (100, 2):
        answer = client.get(f"{URL}/node", params={"node": "a", "limit": limit}).json()
        for which, end in (("", 0), ("in_", 1)):
            links = [
                (relation, ids[pair[1 - end]])
                for relation in NAMES
                for pair in sorted(_roles(store, relation).links)
                if ids[pair[end]] == "a"
            ]
            assert answer[f"{which}degree"] == len(links) > 2
            listed = zip(answer[f"{which}neighbor_relations"], answer[f"{which}neighbors"], strict=True)
            assert list(listed) == links[:limit]


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "/score", {"params": PAIR}),
        ("GET", "/score", {"params": {**PAIR, "include": "support"}}),
        ("GET", "/neighbors", {"params": {"node": "a"}}),
        ("GET", "/neighbors", {"params": {"node": "a", "direction": "in"}}),
        ("GET", "/embedding", {"params": {"node": "a", "role": "source"}}),
        ("GET", "/embeddings", {"params": {"role": "source"}}),
        ("POST", "/scores", {"json": {"pairs": [["a", "b"]]}}),
        ("POST", "/neighbors", {"json": {"nodes": ["a"]}}),
        ("POST", "/embeddings", {"json": {"nodes": ["a"], "role": "source"}}),
    ],
)
def test_one_of_several_relations_must_be_named(
    client: Client, method: str, path: str, options: dict[str, Any]
) -> None:
    """The answer names them; a model of one relation is asked about that."""
    response = client.request(method, f"{URL}{path}", **options)
    assert wrong_fields(response) == ["relation"]
    assert all(repr(name) in response.json()["detail"] for name in NAMES)
    assert client.request(method, f"/v1/models/single{path}", **options).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "/score", {"params": {**PAIR, "relation": "like"}}),
        ("GET", "/neighbors", {"params": {"node": "a", "relation": "like"}}),
        ("GET", "/node", {"params": {"node": "a", "relation": "like"}}),
        ("GET", "/embedding", {"params": {"node": "a", "relation": "like"}}),
        ("GET", "/embeddings", {"params": {"relation": "like"}}),
        ("POST", "/scores", {"json": {"pairs": [], "relation": "like"}}),
        ("POST", "/scores", {"json": {"pairs": [["a", "b"]], "relations": ["like"]}}),
        ("POST", "/neighbors", {"json": {"nodes": [], "relation": "like"}}),
        ("POST", "/embeddings", {"json": {"nodes": [], "relation": "like"}}),
    ],
)
def test_an_unknown_relation_is_refused(client: Client, method: str, path: str, options: dict[str, Any]) -> None:
    """The answer suggests close ones; a model without relations has none at all."""
    response = client.request(method, f"{URL}{path}", **options)
    [field] = wrong_fields(response)
    assert (field.split(".")[0] in ("relation", "relations"), "'likes'" in response.json()["detail"]) == (True, True)
    assert_problem(client.request(method, f"/v1/models/plain{path}", **options), 409, "unsupported-by-model")


@pytest.mark.parametrize("body", [{"relations": ["likes"]}, {"relations": ["likes"] * 2, "relation": "likes"}])
def test_each_pair_has_one_relation(client: Client, body: dict[str, Any]) -> None:
    """As many as there are pairs, and not another one for all."""
    assert wrong_fields(client.post(f"{URL}/scores", json={"pairs": [["a", "b"]] * 2, **body})) == ["relations"]


def test_calibration_is_of_the_relation(client: Client) -> None:
    """By its own curve and prior, or those of all where it has none; of pairs with a relation each, one by one."""
    expected = []
    for name, slope, prior in zip(NAMES, (1 / 3, 1 / 9, 1 / 9), (0.2, 0.3, 0.1), strict=True):
        answer = client.get(f"{URL}/score", params={**PAIR, "relation": name, "include": "calibrated"}).json()
        odds = np.exp(slope * answer["logit"]) * prior / (1 - prior)
        assert (answer["prior"], answer["calibrated"]) == (prior, pytest.approx(odds / (1 + odds)))
        expected.append((answer["calibrated"], prior))
    body = {"pairs": [["a", "b"]] * 3, "relations": NAMES, "include": ["calibrated"]}
    answer = client.post(f"{URL}/scores", json=body).json()
    assert list(zip(answer["calibrated"], answer["priors"], strict=True)) == expected
    assert "prior" not in answer


def test_cut_offs_are_of_the_relation_or_of_all(client: Client) -> None:
    """Of one without enough held-out links there are none."""
    url, goal = f"{URL}/thresholds", {"target": "recall", "value": "0.5"}
    links = [
        client.get(url, params={**goal, **about}).json()["links"]["expected"] for about in ({"relation": "likes"}, {})
    ]
    assert links == [3, 6]
    problem = assert_problem(client.get(url, params={**goal, "relation": "knows"}), 409, "unsupported-by-model")
    assert "with 50 validation links, " in problem["detail"]
    assert "'knows' with fewer" in problem["detail"]


def test_targets_need_no_relation(client: Client, store: Path) -> None:
    """Their vectors are the same for all of them."""
    vector = client.get(f"{URL}/embedding", params={"node": "a"}).json()["embedding"]
    roles = _roles(store, NAMES[0])
    assert (np.array(vector, np.float32) == roles.mu[roles.ids.index("a")].astype(np.float32)).all()


@pytest.mark.parametrize("about", [{}, {"relation": "likes"}])
def test_models_with_relations_neither_explain_nor_embed(client: Client, about: dict[str, str]) -> None:
    """The answer says what serves instead, also where a relation is named; to other models one is 409 by itself."""
    for model, found in (("kg", "neighbors"), ("plain", "relation: ")):
        for response in (
            client.get(f"/v1/models/{model}/explanation", params={**PAIR, **about}),
            client.post(f"/v1/models/{model}/unseen", json={"neighbors": ["a"], "k": 3, **about}),
        ):
            if about or model == "kg":
                assert found in assert_problem(response, 409, "unsupported-by-model")["detail"]


def test_facts_name_the_relations(client: Client) -> None:
    """In the order of the checkpoint; hubs have links of all of them."""
    facts = client.get(URL).json()
    assert (facts["kind"], facts["relations"]) == ("complex", list(NAMES))
    small = MODELS["kg"]
    degrees = np.bincount(small.edges.ravel(), minlength=60)
    assert [hub["degree"] for hub in facts["hubs"]] == np.sort(degrees)[::-1][:10].tolist()
