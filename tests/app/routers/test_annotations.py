"""Annotations (calibrated probabilities, intervals and local evidence) on every route that scores, against their formulas."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlink.models.checkpoint import publish
from latentlink.models.inference.intervals import logit_variance
from tests.support import RELIABILITY, Client, Small, assert_problem, serving, wrong_fields

SMALL = Small.random()
IDS, MU = SMALL.ids, SMALL.mu
LOGVAR = np.random.default_rng(1).uniform(-3, 0, MU.shape).astype(np.float32)
CURVE = {"slope": 0.8, "intercept": -0.5, "bend": -0.3, "prior": 0.02, **RELIABILITY}
URL = "/v1/models/variational"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A VGAE with a calibration, and a GAE without."""
    store = tmp_path_factory.mktemp("annotations")
    files = SMALL._files() | {"embeddings.safetensors": {"mu": MU, "logvar": LOGVAR}}
    publish(store, "variational", SMALL.facts(model="vgae", calibration=CURVE), files)
    SMALL.publish(store, "plain")
    with serving(store) as client:
        yield client


def _logit(i: int, j: int) -> float:
    return float(MU[i].astype(np.float64) @ MU[j])


def _calibrated(i: int, j: int, prior: float = 0.02) -> float:
    odds = np.exp(0.8 * _logit(i, j) - 0.6 * np.log(np.cosh(_logit(i, j) / 2)) - 0.5) * prior / (1 - prior)
    return float(odds / (1 + odds))


def _ends(i: int, j: int) -> list[float]:
    variance = logit_variance(MU, LOGVAR, np.array([i]), np.array([j]))[0]
    return [_logit(i, j) - 1.6448536 * variance**0.5, _logit(i, j) + 1.6448536 * variance**0.5]


def _unknown_pair() -> tuple[int, int]:
    edges = {tuple(edge) for edge in np.sort(SMALL.edges, axis=1).tolist()}
    return next((i, j) for i in range(60) for j in range(i + 1, 60) if (i, j) not in edges)


def test_a_score_has_the_requested_annotations(client: Client) -> None:
    """And no others; the prior in use is the calibration's, or the requested one."""
    i, j = _unknown_pair()
    pair = {"source": IDS[i], "target": IDS[j]}
    assert set(client.get(f"{URL}/score", params=pair).json()) & {"calibrated", "prior", "interval"} == set()
    answer = client.get(f"{URL}/score", params={**pair, "include": "calibrated", "interval": 0.9}).json()
    assert answer["calibrated"] == pytest.approx(_calibrated(i, j))
    assert answer["prior"] == 0.02
    assert answer["interval"]["logit"] == pytest.approx(_ends(i, j))
    assert answer["interval"]["probability"] == pytest.approx([1 / (1 + np.exp(-end)) for end in _ends(i, j)])
    answer = client.get(f"{URL}/score", params={**pair, "include": "calibrated", "prior": 0.3}).json()
    assert (answer["calibrated"], answer["prior"]) == (pytest.approx(_calibrated(i, j, 0.3)), 0.3)


@pytest.mark.parametrize("curve", ["line", "knots"])
def test_a_calibration_is_a_line_or_has_knots(tmp_path: Path, curve: str) -> None:
    """The first checkpoints had no bend; newer ones have log-odds at knots, here of the same line."""
    ends = [-50.0, 50.0]
    knots = {"logit": ends, "log_odds": [0.8 * end - 0.5 for end in ends]}
    facts = {"knots": knots} if curve == "knots" else {"slope": 0.8, "intercept": -0.5}
    SMALL.publish(tmp_path, "other", calibration={**RELIABILITY, "prior": 0.02, **facts})
    i, j = _unknown_pair()
    query = {"source": IDS[i], "target": IDS[j], "include": "calibrated", "prior": "0.5"}
    with serving(tmp_path) as client:
        answer = client.get("/v1/models/other/score", params=query).json()
    assert answer["calibrated"] == pytest.approx(1 / (1 + np.exp(0.5 - 0.8 * _logit(i, j))))


def test_an_annotation_without_meaning_is_null(client: Client) -> None:
    """A known link has no calibrated probability, a node with itself no interval, an unknown node neither."""
    i, j = SMALL.edges[0].tolist()
    u, v = _unknown_pair()
    pairs = [[IDS[i], IDS[j]], [IDS[u], IDS[u]], ["nobody", IDS[u]], [IDS[u], IDS[v]]]
    body = {"pairs": pairs, "on_unknown": "null", "include": ["calibrated"], "interval": 0.9}
    answer = client.post(f"{URL}/scores", json=body).json()
    assert answer["calibrated"] == [None, pytest.approx(_calibrated(u, u)), None, pytest.approx(_calibrated(u, v))]
    assert [ends is None for ends in answer["interval"]] == [False, True, True, False]
    assert answer["interval"][3]["logit"] == pytest.approx(_ends(u, v))
    assert answer["prior"] == 0.02


def test_neighbours_have_them_too(client: Client) -> None:
    """One node's and many nodes'."""
    options: dict[str, Any] = {"k": 3, "include": "calibrated", "interval": 0.9}
    one = client.get(f"{URL}/neighbors", params={"node": IDS[4], **options}).json()
    many = client.post(f"{URL}/neighbors", json={"nodes": [IDS[4]], **options, "include": ["calibrated"]}).json()
    assert many["results"][0]["neighbors"] == one["neighbors"]
    assert many["prior"] == one["prior"] == 0.02
    for entry in one["neighbors"]:
        row = IDS.index(entry["node"])
        assert entry["calibrated"] == pytest.approx(_calibrated(4, row))
        assert entry["interval"]["logit"] == pytest.approx(_ends(4, row))


