"""An answer of every operation, as `/openapi.json` shows it."""

from collections.abc import Mapping

from latentlink.app.http.problems import Problem

_VERSION = "20260102T030405000000Z"
_MODEL = {"model": "papers", "version": _VERSION}
_COUNTS = {"nodes": 2708, "edges": 5278, "features": 1433, "dim": 2}
_A, _B = [0.25, -1.5], [1.75, 0.5]
_NEIGHBORS = [
    {"node": "b", "probability": 0.75, "logit": 1.0986122886681098, "known": False},
    {"node": "c", "probability": 0.5, "logit": 0.0, "known": False},
]

_SUPPORT = {"degrees": (3, 12), "same_component": True, "distance": 2, "exact": True, "cold_start": False}

_CONTRIBUTION = {
    "node": "a",
    "contribution": 0.75,
    "features": [{"feature": "city=Rome", "value": 1.0, "contribution": 0.5}],
    "rest": 0.25,
    "bias": None,
}
_SIDE = {
    "node": "a",
    "self": _CONTRIBUTION,
    "others": [{**_CONTRIBUTION, "node": "d"}],
    "rest": -0.4013877113318902,
    "exact": True,
    "fidelity": None,
}

_SPREAD = {"mean": 0.5, "p5": 0.0, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 1.0}
_SHIFT = {"mean": 0.0, "p5": -0.25, "p25": -0.125, "p50": 0.0, "p75": 0.125, "p95": 0.25}

_JOB = {
    **_MODEL,
    "id": "0123456789abcdef0123456789abcdef",
    "state": "queued",
    "progress": 0.0,
    "found": 0,
    "created_at": "2026-01-02T03:04:05+00:00",
}

ANSWERS: Mapping[str, Mapping[str, object]] = {
    "health": {"status": "ok"},
    "ready": {"status": "ready", "models": {"papers": _VERSION}, "degraded": {}},
    "list_models": {
        "default": "papers",
        "models": [
            {
                "name": "papers",
                "versions": [_VERSION],
                "published": [_VERSION],
                "current": _VERSION,
                "kind": "vgae",
                "counts": _COUNTS,
            },
        ],
        "degraded": {},
    },
    "get_model": {
        **_MODEL,
        "beaten_by": [],
        "beaten_on": {},
        "beaten_because": None,
        "hubs": [{"node": "a", "degree": 168}, {"node": "b", "degree": 78}],
        "reliability": None,
        "kind": "vgae",
        "encoder": "normalized",
        "created_at": "2026-01-02T03:04:05+00:00",
        "counts": _COUNTS,
        "columns": [
            {"name": "city", "kind": "text", "missing": 0, "distinct": 2, "common": ["Rome", "Oslo"]},
            {"name": "age", "kind": "number", "missing": 12, "least": 18.0, "greatest": 79.0},
        ],
        "config": {"dim": 2},
        "metrics": {"test": {"auc": 0.97, "ap": 0.98}},
        "training": {"epoch": 40},
        "calibration": None,
        "seed": 0,
        "data_fingerprint": "0" * 64,
        "software": {"numpy": "2.4.6"},
    },
    "compare": {
        "before": _MODEL,
        "after": {"model": "papers", "version": "20260202T030405000000Z"},
        "metrics": {"same_test": True, "validation": {}, "test": {"ap": {"before": 0.9375, "after": 0.96875}}},
        "nodes": {"before": 2708, "after": 2710, "added": 2, "removed": 0, "exact": True},
        "links": {"before": 5278, "after": 5300, "added": 22, "removed": 0, "exact": True},
        "neighbors": {"k": 10, "nodes": 200, "candidates": 2708, "overlap": _SPREAD, "same_first": 0.75},
        "best_pairs": {"pairs": 2800, "probability": _SHIFT, "calibrated": _SHIFT},
        "random_pairs": {"pairs": 3900, "probability": _SHIFT, "calibrated": _SHIFT},
    },
    "activate": _MODEL,
    "list_nodes": {**_MODEL, "prefix": "", "contains": "b", "nodes": ["b", "Bob", "ab"], "exact": True},
    "get_node": {**_MODEL, "node": "a", "degree": 3, "neighbors": ["d", "e", "f"]},
    "score": {
        **_MODEL,
        "source": "a",
        "target": "b",
        **{k: v for k, v in _NEIGHBORS[0].items() if k != "node"},
        "calibrated": 0.25,
        "prior": 0.01,
        "interval": {"logit": (0.5, 1.6875), "probability": (0.6224593312018546, 0.8439)},
        "support": _SUPPORT,
    },
    "explain": {
        **_MODEL,
        "source": "a",
        "target": "b",
        **{k: v for k, v in _NEIGHBORS[0].items() if k != "node"},
        "method": "contributions",
        "sides": [_SIDE, {**_SIDE, "node": "b", "self": {**_CONTRIBUTION, "node": "b"}}],
        "common_neighbors": {"count": 1, "nodes": ["d"]},
    },
    "score_pairs": {
        **_MODEL,
        "probability": [0.75, None],
        "logit": [1.0986122886681098, None],
        "known": [False, None],
    },
    "links": {
        **_MODEL,
        "links": [{"source": "a", "target": "b", "probability": 0.75, "logit": 1.0986122886681098, "calibrated": 0.25}],
    },
    "search_links": _JOB,
    "estimate_links": {**_MODEL, "pairs": 3665278, "links": 100, "seconds": 0.25, "bytes": 15000},
    "list_jobs": {"jobs": [_JOB]},
    "get_job": {**_JOB, "state": "running", "progress": 0.25, "found": 40, "seconds_left": 12.5},
    "threshold": {
        **_MODEL,
        "target": "recall",
        "value": 0.5,
        "reachable": True,
        "probability": 0.75,
        "logit": 1.0986122886681098,
        "precision": {"expected": 0.25, "low": 0.2, "high": 0.3},
        "recall": {"expected": 0.5, "low": 0.4, "high": 0.6},
        "links": {"expected": 50.0, "low": 40.0, "high": 60.0},
        "pairs": 200.0,
    },
    "embedding": {**_MODEL, "node": "a", "dim": 2, "embedding": _A},
    "all_embeddings": {**_MODEL, "dim": 2, "nodes": ["a", "b"], "embeddings": [_A, _B]},
    "embed_nodes": {**_MODEL, "dim": 2, "nodes": ["a", None], "embeddings": [_A, None]},
    "map": {**_MODEL, "method": "pca", "nodes": ["a", "b"], "x": [0.75, -0.5], "y": [-0.25, 1.5]},
    "neighbors": {**_MODEL, "node": "a", "k": 2, "exact": True, "neighbors": _NEIGHBORS},
    "unseen": {
        **_MODEL,
        "approximate": False,
        "dim": 2,
        "embedding": _A,
        "probability": [0.75],
        "logit": [1.0986122886681098],
        "neighbors": _NEIGHBORS,
    },
    "neighbors_of_nodes": {
        **_MODEL,
        "k": 2,
        "results": [{"node": "a", "exact": True, "neighbors": _NEIGHBORS}, None],
    },
}


def problem_example(problem: Problem, instance: str) -> dict[str, object]:
    """A problem of one kind as it is answered at `instance`."""
    return {
        "type": f"/problems/{problem.slug}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.example,
        "instance": instance,
        "request_id": "73682ba0f4917421",
        **problem.members,
    }
