"""Every route of a running service against numpy on the arrays of its checkpoint, read by another library."""

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from safetensors.numpy import load_file

from latentlink.models.arrays import Int64

SAMPLED = 60  # nodes and pairs that are requested


class Truth:
    """The contents of a checkpoint, without a line of the reader's or the service's code.

    Args:
        version: its directory.
    """

    def __init__(self, version: Path) -> None:
        self.manifest: dict[str, Any] = json.loads((version / "manifest.json").read_text("utf-8"))
        embeddings, graph = load_file(version / "embeddings.safetensors"), load_file(version / "graph.safetensors")
        nodes = load_file(version / "nodes.safetensors")
        ends, content = nodes["offsets"].tolist(), nodes["bytes"].tobytes()
        self.ids = [content[a:b].decode() for a, b in pairwise(ends)]
        self.mu, self.map = embeddings["mu"], embeddings["map"]
        self.variance = np.exp(embeddings["logvar"].astype(np.float64))
        self.dense = self.variance.shape[1]  # columns with a posterior, the first ones
        self.weights = embeddings.get("column_weights", np.ones(self.mu.shape[1])).astype(np.float64)
        self.shared = load_file(version / "weights.safetensors").get("shared_links.weight", np.zeros(3)).tolist()
        self.links = [set(row.tolist()) for row in np.split(graph["indices"], graph["indptr"][1:-1])]
        self.components = graph["components"]

    def logits(self, row: int) -> Any:
        """float64 (N,): of one node with all."""
        return self.logits_of(self.mu[row], self.links[row])

    def logits_of(self, z: Any, linked: set[int], more: int = 0) -> Any:
        """float64 (N,): Σ_d a_d z_d z_jd + Σ_u w(k_u), of a vector with links, which add `more` to each degree."""
        sums = np.zeros(len(self.ids))
        a, b, c = self.shared
        for neighbor in linked:
            k = max(len(self.links[neighbor]) + more, 2)
            sums[list(self.links[neighbor])] += a + b / math.log(k) + c / k
        return self.products(z) + sums

    def products(self, z: Any, columns: int | None = None) -> Any:
        """float64 (N,): of a vector with all nodes, over its first columns or all."""
        return self.mu[:, :columns].astype(np.float64) @ (self.weights * np.asarray(z, np.float64))[:columns]

    def support(self, i: int, j: int) -> dict[str, Any]:
        """Of a pair, by steps from its source."""
        reached, steps = {i}, 0
        while j not in reached and steps < 4:
            reached, steps = reached.union(*(self.links[node] for node in reached)), steps + 1
        degrees = [len(self.links[i]), len(self.links[j])]
        return {
            "degrees": degrees,
            "same_component": bool(self.components[i] == self.components[j]),
            "distance": steps if steps < 4 else None,
            "exact": True,
            "cold_start": min(degrees) < 3,
        }


def assert_answers_are_numpys(url: str, version: Path) -> None:
    """Ask every route that answers of the graph, and compute each answer anew."""
    truth, rng = Truth(version), np.random.default_rng(0)
    rows = rng.choice(len(truth.ids), SAMPLED, replace=False)
    with httpx2.Client(base_url=f"{url}/v1/models/default", timeout=30) as client:
        _assert_scores(client, truth, rows, np.roll(rows, 1))
        _assert_vectors(client, truth, rows)
        for row in rows[:20].tolist():
            _assert_neighbors(client, truth, row)
            _assert_node(client, truth, row)
        _assert_explanation(client, truth, rows)
        _assert_new_nodes(client, truth, rows)


def _get(client: httpx2.Client, path: str, **params: Any) -> Any:
    response = client.get(path, params=params)
    assert response.status_code == 200, response.text
    return response.json()


def _assert_scores(client: httpx2.Client, truth: Truth, sources: Int64, targets: Int64) -> None:
    pairs = [[truth.ids[i], truth.ids[j]] for i, j in zip(sources, targets, strict=True)]
    body = {"pairs": pairs, "include": ["calibrated", "support"], "interval": 0.9}
    many = client.post("/scores", json=body).json()
    for at, (i, j) in enumerate(zip(sources.tolist(), targets.tolist(), strict=True)):
        logit, known = truth.logits(i)[j], j in truth.links[i]
        one = _get(client, "/score", source=pairs[at][0], target=pairs[at][1])
        assert (many["probability"][at], many["logit"][at]) == (one["probability"], one["logit"])
        assert math.isclose(one["logit"], logit, abs_tol=1e-9)
        assert math.isclose(one["probability"], 1 / (1 + math.exp(-logit)), abs_tol=1e-12)
        assert one["known"] == many["known"][at] == known
        knots, prior = truth.manifest["calibration"]["knots"], many["prior"]
        odds = math.exp(np.interp(logit, knots["logit"], knots["log_odds"])) * prior / (1 - prior)
        assert many["calibrated"][at] is None if known else math.isclose(many["calibrated"][at], odds / (1 + odds))
        assert many["support"][at] == truth.support(i, j)
        m, n = truth.mu[[i, j], : truth.dense].astype(float)
        v, w, weight = truth.variance[i], truth.variance[j], truth.weights[: truth.dense]
        reach = 1.6448536269514722 * math.sqrt((weight**2 * (v * w + m * m * w + n * n * v)).sum())
        np.testing.assert_allclose(many["interval"][at]["logit"], [logit - reach, logit + reach], rtol=1e-6)