def test_an_annotation_that_a_model_lacks_is_refused_with_the_reason(client: Client) -> None:
    """A checkpoint without a calibration, a model without a posterior, fractions outside (0, 1)."""
    i, j = _unknown_pair()
    pair = {"source": IDS[i], "target": IDS[j]}
    response = client.get("/v1/models/plain/score", params={**pair, "include": "calibrated"})
    assert "without; train again" in assert_problem(response, 409, "unsupported-by-model")["detail"]
    response = client.get("/v1/models/plain/score", params={**pair, "interval": 0.9})
    assert "kind gae" in assert_problem(response, 409, "unsupported-by-model")["detail"]
    for wrong in ({"prior": 0}, {"prior": 1}, {"interval": 1}, {"include": "all"}, {"include": "support,"}):
        [field] = wrong_fields(client.get(f"{URL}/score", params={**pair, **wrong}))
        assert field.split(".")[0] in wrong


@pytest.mark.parametrize(
    "query", ["include=calibrated&include=support", "include=calibrated,support", "include=support,+calibrated,support"]
)
def test_a_query_includes_by_repetition_or_with_commas(client: Client, query: str) -> None:
    """Both annotations are in the answer."""
    i, j = _unknown_pair()
    answer = client.get(f"{URL}/score?source={IDS[i]}&target={IDS[j]}&{query}").json()
    assert {"calibrated", "support"} < answer.keys()


def test_a_prior_for_nothing_is_refused(client: Client) -> None:
    """Without `include=calibrated` it would be ignored: 422 on every route that takes one."""
    a, b = IDS[:2]
    for response in (
        client.get(f"{URL}/score", params={"source": a, "target": b, "prior": 0.1}),
        client.get(f"{URL}/neighbors", params={"node": a, "prior": 0.1}),
        client.post(f"{URL}/scores", json={"pairs": [[a, b]] * 200, "prior": 0.1}),
        client.post(f"{URL}/neighbors", json={"nodes": [a], "prior": 0.1}),
    ):
        assert wrong_fields(response) == ["prior"]


def _steps(i: int, j: int) -> int | None:
    """Distance by powers of the adjacency."""
    a = np.zeros((60, 60), np.int64)
    a[tuple(SMALL.edges.T)] = 1
    a, power = a + a.T, np.eye(60, dtype=np.int64)
    for steps in range(4):
        if power[i, j]:
            return steps
        power = power @ a
    return None


def _support(i: int, j: int) -> dict[str, Any]:
    """The components of `SMALL`: its first half is connected, the other nodes have none."""
    degrees = [np.count_nonzero(SMALL.edges == node) for node in (i, j)]
    return {
        "degrees": degrees,
        "same_component": i == j or max(i, j) < 30,
        "distance": _steps(i, j),
        "exact": True,
        "cold_start": min(degrees) < 3,
    }


def test_a_pair_and_many_have_their_local_evidence(client: Client) -> None:
    """Of known links, of nodes without any, of a node with itself; null for unknown ones."""
    pairs = [*SMALL.edges[:3].tolist(), *[[0, j] for j in range(40)], [35, 35], [31, 47]]
    ids = [[IDS[i], IDS[j]] for i, j in pairs]
    body = {"pairs": [*ids, ["nobody", "a"]], "on_unknown": "null", "include": ["support"]}
    many = client.post(f"{URL}/scores", json=body).json()["support"]
    assert many == [*(_support(i, j) for i, j in pairs), None]
    assert {support["distance"] for support in many[:-1]} >= {None, 0, 1, 2}
    for (source, target), support in zip(ids[::9], many[::9], strict=False):
        one = client.get(f"{URL}/score", params={"source": source, "target": target, "include": "support"}).json()
        assert one["support"] == support
        assert "calibrated" not in one


def test_neighbours_have_local_evidence_too(client: Client) -> None:
    """One node's and many nodes'; the source is the node of the request."""
    one = client.get(f"{URL}/neighbors", params={"node": IDS[4], "k": 20, "include": "support"}).json()["neighbors"]
    many = client.post(f"{URL}/neighbors", json={"nodes": [IDS[4]], "k": 20, "include": ["support"]}).json()
    assert many["results"][0]["neighbors"] == one
    assert [entry["support"] for entry in one] == [_support(4, IDS.index(entry["node"])) for entry in one]


def test_local_evidence_of_too_many_pairs_is_refused(client: Client) -> None:
    """1,000 pairs are answered, one more is not, on any route; without local evidence it is."""
    pair, body = [IDS[0], IDS[1]], {"include": ["support"]}
    assert len(client.post(f"{URL}/scores", json={**body, "pairs": [pair] * 1000}).json()["support"]) == 1000
    assert client.post(f"{URL}/scores", json={"pairs": [pair] * 1001}).status_code == 200
    assert wrong_fields(client.post(f"{URL}/scores", json={**body, "pairs": [pair] * 1001})) == ["pairs"]
    assert wrong_fields(client.post(f"{URL}/neighbors", json={**body, "nodes": [IDS[0]] * 101})) == ["nodes × k"]


def test_a_checkpoint_without_components_says_null(tmp_path: Path) -> None:
    """It was made before there were components; the other fields are there."""
    files = SMALL._files()
    graph = {name: tensor for name, tensor in files["graph.safetensors"].items() if name != "components"}
    publish(tmp_path, "older", SMALL.facts(), files | {"graph.safetensors": graph})
    with serving(tmp_path) as client:
        query = {"source": IDS[0], "target": IDS[40], "include": "support"}
        answer = client.get("/v1/models/older/score", params=query).json()
    assert answer["support"] == {**_support(0, 40), "same_component": None}
