"""Every route of a directed or typed model, or of a relation, against numpy on the checkpoint as another library reads it."""

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import httpx2
import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

Direction = Literal["out", "in"]


class Roles:
    """The contents of a checkpoint, without a line of the reader's or the service's code.

    Args:
        version: its directory.
        relation: the only one whose links these are, or None where links have none.
    """

    def __init__(self, version: Path, relation: str | None = None) -> None:
        self.manifest: dict[str, Any] = json.loads((version / "manifest.json").read_text("utf-8"))
        files = ("embeddings", "graph", "nodes")
        embeddings, graph, nodes = (load_file(version / f"{file}.safetensors") for file in files)
        content = nodes["bytes"].tobytes()
        self.ids = [content[a:b].decode() for a, b in pairwise(nodes["offsets"].tolist())]
        self.directed, self.names = self.manifest.get("directed", False), self.manifest.get("types", [])
        self.mu = embeddings["mu"].astype(np.float64)
        self.target = embeddings["target"].astype(np.float64) if "target" in embeddings else self.mu
        self.sources = self.mu * embeddings.get("column_weights", np.ones(self.mu.shape[1])).astype(np.float64)
        self.relation, place = relation, 0
        if relation is not None:
            place = self.manifest["relations"].index(relation)
            weights = load_file(version / "weights.safetensors")["relations.weight"][place]
            product = _complex(self.mu) * _complex(weights.astype(np.float64))
            self.sources = np.concatenate([product.real, product.imag], axis=1)
        of, rows = np.divmod(np.repeat(np.arange(len(graph["indptr"]) - 1), np.diff(graph["indptr"])), len(self.ids))
        links = zip(of.tolist(), rows.tolist(), graph["indices"].tolist(), strict=True)
        self.links = {(a, b) for relation, a, b in links if relation == place}
        pairs = graph.get("heldout", np.zeros((0, 2), int))
        heldout = {
            (a, b) for a, b in pairs[graph.get("heldout_relation", np.full(len(pairs), place)) == place].tolist()
        }
        self.barred = self.links | heldout | (set() if self.directed else {(b, a) for a, b in heldout})
        self.kinds = nodes["type"].tolist() if self.names else []

    def __len__(self) -> int:
        return len(self.ids)

    def logit(self, source: int, target: int) -> float:
        """Σ_d a_d mu_d target_d, or the real part of Σ mu_d r_d conj(mu_d) of complex numbers."""
        return float(math.fsum(self.sources[source] * self.target[target]))

    def type(self, row: int) -> str | None:
        """The name of the type of a node, in a typed model."""
        return self.names[self.kinds[row]] if self.names else None

    def typed(self, **rows: int) -> dict[str, Any]:
        """The types of some nodes by their fields; none in a model without."""
        return {field: self.type(row) for field, row in rows.items()} if self.names else {}

    def may(self, source: int, target: int) -> bool:
        """Whether the types of a pair may be linked."""
        pair = [self.type(source), self.type(target)]
        linked = self.manifest.get("linked", [[None, None]])
        return pair in linked or (not self.directed and pair[::-1] in linked)

    def pairs(self, direction: Direction, row: int) -> list[tuple[int, int]]:
        """A node with each other node, in a direction."""
        return [(row, other) if direction == "out" else (other, row) for other in range(len(self)) if other != row]

    def best(self, row: int, direction: Direction, *, known: bool, kind: str | None, k: int) -> list[tuple[int, float]]:
        """The partners of a node, best first, with their logits."""
        scored = []
        for pair in self.pairs(direction, row):
            other = pair[1] if direction == "out" else pair[0]
            if self.may(*pair) and kind in (None, self.type(other)) and (known or pair not in self.barred):
                scored.append((-self.logit(*pair), other))
        return [(other, -logit) for logit, other in sorted(scored)[:k]]

    def support(self, source: int, target: int) -> tuple[list[int], int | None]:
        """Links from the source and to the target, and the steps between them, up to 3."""
        degrees = [sum(a == source for a, _ in self.links), sum(b == target for _, b in self.links)]
        reached, steps = {source}, 0
        while target not in reached and steps < 4:
            reached, steps = reached | {b for a, b in self.links if a in reached}, steps + 1
        return degrees, steps if steps < 4 else None


