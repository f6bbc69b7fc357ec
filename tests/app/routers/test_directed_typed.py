"""Routes of models with directed links, with typed nodes, and with both."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import arro3.io
import numpy as np
import pytest

from latentlink.app.schemas.requests import Direction
from latentlink.app.services.search.directed import Search
from latentlink.models.arrays import Int64
from latentlink.models.checkpoint import open_checkpoint, publish
from latentlink.models.checkpoint.tensors import map_tensors
from latentlink.models.facts.published import ModelFacts
from latentlink.models.graph.filter_columns import NumberColumn
from latentlink.models.graph.graph import adjacency
from latentlink.models.inference.ivf import make_index
from tests.app.readers import ARROW, NDJSON
from tests.e2e.roles import Roles, assert_answers_are_of
from tests.support import Client, Small, assert_problem, serving, wrong_fields

MODELS = {
    "directed": Small.directed(),
    "typed": Small.typed(),
    "both": Small.typed(directed=True),
    "plain": Small.random(),
}
SHARED = "n3"  # a user and an item


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of all of them."""
    store = tmp_path_factory.mktemp("roles")
    for name, small in MODELS.items():
        small.publish(store, name)
    return store


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[Client]:
    """A client of a service of it."""
    with serving(store, poll_seconds=3600) as client:
        yield client


def _version(store: Path, name: str) -> Path:
    return store / name / (store / name / "CURRENT").read_text().strip()


