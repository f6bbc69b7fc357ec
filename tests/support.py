"""What tests of the service share: a checkpoint made without training, a client, and the one check of a problem's shape."""

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

import httpx
import numpy as np
from starlette.exceptions import StarletteDeprecationWarning

from latentlink.app.main import create_app
from latentlink.app.settings import Settings
from latentlink.models.arrays import Float32, Int64
from latentlink.models.checkpoint import encode_nodes, publish
from latentlink.models.evaluation.strata import components
from latentlink.models.facts.published import ModelFacts
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import adjacency
from latentlink.models.publishing.projection import principal_map

with warnings.catch_warnings():
    # Starlette wants `httpx2`; with plain `httpx` it works and says so.
    warnings.simplefilter("ignore", StarletteDeprecationWarning)
    from starlette.testclient import TestClient

_RELIABILITY = {"ece": 0.0, "brier": 0.0, "predicted": [], "observed": [], "weight": []}
RELIABILITY = {
    "balanced": {"before": _RELIABILITY, "after": _RELIABILITY, "noise_floor": 0.0},
    "sparse": {"before": _RELIABILITY, "after": _RELIABILITY, "prior": 0.01},
}
"""What a calibration has beside its curve."""

Client = TestClient
Response = httpx.Response

TRICKY = (
    *("0", "null", " ", "a", "b", "c", "a/b", "ünï", "日本語", "😀", '"quoted"', "it's", "two words", "a&b=c?d#e"),
    *("100%", "a+b", "\\", "\n", "é", "e\u0301", "../x", "<script>", "name@version", "\u0000", "true", "-1", "A", "[]"),
    "default",
)
"""Ids that break what is careless; composed and decomposed é are two different ones."""