def _complex(z: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
    """Numbers of which the real parts stand before the imaginary ones."""
    real, imaginary = np.split(z, 2, axis=-1)
    return real + 1j * imaginary


def assert_answers_are_of(
    client: httpx2.Client, url: str, version: Path, rows: list[int], relation: str | None = None
) -> None:
    """Ask every route about some nodes, and compute each answer anew.

    Args:
        client: of the service.
        url: the path of the model.
        version: the directory of its checkpoint.
        rows: at least ten of its nodes.
        relation: to ask about.
    """
    roles = Roles(version, relation)
    ask = _Ask(client, url, {} if relation is None else {"relation": relation})
    directions: tuple[Direction, ...] = ("out", "in") if roles.directed else ("out",)
    _assert_pairs(ask, roles, [(i, j) for i in rows for j in rows if roles.may(i, j)])
    for direction in directions:
        for row in rows:
            _assert_neighbors(ask, roles, row, direction)
        _assert_neighbors_of_many(ask, roles, rows, direction)
    for row in rows:
        _assert_node(ask, roles, row)
    _assert_vectors(ask, roles, rows)
    facts = ask.get("")
    for field, expected in (("directed", roles.directed), ("types", roles.names)):
        assert facts.get(field, type(expected)()) == expected


class _Ask:
    def __init__(self, client: httpx2.Client, url: str, about: dict[str, str]) -> None:
        self._client, self._url, self._about = client, url, about

    def get(self, path: str, **params: Any) -> Any:
        about = {} if path in ("", "/map", "/nodes") else self._about
        return self._answer(self._client.get(f"{self._url}{path}", params={**about, **params}), about)

    def post(self, path: str, **body: Any) -> Any:
        return self._answer(self._client.post(f"{self._url}{path}", json={**self._about, **body}), self._about)

    def _answer(self, response: httpx2.Response, about: dict[str, str]) -> Any:
        assert response.status_code == 200, response.text
        answer = response.json()
        assert answer.items() >= about.items()
        return answer


def _assert_pairs(ask: _Ask, roles: Roles, pairs: list[tuple[int, int]]) -> None:
    """One by one and, of one pair of types, together: logit, probability, whether the link is known, and support."""
    answers: dict[tuple[tuple[str, str], ...], list[tuple[int, int, Any]]] = {}
    for i, j in pairs:
        kinds = roles.typed(source_type=i, target_type=j)
        one = ask.get("/score", source=roles.ids[i], target=roles.ids[j], include="support", **kinds)
        logit = roles.logit(i, j)
        assert math.isclose(one["logit"], logit, abs_tol=1e-9)
        assert math.isclose(one["probability"], 1 / (1 + math.exp(-logit)), abs_tol=1e-12)
        assert one["known"] == ((i, j) in roles.links)
        assert {field: one[field] for field in kinds} == kinds
        degrees, distance = roles.support(i, j)
        assert (one["support"]["degrees"], one["support"]["distance"]) == (degrees, distance)
        answers.setdefault(tuple(kinds.items()), []).append((i, j, one))
    for named, found in answers.items():
        body = {"pairs": [[roles.ids[i], roles.ids[j]] for i, j, _ in found], "include": ["support"]}
        many = ask.post("/scores", **body, **dict(named))
        for field in ("logit", "probability", "known", "support"):
            assert many[field] == [one[field] for *_, one in found]


def _assert_neighbors(ask: _Ask, roles: Roles, row: int, direction: Direction) -> None:
    """The best, with and without known links, of each type and of all."""
    toward = {"direction": direction} if roles.directed else {}
    partners = {
        roles.type(end) for pair in roles.pairs(direction, row) if roles.may(*pair) for end in set(pair) - {row}
    }
    for kind in sorted({None, *partners}, key=str):
        for known in (False, True):
            narrowed = {} if kind is None else {"target_type": kind}
            options = {**toward, **narrowed, **roles.typed(type=row), "known": known, "k": 7}
            answer = ask.get("/neighbors", node=roles.ids[row], **options)
            best = roles.best(row, direction, known=known, kind=kind, k=7)
            assert [entry["node"] for entry in answer["neighbors"]] == [roles.ids[other] for other, _ in best]
            assert [entry.get("type") for entry in answer["neighbors"]] == [roles.type(other) for other, _ in best]
            np.testing.assert_allclose([e["logit"] for e in answer["neighbors"]], [x for _, x in best], atol=1e-9)
            pairs = [(row, other) if direction == "out" else (other, row) for other, _ in best]
            assert [entry["known"] for entry in answer["neighbors"]] == [pair in roles.links for pair in pairs]
            assert answer.get("direction", "out") == direction
            assert {field: answer[field] for field in roles.typed(type=row)} == roles.typed(type=row)


def _assert_neighbors_of_many(ask: _Ask, roles: Roles, rows: list[int], direction: Direction) -> None:
    """Nodes of different types in one request, of the ids that one type alone has, among all and among candidates."""
    toward = {"direction": direction} if roles.directed else {}
    unique = [row for row in rows if roles.ids.count(roles.ids[row]) == 1]
    nodes = [roles.ids[row] for row in unique]
    for narrowed in ({}, {"candidates": nodes}):
        answer = ask.post("/neighbors", nodes=nodes, k=60, include=["support"], **toward, **narrowed)
        for row, result in zip(unique, answer["results"], strict=True):
            best = roles.best(row, direction, known=False, kind=None, k=len(roles))
            expected = [other for other, _ in best if not narrowed or other in unique][:60]
            assert [entry["node"] for entry in result["neighbors"]] == [roles.ids[other] for other in expected]
            for other, entry in zip(expected, result["neighbors"], strict=True):
                ends = (row, other) if direction == "out" else (other, row)
                assert entry["support"]["degrees"] == roles.support(*ends)[0]


def _assert_node(ask: _Ask, roles: Roles, row: int) -> None:
    """Its links, in both directions, and its place in the list of ids."""
    node = ask.get("/node", node=roles.ids[row], limit=100, **roles.typed(type=row))
    out, into = sorted(b for a, b in roles.links if a == row), sorted(a for a, b in roles.links if b == row)
    assert (node["degree"], node["neighbors"]) == (len(out), [roles.ids[other] for other in out])
    assert node.get("neighbor_types", []) == [roles.type(other) for other in out if roles.names]
    if roles.directed:
        assert (node["in_degree"], node["in_neighbors"]) == (len(into), [roles.ids[other] for other in into])
        assert node.get("in_neighbor_types", []) == [roles.type(other) for other in into if roles.names]
    for option in ("prefix", "contains"):
        listed = ask.get("/nodes", limit=100, **{option: roles.ids[row]})
        same = [kind for node, kind in zip(listed["nodes"], listed.get("types", listed["nodes"]), strict=True)]
        assert sum(node == roles.ids[row] for node in listed["nodes"]) == roles.ids.count(roles.ids[row])
        assert not roles.names or roles.type(row) in same


def _assert_vectors(ask: _Ask, roles: Roles, rows: list[int]) -> None:
    """Sources times targets are the logits; in each order with their types."""
    sources, targets = (ask.get("/embeddings", role=role) for role in ("source", "target"))
    assert sources["nodes"] == targets["nodes"] == roles.ids
    assert (np.array(targets["embeddings"], np.float32) == roles.target.astype(np.float32)).all()
    assert (np.array(sources["embeddings"], np.float32) == roles.sources.astype(np.float32)).all()
    everyone = [roles.type(row) for row in range(len(roles))]
    assert sources.get("types", everyone) == everyone
    assert ask.get("/map").get("types", everyone) == everyone
    for row in rows:
        typed = roles.typed(type=row)
        one = ask.get("/embedding", node=roles.ids[row], role="source", **typed)
        assert one["embedding"] == sources["embeddings"][row]
        assert {field: one[field] for field in typed} == typed
        [some] = ask.post("/embeddings", nodes=[roles.ids[row]], **typed)["embeddings"]
        assert some == targets["embeddings"][row]