@pytest.mark.parametrize("name", ["directed", "typed", "both"])
@pytest.mark.parametrize("cells", [1_000_000, 0])
def test_every_route_answers_as_numpy_does(
    client: Client, store: Path, name: str, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the files of the checkpoint, at a glance and in scans of several searches."""
    monkeypatch.setattr("latentlink.app.services.search.searcher._GLANCE_CELLS", cells)
    assert_answers_are_of(client, f"/v1/models/{name}", _version(store, name), list(range(0, 60, 4)))


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/score", {"source": "a", "target": "b", "source_type": "user"}),
        ("/score", {"source": "a", "target": "b", "target_type": "user"}),
        ("/explanation", {"source": "a", "target": "b", "source_type": "user"}),
        ("/neighbors", {"node": "a", "type": "user"}),
        ("/neighbors", {"node": "a", "target_type": "user"}),
        ("/neighbors", {"node": "a", "direction": "out"}),
        ("/node", {"node": "a", "type": "user"}),
        ("/embedding", {"node": "a", "type": "user"}),
    ],
)
def test_other_models_have_neither_types_nor_direction(client: Client, path: str, params: dict[str, str]) -> None:
    """A parameter for them is 409 and named."""
    problem = assert_problem(client.get(f"/v1/models/plain{path}", params=params), 409, "unsupported-by-model")
    assert problem["detail"].split(":")[0] in params


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/scores", {"pairs": [], "source_type": "user"}),
        ("/neighbors", {"nodes": [], "type": "user"}),
        ("/neighbors", {"nodes": [], "direction": "in"}),
        ("/embeddings", {"nodes": [], "type": "user"}),
        ("/unseen", {"neighbors": ["a"], "type": "user"}),
        ("/unseen", {"neighbors": ["a"], "neighbor_types": ["user"]}),
        ("/unseen", {"strangers": [{"id": "x", "neighbors": ["a"], "type": "user"}]}),
    ],
)
def test_bodies_of_other_models_have_neither(client: Client, path: str, body: dict[str, Any]) -> None:
    """As queries."""
    assert_problem(client.post(f"/v1/models/plain{path}", json=body), 409, "unsupported-by-model")


def test_typed_models_have_no_direction(client: Client) -> None:
    """Links between types may have none."""
    url = "/v1/models/typed/neighbors"
    assert_problem(client.get(url, params={"node": "a", "direction": "in"}), 409, "unsupported-by-model")


@pytest.mark.parametrize("name", ["directed", "both"])
def test_directed_models_neither_explain_nor_embed(client: Client, name: str) -> None:
    """The answer says what serves instead."""
    url = f"/v1/models/{name}"
    for response in (
        client.get(f"{url}/explanation", params={"source": "a", "target": "b"}),
        client.post(f"{url}/unseen", json={"neighbors": ["a"], "k": 3}),
    ):
        assert "neighbors" in assert_problem(response, 409, "unsupported-by-model")["detail"]


@pytest.mark.parametrize(
    ("method", "path", "options", "parameter"),
    [
        ("GET", "/score", {"params": {"source": SHARED, "target": "b"}}, "source_type"),
        ("GET", "/score", {"params": {"source": SHARED, "target": "b", "include": "support"}}, "source_type"),
        ("GET", "/explanation", {"params": {"source": "b", "target": SHARED}}, "target_type"),
        ("GET", "/neighbors", {"params": {"node": SHARED}}, "type"),
        ("GET", "/neighbors", {"params": {"node": SHARED, "known": True}}, "type"),
        ("GET", "/node", {"params": {"node": SHARED}}, "type"),
        ("GET", "/embedding", {"params": {"node": SHARED}}, "type"),
        ("POST", "/scores", {"json": {"pairs": [["b", SHARED]]}}, "target_type"),
        ("POST", "/scores", {"json": {"pairs": [["b", SHARED]], "on_unknown": "null"}}, "target_type"),
        ("POST", "/scores", {"json": {"pairs": [[SHARED, SHARED]], "source_type": "user"}}, "target_type"),
        ("POST", "/neighbors", {"json": {"nodes": [SHARED]}}, "type"),
        ("POST", "/neighbors", {"json": {"nodes": ["a"], "candidates": [SHARED]}}, "target_type"),
        ("POST", "/neighbors", {"json": {"nodes": ["a"], "exclude": [SHARED]}}, "target_type"),
        ("POST", "/embeddings", {"json": {"nodes": [SHARED]}}, "type"),
        ("POST", "/unseen", {"json": {"type": "user", "neighbors": [SHARED]}}, "neighbor_types"),
        ("POST", "/unseen", {"json": {"type": "user", "neighbors": [SHARED], "target_type": "item"}}, "neighbor_types"),
        ("POST", "/unseen", {"json": {"type": "user", "neighbors": ["b"], "targets": [SHARED]}}, "target_type"),
        (
            "POST",
            "/unseen",
            {"json": {"strangers": [{"id": "x", "type": "user", "neighbors": [SHARED]}]}},
            "strangers.0.neighbor_types",
        ),
    ],
)
def test_an_id_of_several_types_needs_its_type(
    client: Client, method: str, path: str, options: dict[str, Any], parameter: str
) -> None:
    """Without it the answer lists the types, and the parameter that takes one; the message, too."""
    problem = assert_problem(client.request(method, f"/v1/models/typed{path}", **options), 409, "ambiguous-node")
    assert problem["ambiguous"] == [{"node": SHARED, "types": ["user", "item"], "parameter": parameter}]
    assert problem["detail"].endswith(f"found 'n3' of types 'user', 'item'; pass its type as {parameter}")


def test_both_ends_of_a_pair_may_need_their_types(client: Client) -> None:
    """One id at both ends is listed for each."""
    response = client.get("/v1/models/typed/score", params={"source": SHARED, "target": SHARED})
    problem = assert_problem(response, 409, "ambiguous-node")
    assert [one["parameter"] for one in problem["ambiguous"]] == ["source_type", "target_type"]


@pytest.mark.parametrize(
    ("path", "body", "estimate"),
    [
        ("/neighbors", {"nodes": [SHARED], "type": "item"}, "search.costs.Costs.of_shared_links"),
        ("/scores", {"pairs": [["b", SHARED]], "target_type": "user"}, "scorer.Scorer.shared_work"),
        ("/scores", {"pairs": [[SHARED, "a"]], "source_type": "item"}, "scorer.Scorer.shared_work"),
        ("/embeddings", {"nodes": [SHARED], "type": "item", "parts": "all"}, "scorer.Scorer.links_listed"),
        ("/unseen", {"type": "item", "neighbors": [SHARED], "k": 1}, "search.costs.Costs.of_new_shared_links"),
    ],
)
def test_work_is_that_of_the_node_of_the_type(
    client: Client, monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, Any], estimate: str
) -> None:
    """Of the user and the item of one id, the estimate is of that which the answer is about."""
    small, estimated = MODELS["typed"], set[int]()
    assert small.of is not None

    def seen(_: object, rows: Int64) -> int:
        estimated.update(rows.ravel().tolist())
        return 0

    monkeypatch.setattr(f"latentlink.app.services.{estimate}", seen)
    assert client.post(f"/v1/models/typed{path}", json=body).status_code == 200
    kind = small.types.index("user" if path == "/unseen" or "target_type" in body else "item")
    [expected] = [row for row, node in enumerate(small.ids) if node == SHARED and small.of[row] == kind]
    assert {row for row in estimated if small.ids[row] == SHARED} == {expected}


def test_the_only_type_of_partners_goes_without_saying(client: Client) -> None:
    """Items are linked to users alone, so that candidates, targets and links of items are users."""
    url = "/v1/models/typed"
    for named in ({}, {"type": "item"}):
        body = {"nodes": ["b"], **named, "candidates": [SHARED], "known": True}
        [result] = client.post(f"{url}/neighbors", json=body).json()["results"]
        assert [(entry["node"], entry["type"]) for entry in result["neighbors"]] == [(SHARED, "user")]
    body = {"type": "item", "neighbors": [SHARED], "targets": [SHARED]}
    assert client.post(f"{url}/unseen", json=body).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "options", "field"),
    [
        ("GET", "/score", {"params": {"source": "b", "target": "c"}}, "target"),
        ("GET", "/score", {"params": {"source": "b", "target": "c", "interval": 0.5}}, "target"),
        ("GET", "/score", {"params": {"source": "a", "target": "b", "source_type": "film"}}, "source_type"),
        ("GET", "/explanation", {"params": {"source": "b", "target": "c"}}, "target"),
        ("GET", "/neighbors", {"params": {"node": "b", "target_type": "item"}}, "target_type"),
        ("GET", "/neighbors", {"params": {"node": "b", "target_type": "film"}}, "target_type"),
        ("GET", "/node", {"params": {"node": "b", "type": ""}}, "type"),
        ("POST", "/scores", {"json": {"pairs": [["a", "b"], ["b", "c"]]}}, "pairs.1"),
        ("POST", "/scores", {"json": {"pairs": [["a", "?"], ["b", "c"]], "on_unknown": "null"}}, "pairs.1"),
        ("POST", "/neighbors", {"json": {"nodes": ["a", "b"], "target_type": "item"}}, "target_type"),
        ("POST", "/unseen", {"json": {"neighbors": ["b"]}}, "type"),
        ("POST", "/unseen", {"json": {"neighbors": ["tag0"], "type": "user"}}, "neighbors.0"),
        ("POST", "/unseen", {"json": {"neighbors": ["a"], "type": "user", "targets": ["a", "tag0"]}}, "targets.1"),
        ("POST", "/unseen", {"json": {"neighbors": ["b"], "neighbor_types": ["item"], "type": "item"}}, "neighbors.0"),
        (
            "POST",
            "/unseen",
            {"json": {"neighbors": ["a", "b"], "neighbor_types": ["user", "film"], "type": "user"}},
            "neighbor_types.1",
        ),
        ("POST", "/unseen", {"json": {"strangers": [{"id": "x", "neighbors": ["a"]}]}}, "strangers.0.type"),
        ("POST", "/unseen", {"json": {"strangers": [{"id": "x", "type": "user"}], "type": "user"}}, "strangers"),
        (
            "POST",
            "/unseen",
            {"json": {"strangers": [{"id": i, "type": "item"} for i in "xy"], "links": [["x", "y"]]}},
            "links",
        ),
    ],
)
def test_types_that_are_not_linked_are_refused(
    client: Client, method: str, path: str, options: dict[str, Any], field: str
) -> None:
    """The answer names those that may be, or all types."""
    response = client.request(method, f"/v1/models/typed{path}", **options)
    assert wrong_fields(response) == [field]
    assert response.json()["errors"][0]["expected"] in {
        "types that may be linked, user–user, user–item",
        "one of 'user', 'item', 'tag'",
        "that of a new node, one of 'user', 'item', 'tag'",
        "either several new nodes or the type, features and neighbors of one",
    }


def test_the_direction_of_a_pair_of_types_counts(client: Client) -> None:
    """Items lead to tags; in the other direction they are refused, and searched from the other end."""
    url, small = "/v1/models/both", MODELS["both"]
    assert small.of is not None
    tag = small.ids[int(np.flatnonzero(small.of == 2)[0])]
    assert client.get(f"{url}/score", params={"source": "b", "target": tag}).status_code == 200
    assert wrong_fields(client.get(f"{url}/score", params={"source": tag, "target": "b"})) == ["target"]
    assert client.get(f"{url}/neighbors", params={"node": tag}).json()["neighbors"] == []
    found = client.get(f"{url}/neighbors", params={"node": tag, "direction": "in"}).json()["neighbors"]
    assert {entry["type"] for entry in found} == {"item"}


def test_an_id_of_another_type_is_unknown(client: Client) -> None:
    """The answer says which types have it, and suggests ids of the requested type alone; a batch has null in its place."""
    url = "/v1/models/typed"
    for response in (
        client.get(f"{url}/node", params={"node": "item7", "type": "user"}),
        client.post(f"{url}/unseen", json={"type": "item", "neighbors": ["item7"]}),
    ):
        problem = assert_problem(response, 404, "unknown-node")
        assert problem["detail"].endswith("knows as nodes of type 'user', found 'item7' of type 'item'")
        assert problem["unknown"] == [{"node": "item7", "closest": [], "types": ["item"]}]
    [unknown] = client.get(f"{url}/node", params={"node": "item99", "type": "item"}).json()["unknown"]
    assert (len(unknown["closest"]), set(unknown)) == (3, {"node", "closest"})
    body = {"pairs": [["a", "b"], ["b", "b"]], "source_type": "user", "target_type": "item", "on_unknown": "null"}
    assert [logit is None for logit in client.post(f"{url}/scores", json=body).json()["logit"]] == [False, True]


@pytest.mark.parametrize("count", [2, 200])
def test_many_pairs_have_types_of_their_ends(client: Client, store: Path, count: int) -> None:
    """In a body that is read by the schema, and in a larger one that is read from its bytes."""
    roles = Roles(_version(store, "typed"))
    user, item = (next(r for r in range(60) if (roles.ids[r], roles.type(r)) == (SHARED, k)) for k in ("user", "item"))
    body = {"pairs": [[SHARED, SHARED]] * count, "source_type": "user", "target_type": "item"}
    logits = client.post("/v1/models/typed/scores", json=body).json()["logit"]
    np.testing.assert_allclose(logits, [roles.logit(user, item)] * count, atol=1e-9)


def test_explanations_of_typed_models_add_up(client: Client) -> None:
    """Every node of one has its type."""
    answer = client.get("/v1/models/typed/explanation", params={"source": "a", "target": "b", "limit": 100}).json()
    for side in answer["sides"]:
        parts = [side["self"]["contribution"], side["rest"], *(part["contribution"] for part in side["others"])]
        assert sum(parts) == pytest.approx(answer["logit"], abs=1e-5)
    assert [side["type"] for side in answer["sides"]] == ["user", "item"]
    assert len(answer["common_neighbors"]["types"]) == len(answer["common_neighbors"]["nodes"])


def test_new_nodes_of_typed_models_have_partners_of_their_types(client: Client, store: Path) -> None:
    """The best by the vector of each, among the types that it may be linked to, also narrowed to one."""
    roles = Roles(_version(store, "typed"))
    new_nodes = [{"id": "x", "type": "user", "neighbors": ["a"]}, {"id": "y", "type": "item", "neighbors": ["a"]}]
    answer = client.post("/v1/models/typed/unseen", json={"strangers": new_nodes, "k": 60}).json()
    for result, kinds in zip(answer["results"], ({"user", "item"}, {"user"}), strict=True):
        logits = roles.mu @ np.array(result["embedding"])
        others = [row for row in range(60) if roles.type(row) in kinds and roles.ids[row] != "a"]
        best = sorted(others, key=lambda row: (-logits[row], row))
        assert [(e["node"], e["type"]) for e in result["neighbors"]] == [(roles.ids[r], roles.type(r)) for r in best]


@pytest.mark.parametrize(
    ("target_type", "known"),
    [(None, {(SHARED, "user"), (SHARED, "item"), ("b", "item")}), ("user", {(SHARED, "user")})],
)
def test_neighbors_of_a_new_node_have_types_of_their_own(
    client: Client, target_type: str | None, known: set[tuple[str, str]]
) -> None:
    """Each is the node of its type; the type of the answers narrows these alone, of which the given links are known."""
    new_node = {"type": "user", "neighbors": [SHARED, "b", SHARED], "neighbor_types": ["item", "item", "user"]}
    body = {**new_node, "target_type": target_type, "k": 60, "known": True}
    found = client.post("/v1/models/typed/unseen", json=body).json()["neighbors"]
    assert {(entry["node"], entry["type"]) for entry in found if entry["known"]} == known
    assert {entry["type"] for entry in found} == ({"user", "item"} if target_type is None else {target_type})


def test_types_of_neighbors_are_one_for_each(client: Client) -> None:
    """Others are refused, and those of one new node beside several."""
    url, body = "/v1/models/typed/unseen", {"type": "user", "neighbors": ["a", "b"], "neighbor_types": ["user"]}
    assert wrong_fields(client.post(url, json=body)) == ["neighbor_types"]
    several = {"strangers": [{"id": "x", "type": "user", "neighbors": ["a"]}], "neighbor_types": []}
    assert wrong_fields(client.post(url, json=several)) == ["strangers"]


def test_vectors_carry_types_in_every_format(client: Client) -> None:
    """NDJSON and Arrow, null for unknown nodes."""
    url, body = "/v1/models/typed/embeddings", {"nodes": ["a", "?", "b"], "on_unknown": "null"}
    lines = client.post(url, json=body, headers={"accept": NDJSON}).content.splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["user", None, "item"]
    content = client.post(url, json=body, headers={"accept": ARROW}).content
    table = arro3.io.read_ipc_stream(io.BytesIO(content)).read_all()
    assert list(table.column("type").to_pylist()) == ["user", None, "item"]
    assert client.post(url, json=body).json()["types"] == ["user", None, "item"]


def test_the_index_searches_outgoing_links(client: Client, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is of the vectors of targets; sources are searched among all nodes."""
    model = client.app.state.service.store.get("directed")  # type: ignore[attr-defined]
    checkpoint = open_checkpoint(_version(store, "directed"))
    index, _ = make_index(checkpoint.decoder, adjacency(60, MODELS["directed"].edges), np.random.default_rng(0))
    assert np.array_equal(index.vectors, MODELS["directed"].target[index.rows])  # type: ignore[index]
    object.__setattr__(checkpoint, "index", index._replace(probes=4))
    directions: tuple[Direction, ...] = ("out", "in")
    for direction in directions:
        monkeypatch.setitem(model.searches, direction, Search.of(checkpoint, direction))
        params = {"node": "n40", "k": "3", "direction": direction}
        assert client.get("/v1/models/directed/neighbors", params=params).json()["exact"] == (direction == "in")
    assert_answers_are_of(client, "/v1/models/directed", _version(store, "directed"), [])


def test_intervals_are_of_a_source_and_a_target(tmp_path: Path) -> None:
    """By the formula in numpy, of pairs and of neighbours in both directions."""
    small, random = MODELS["directed"], np.random.default_rng(5)
    assert small.target is not None
    plain = tmp_path / "a" / "small" / small.publish(tmp_path / "a")
    files = {name: dict(map_tensors(plain / name)) for name in open_checkpoint(plain).manifest.files}
    logvar, target_logvar = random.normal(-2, 1, (2, *small.mu.shape)).astype(np.float32)
    files["embeddings.safetensors"] |= {"logvar": logvar, "target_logvar": target_logvar}
    facts = ModelFacts.model_validate({**small.facts().document(), "model": "vgae"})
    publish(tmp_path / "b", "varied", facts, files)
    m, n = small.mu.astype(float), small.target.astype(float)
    v, w = np.exp(logvar.astype(float)), np.exp(target_logvar.astype(float))
    rows = {node: row for row, node in enumerate(small.ids)}

    def expected(source: int, target: int) -> list[float]:
        variance = (v[source] * w[target] + m[source] ** 2 * w[target] + n[target] ** 2 * v[source]).sum()
        reach = 1.6448536269514722 * np.sqrt(variance)
        return [m[source] @ n[target] - reach, m[source] @ n[target] + reach]

    with serving(tmp_path / "b", poll_seconds=3600) as client:
        url = "/v1/models/varied"
        one = client.get(f"{url}/score", params={"source": "a", "target": "b", "interval": 0.9}).json()
        np.testing.assert_allclose(one["interval"]["logit"], expected(rows["a"], rows["b"]))
        for direction in ("out", "in"):
            params = {"node": "a", "direction": direction, "interval": 0.9}
            for entry in client.get(f"{url}/neighbors", params=params).json()["neighbors"]:
                ends = (rows["a"], rows[entry["node"]])
                np.testing.assert_allclose(
                    entry["interval"]["logit"], expected(*(ends if direction == "out" else ends[::-1]))
                )


def test_a_filter_and_types_narrow_together(tmp_path: Path) -> None:
    """Answers meet the filter and are of a type that the node may be linked to."""
    n = np.arange(60, dtype=np.float64)
    small = replace(MODELS["typed"], columns={"age": NumberColumn(n)})
    small.publish(tmp_path, "filtered")
    roles = Roles(_version(tmp_path, "filtered"))
    with serving(tmp_path, poll_seconds=3600) as client:
        body = {"nodes": ["a", "b"], "k": 60, "known": True, "filter": {"age": {"lt": 30}}}
        results = client.post("/v1/models/filtered/neighbors", json=body).json()["results"]
    for node, result in zip(("a", "b"), results, strict=True):
        best = roles.best(roles.ids.index(node), "out", known=True, kind=None, k=60)
        assert [entry["node"] for entry in result["neighbors"]] == [roles.ids[row] for row, _ in best if row < 30]