def _assert_vectors(client: httpx2.Client, truth: Truth, rows: Int64) -> None:
    names = [truth.ids[row] for row in rows]
    table = _get(client, "/embeddings")
    assert table["nodes"] == truth.ids
    assert (np.array(table["embeddings"], np.float32) == truth.mu).all()
    some = client.post("/embeddings", json={"nodes": names}).json()["embeddings"]
    assert (np.array(some, np.float32) == truth.mu[rows]).all()
    assert _get(client, "/embedding", node=names[0])["embedding"] == some[0]
    picture = _get(client, "/map")
    assert (picture["method"], picture["nodes"]) == ("pca", truth.ids)
    assert (truth.map == np.array([picture["x"], picture["y"]], np.float32).T).all()


def _assert_neighbors(client: httpx2.Client, truth: Truth, row: int) -> None:
    """The best ten that are neither the node itself nor linked to it, and with `known` the best of all others."""
    logits = truth.logits(row)
    for known in (False, True):
        barred = {row} if known else {row, *truth.links[row]}
        best = [other for other in np.argsort(-logits, kind="stable").tolist() if other not in barred][:10]
        found = _get(client, "/neighbors", node=truth.ids[row], known=known)["neighbors"]
        np.testing.assert_allclose([entry["logit"] for entry in found], logits[best], atol=1e-9)
        assert {entry["node"] for entry in found} == {truth.ids[other] for other in best}


def _assert_node(client: httpx2.Client, truth: Truth, row: int) -> None:
    node = _get(client, "/node", node=truth.ids[row], limit=100)
    assert node["degree"] == len(truth.links[row])
    assert set(node["neighbors"]) <= {truth.ids[other] for other in truth.links[row]}
    prefix = truth.ids[row][:3]
    expected = sorted((i for i in truth.ids if i.casefold().startswith(prefix.casefold())), key=lambda i: i.encode())
    assert _get(client, "/nodes", prefix=prefix, limit=100)["nodes"] == expected[:100]


def _assert_explanation(client: httpx2.Client, truth: Truth, rows: Int64) -> None:
    """The parts add up to the logit, and each side's to that of the encoder's columns."""
    for i, j in zip(rows[:20].tolist(), rows[20:40].tolist(), strict=True):
        answer = _get(client, "/explanation", source=truth.ids[i], target=truth.ids[j], limit=5)
        for side in answer["sides"]:
            parts = [side["self"]["contribution"], side["rest"], *(part["contribution"] for part in side["others"])]
            assert math.isclose(math.fsum(parts), truth.products(truth.mu[i], truth.dense)[j], abs_tol=1e-4)
        whole = answer.get("parts", {"dense": truth.logits(i)[j]})
        assert math.isclose(math.fsum(whole.values()), truth.logits(i)[j], abs_tol=1e-4)


def _assert_new_nodes(client: httpx2.Client, truth: Truth, rows: Int64) -> None:
    """Scores and neighbours are those of the vector; one of several without links is as if alone, and is explained in full."""
    names = [truth.ids[row] for row in rows.tolist()]
    new_nodes = [{"id": str(at), "neighbors": names[at : at + 3]} for at in range(3)]
    options = {"targets": names[10:15], "k": 5, "include": ["explanation"]}
    for at, result in enumerate(client.post("/unseen", json={"strangers": new_nodes, **options}).json()["results"]):
        logits = truth.logits_of(result["embedding"], set(rows[at : at + 3].tolist()), more=1)
        np.testing.assert_allclose(result["logit"], logits[rows[10:15]], atol=1e-6)
        barred = set(rows[at : at + 3].tolist())
        best = [row for row in np.argsort(-logits, kind="stable").tolist() if row not in barred][:5]
        np.testing.assert_allclose([entry["logit"] for entry in result["neighbors"]], logits[best], atol=1e-6)
        alone = client.post("/unseen", json={"neighbors": names[at : at + 3], **options}).json()
        assert alone["embedding"] == result["embedding"]
        dense = truth.products(result["embedding"], truth.dense)[rows[10:15]]
        for product, explanation in zip(dense, result["explanation"], strict=True):
            for side in explanation["sides"]:
                parts = [side["self"]["contribution"], side["rest"], *(part["contribution"] for part in side["others"])]
                assert math.isclose(math.fsum(parts), product, abs_tol=1e-4)