@dataclass(frozen=True)
class Small:
    """What a small checkpoint is made of.

    Attributes:
        mu: float32 (N, D).
        edges: int64 (E, 2), the known links.
        heldout: int64 (m, 2), or None.
        ids: N distinct strings; made up if empty.
        mapped: whether it has a map, which older checkpoints have not.
        target: float32 (N, D), the vectors of targets of a directed model; None where links have no direction.
        types: names of the types of nodes; none where all are of one type.
        of: int (N,), the type of each node, beside `types`.
        linked: the pairs of types that may be linked, beside `types`.
    """

    mu: Float32
    edges: Int64
    heldout: Int64 | None = None
    ids: tuple[str, ...] = ()
    mapped: bool = True
    target: Float32 | None = None
    types: tuple[str, ...] = ()
    of: Int64 | None = None
    linked: tuple[tuple[str, str], ...] = ()

    @classmethod
    def random(cls, n: int = 60, dim: int = 8, seed: int = 0) -> Self:
        """Half the nodes linked at random, the other half isolated; rows 3, 31 and 47 are equal, 5 and 6 too."""
        random = np.random.default_rng(seed)
        mu = random.normal(0, 1, (n, dim)).astype(np.float32)
        mu[[31, 47]], mu[6] = mu[3], mu[5]
        cells = np.stack(np.triu_indices(n // 2, 1), axis=1)
        chosen = random.permutation(len(cells))[: 2 * n]
        edges, heldout = np.split(cells[chosen], [2 * n - 12])
        return cls(mu, edges, heldout, (*TRICKY, *(f"n{row}" for row in range(len(TRICKY), n))))

    @classmethod
    def directed(cls, n: int = 60, dim: int = 8, seed: int = 1) -> Self:
        """Links from a source to a target at random among the first half of the nodes, some of them in both directions."""
        random = np.random.default_rng(seed)
        mu, target = random.normal(0, 1, (2, n, dim)).astype(np.float32)
        target[[31, 47]], mu[6] = target[3], mu[5]
        half = n // 2
        cells = np.flatnonzero(~np.eye(half, dtype=np.bool_))
        chosen = np.stack(np.divmod(random.permutation(cells)[: 4 * n], half), axis=1)
        heldout, edges = np.split(chosen, [12])
        edges = np.unique(edges, axis=0)
        return cls(mu, edges, heldout, (*TRICKY, *(f"n{row}" for row in range(len(TRICKY), n))), target=target)

    @classmethod
    def typed(cls, n: int = 60, dim: int = 8, seed: int = 2, *, directed: bool = False) -> Self:
        """Users, items and tags: users are linked to items and, where links have no direction, to each other; rows at random.

        The first users and items have the same ids.
        """
        random = np.random.default_rng(seed)
        mu, target = random.normal(0, 1, (2, n, dim)).astype(np.float32)
        of = random.permutation(np.arange(n) % 5).clip(0, 2)  # 0: user, 1: item, 2, which is more: tag
        linked = (("user", "item"), ("item", "tag")) if directed else (("user", "user"), ("user", "item"))
        names = ("user", "item", "tag")
        allowed = np.zeros((3, 3), np.bool_)
        for one, other in linked:
            allowed[names.index(one), names.index(other)] = True
        allowed = allowed if directed else allowed | allowed.T
        cells = np.argwhere(allowed[of][:, of])
        cells = cells[cells[:, 0] != cells[:, 1]] if directed else cells[cells[:, 0] < cells[:, 1]]
        heldout, edges = np.split(random.permutation(cells)[: 3 * n], [12])
        places = [int((of[:row] == of[row]).sum()) for row in range(n)]
        ids = tuple(
            f"n{at}" if at < 6 and kind < 2 else f"{names[kind]}{at}" for at, kind in zip(places, of, strict=True)
        )
        own = target if directed else None
        return cls(mu, np.unique(edges, axis=0), heldout, ids, target=own, types=names, of=of, linked=linked)

    def publish(self, store: Path, name: str = "small", **facts: object) -> str:
        """Write it as the current version of the model `name`; the version."""
        return publish(store, name, self.facts(**facts), self._files()).name

    def renewed(self, seed: int = 9) -> Self:
        """The same graph with other embeddings."""
        mu = np.random.default_rng(seed).normal(0, 1, self.mu.shape).astype(np.float32)
        return replace(self, mu=mu)

    def facts(self, **changes: object) -> ModelFacts:
        """What its manifest has."""
        n, dim = self.mu.shape
        facts: dict[str, object] = {
            "model": "gae",
            "encoder": "linear",
            "config": {"dim": dim, "hops": 0},
            "seed": 7,
            "software": {"numpy": np.__version__},
            "counts": {"nodes": n, "edges": len(self.edges), "features": 0, "dim": dim},
            "data_fingerprint": "0" * 64,
            "metrics": {"test": {"auc": 0.75, "ap": 0.5}},
            "training": {"epoch": 3},
            "thresholds": {
                "logit": [2.0, 0.0],
                "recall": [0.5, 1.0],
                "false_links": [10.0, 90.0],
                "validation_links": 8,
                "missing_links": 12,
                "counted_share": 1.0,
                "checks": [],
            },
        }
        if self.target is not None:
            facts["directed"] = True
        if self.types:
            facts |= {"types": self.types, "linked": self.linked}
        return ModelFacts.model_validate(facts | changes)

    def _files(self) -> dict[str, Mapping[str, Any]]:
        n = len(self.mu)
        both = known = adjacency(n, self.edges)
        embeddings = {"mu": self.mu} | ({"map": principal_map(self.mu)} if self.mapped else {})
        if self.target is not None:
            embeddings["target"] = self.target
            known = CSR.from_coo(self.edges[:, 0], self.edges[:, 1], np.ones(len(self.edges), np.float32), (n, n))
        graph = {"indptr": known.indptr, "indices": known.indices.astype(np.int32), "components": components(both)}
        if self.target is not None:
            into = known.transpose()
            graph |= {"in_indptr": into.indptr, "in_indices": into.indices.astype(np.int32)}
        if self.heldout is not None:
            graph["heldout"] = self.heldout
        ids = self.ids or [f"n{row}" for row in range(len(self.mu))]
        return {
            "embeddings.safetensors": embeddings,
            "graph.safetensors": graph,
            "nodes.safetensors": encode_nodes(ids, self.of),
            "weights.safetensors": {"linear.rows.weight": self.mu},
        }


@contextmanager
def serving(checkpoints: Path, **settings: Any) -> Iterator[Client]:
    """A client of a service over `checkpoints`, started and stopped with its lifespan."""
    with TestClient(create_app(Settings(checkpoints=checkpoints, **settings))) as client:
        yield client


def assert_problem(response: Response, status: int, slug: str) -> dict[str, Any]:
    """Hold an answer to the whole of RFC 9457 as the project uses it; the problem, for what is its own."""
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert (response.status_code, problem["status"], problem["type"]) == (status, status, f"/problems/{slug}")
    assert problem["title"]
    assert problem["detail"]
    assert unquote(problem["instance"]) == unquote(response.request.url.raw_path.partition(b"?")[0].decode())
    assert problem["instance"].isascii()
    assert problem["request_id"] == response.headers["x-request-id"]
    assert (response.headers.get("retry-after") is not None) == (status == 503)
    assert "Traceback" not in response.text
    return problem


def wrong_fields(response: Response) -> list[str]:
    """The fields that a 422 names."""
    return [error["field"] for error in assert_problem(response, 422, "invalid-request")["errors"]]


def unknown_nodes(response: Response) -> list[str]:
    """The ids that a 404 names."""
    return [entry["node"] for entry in assert_problem(response, 404, "unknown-node")["unknown"]]


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until `holds`, and fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.005)
