"""What tests of the service share: a checkpoint made without training, a client, and the one check of a problem's shape."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

import httpx2
import numpy as np
from starlette.testclient import TestClient

from latentlink.app.main import create_app
from latentlink.app.settings import Settings
from latentlink.models.arrays import Float32, Int64
from latentlink.models.checkpoint import encode_nodes, publish
from latentlink.models.checkpoint.best_links import BEST_LINKS, BestLinks
from latentlink.models.checkpoint.columns import column_facts, column_files
from latentlink.models.checkpoint.remote.location import StoreURL
from latentlink.models.evaluation.strata import components
from latentlink.models.facts.published import ModelFacts
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.filter_columns import (
    UNKNOWN,
    BooleanColumn,
    FilterColumns,
    NumberColumn,
    TextColumn,
)
from latentlink.models.graph.graph import adjacency
from latentlink.models.publishing.projection import principal_map

_RELIABILITY = {"ece": 0.0, "brier": 0.0, "predicted": [], "observed": [], "weight": []}
RELIABILITY = {
    "balanced": {"before": _RELIABILITY, "after": _RELIABILITY, "noise_floor": 0.0},
    "sparse": {"before": _RELIABILITY, "after": _RELIABILITY, "prior": 0.01},
}
"""What a calibration has beside its curve."""

Client = TestClient
Response = httpx2.Response

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
        columns: those by which searches filter, by name.
        relations: names of the relations of links, which then are directed; none where links have none.
        relation: int (E,), of each edge, beside `relations`.
        heldout_relation: int (m,), of each held-out link, beside `relations`.
        relation_weights: float32 (R, D), beside `relations`.
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
    columns: FilterColumns = field(default_factory=dict)
    relations: tuple[str, ...] = ()
    relation: Int64 | None = None
    heldout_relation: Int64 | None = None
    relation_weights: Float32 | None = None

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

        The first user is "a", the first items are "b" and "c", and some users and items have the same ids.
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
        first = {(0, 0): "a", (1, 0): "b", (1, 1): "c"}
        ids = tuple(
            first.get((kind, at), f"n{at}" if at < 6 and kind < 2 else f"{names[kind]}{at}")
            for at, kind in zip(places, of.tolist(), strict=True)
        )
        own = target if directed else None
        return cls(mu, np.unique(edges, axis=0), heldout, ids, target=own, types=names, of=of, linked=linked)

    @classmethod
    def relational(
        cls, n: int = 60, dim: int = 8, seed: int = 4, names: tuple[str, ...] = ("likes", "knows", "ä b")
    ) -> Self:
        """Links of several relations at random among the first half of the nodes; some pairs have several."""
        random, half, count = np.random.default_rng(seed), n // 2, len(names)
        mu, weights = (random.normal(0, 1, (m, dim)).astype(np.float32) for m in (n, count))
        mu[[31, 47]], mu[6] = mu[3], mu[5]
        cells = np.flatnonzero(np.broadcast_to(~np.eye(half, dtype=np.bool_), (count, half, half)))
        triples = np.stack(np.unravel_index(random.permutation(cells)[: 4 * n], (count, half, half)), axis=1)
        heldout, triples = np.split(triples, [12])
        triples = triples[np.lexsort(triples.T[::-1])]
        return cls(
            mu,
            triples[:, 1:],
            heldout[:, 1:],
            (*TRICKY, *(f"n{row}" for row in range(len(TRICKY), n))),
            relations=names,
            relation=triples[:, 0],
            heldout_relation=heldout[:, 0],
            relation_weights=weights,
        )

    def publish(self, store: Path, name: str = "small", **facts: object) -> str:
        """Write it as the current version of the model `name`; the version."""
        return publish(store, name, self.facts(**facts), self._files()).name

    def renewed(self, seed: int = 9) -> Self:
        """The same graph with other embeddings."""
        mu = np.random.default_rng(seed).normal(0, 1, self.mu.shape).astype(np.float32)
        return replace(self, mu=mu)

    def with_columns(self) -> Self:
        """The same with a column of each kind, in which every fifth cell is missing."""
        random, n = np.random.default_rng(3), len(self.mu)
        missing = np.arange(n) % 5 == 0
        codes, ages = random.integers(0, 3, n, np.int32), random.integers(0, 9, n) * 10.0
        return replace(
            self,
            columns={
                "city": TextColumn(("Oslo", "Rome", "Zürich"), np.where(missing, np.int32(-1), codes)),
                "age": NumberColumn(np.where(missing, np.nan, ages)),
                "member": BooleanColumn(np.where(missing, UNKNOWN, random.integers(0, 2, n)).astype(np.uint8)),
            },
        )

    def cells(self) -> list[dict[str, Any]]:
        """The cells of its columns by node, None for missing ones."""
        city, age, member = self.columns.values()
        assert isinstance(city, TextColumn)
        assert isinstance(age, NumberColumn)
        assert isinstance(member, BooleanColumn)
        return [
            {
                "city": None if code < 0 else city.texts[code],
                "age": None if math.isnan(years) else years,
                "member": None if boolean == UNKNOWN else boolean == 1,
            }
            for code, years, boolean in zip(
                city.codes.tolist(), age.numbers.tolist(), member.booleans.tolist(), strict=True
            )
        ]

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
        if self.relations:
            facts |= {"model": "complex", "directed": True, "relations": self.relations}
        if self.types:
            facts |= {"types": self.types, "linked": self.linked}
        if self.columns:
            facts["columns"] = [one.document() for one in column_facts(self.columns)]
        return ModelFacts.model_validate(facts | changes)

    def _files(self) -> dict[str, Mapping[str, Any]]:
        n = len(self.mu)
        roles = self.mu
        both = known = adjacency(n, self.edges)
        embeddings = {"mu": self.mu} | ({"map": principal_map(self.mu)} if self.mapped else {})
        if self.target is not None:
            embeddings["target"] = self.target
            roles = np.concatenate([self.mu, self.target])  # an encoder of directed links has parameters of both
            known = CSR.from_coo(self.edges[:, 0], self.edges[:, 1], np.ones(len(self.edges), np.float32), (n, n))
        graph = {"indptr": known.indptr, "indices": known.indices.astype(np.int32), "components": components(both)}
        if self.target is not None:
            into = known.transpose()
            graph |= {"in_indptr": into.indptr, "in_indices": into.indices.astype(np.int32)}
        if self.heldout is not None:
            graph["heldout"] = self.heldout
        weights = {"linear.rows.weight": roles}
        if self.relations:
            graph |= self._links_by_relation()
            weights = {"relations.weight": np.asarray(self.relation_weights)}
        ids = self.ids or [f"n{row}" for row in range(len(self.mu))]
        return {
            "embeddings.safetensors": embeddings,
            "graph.safetensors": graph,
            "nodes.safetensors": encode_nodes(ids, self.of),
            "weights.safetensors": weights,
            BEST_LINKS: self.best_links().tensors(),
            **column_files(self.columns),
        }

    def best_links(self) -> BestLinks:
        """The list that it carries: the first and the last node, and the second with the last but one, by the last relation."""
        ends, last = np.arange(min(2, len(self.mu) // 2)), len(self.mu) - 1
        return BestLinks(ends, last - ends, np.full(len(ends), max(0, len(self.relations) - 1), np.int16))

    def _links_by_relation(self) -> dict[str, Any]:
        """The known links in both directions, N rows for each relation, and the relation of each held-out one."""
        n, count = len(self.mu), len(self.relations)
        assert self.relation is not None
        assert self.heldout_relation is not None
        tensors: dict[str, Any] = {"heldout_relation": self.heldout_relation.astype(np.int16)}
        for which, ends in (("", self.edges), ("in_", self.edges[:, ::-1])):
            ones = np.ones(len(ends), np.float32)
            rows = CSR.from_coo(self.relation * n + ends[:, 0], ends[:, 1], ones, (count * n, n))
            tensors |= {f"{which}indptr": rows.indptr, f"{which}indices": rows.indices.astype(np.int32)}
        return tensors


@contextmanager
def serving(checkpoints: Path | StoreURL, **settings: Any) -> Iterator[Client]:
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
    assert (response.headers.get("retry-after") is not None) == (status in (429, 503))
    assert "Traceback" not in response.text
    return problem


@contextmanager
def case(name: object) -> Iterator[None]:
    """Say in which case of a loop a test failed."""
    try:
        yield
    except Exception as error:
        error.add_note(f"in the case {name!r}")
        raise


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
