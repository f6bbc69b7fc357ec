"""A checkpoint with right digests and wrong content is refused when it is opened, or answers every request."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.errors import CheckpointError
from tests.faults.forgery import forge_copy, forgeries
from tests.parts import publish_parts
from tests.support import RELIABILITY, Client, Small, serving

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[1] / "golden/format-1/checkpoints"
EVERYTHING = {"include": ["calibrated", "support"], "interval": 0.9}
CALIBRATED = {"include": ["calibrated"], "prior": 0.5}
FEATURES = {"age": 40, "city": "Rome", "tags": ["a"], "active": True}
PAIR = {"source": "alice", "target": "carol"}
REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "", {}),
    ("GET", "/score", {"params": {**PAIR, **EVERYTHING}}),
    ("GET", "/score", {"params": {**PAIR, "include": "calibrated", "prior": 1e-9}}),
    ("GET", "/neighbors", {"params": {"node": "alice", "k": 5, "known": True, "include": ["calibrated", "support"]}}),
    ("POST", "/neighbors", {"json": {"nodes": ["alice", "bob"], "k": 50}}),
    ("GET", "/embeddings", {}),
    ("GET", "/embeddings", {"params": {"role": "source", "parts": "all"}}),
    ("GET", "/map", {}),
    ("GET", "/nodes", {"params": {"prefix": "a"}}),
    ("GET", "/node", {"params": {"node": "alice"}}),
    ("GET", "/explanation", {"params": PAIR}),
    ("GET", "/explanation", {"params": {"source": "alice", "target": "alice"}}),
    *(("GET", "/thresholds", {"params": {"target": goal, "value": 0.5}}) for goal in ("precision", "recall", "links")),
    ("POST", "/unseen", {"json": {"features": FEATURES, "targets": ["carol"], "k": 3, "include": ["explanation"]}}),
    ("POST", "/unseen", {"json": {"neighbors": ["alice", "bob"], "targets": ["carol"], "k": 3, **EVERYTHING}}),
]
"""Of a golden model: all that its answers read."""
OF_A_RELATION: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "", {}),
    ("GET", "/score", {"params": {**PAIR, "include": ["calibrated", "support"]}}),
    ("GET", "/neighbors", {"params": {"node": "alice", "k": 50, "relation": "likes", "direction": "in"}}),
    ("POST", "/scores", {"json": {"pairs": [["alice", "bob"]] * 2, "relations": ["likes"] * 2, **CALIBRATED}}),
    ("GET", "/embeddings", {"params": {"role": "source"}}),
    ("GET", "/node", {"params": {"node": "alice"}}),
    ("GET", "/thresholds", {"params": {"target": "recall", "value": 0.5, "relation": "likes"}}),
]
"""Of a model with a relation: what its answers read that those of other models do not."""


PARTS = ("parts", "embeddings", *(f"weights.safetensors: {part}" for part in ("bias", "shared", "spectral")))
"""What forgeries of a model with parts begin with that others lack."""


RELATIONS = ("relation", "weights.safetensors: relations", "graph.safetensors: heldout_relation")
"""What forgeries of a model with relations begin with that others lack."""


def _whole(name: str, home: Path) -> Path:
    """The version to forge copies of: a golden one, or one with parts, or with a relation."""
    if name == "relational":
        small = Small.relational(names=("likes",))
        ids = ("alice", "bob", "carol", *small.ids[3:])
        cut_offs = small.facts().document()["thresholds"]
        own = {"prior": 0.1, "knots": {"logit": [-9, 9], "log_odds": [-3, 3]}, "thresholds": cut_offs}
        calibration = {"knots": own["knots"], "prior": 0.2, **RELIABILITY}
        facts = {"calibration": calibration, "relation_probabilities": [own]}
        return home / name / replace(small, ids=ids).publish(home, name, **facts)
    [version] = (GOLDEN / ("vgae" if name == "parts" else name)).glob("2*")
    return publish_parts(home, open_checkpoint(version), name).path if name == "parts" else version


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A service without models of its own."""
    with serving(tmp_path_factory.mktemp("none"), poll_seconds=3600) as client:
        yield client


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numbers at the end of their range, in threads of the service
@pytest.mark.parametrize(
    ("name", "part", "least"),
    [
        ("vgae", "", 300),
        ("gcn", "weights", 30),
        ("gae", "weights", 8),
        ("parts", PARTS, 50),
        ("relational", RELATIONS, 50),
    ],
)
def test_no_forged_checkpoint_makes_a_request_fail(
    client: Client, tmp_path: Path, name: str, part: str | tuple[str, ...], least: int
) -> None:
    """Whatever fact, tensor or column is changed; some are harmless, and hundreds are refused."""
    version = _whole(name, tmp_path / "whole")
    failed, refused = [], 0
    for forgery, change in forgeries(version):
        if not forgery.startswith(part):
            continue
        try:
            checkpoint = open_checkpoint(forge_copy(version, tmp_path / "store" / name / version.name, change))
        except CheckpointError:
            refused += 1
            continue
        failed += [f"{forgery}: {request}" for request in _failing(client, Scorer(checkpoint))]
    assert failed == []
    assert refused > least


def _failing(client: Client, model: Scorer) -> Iterator[str]:
    """The requests that the model does not answer with a status below 500."""
    client.app.state.service.store._models = {model.name: model}  # type: ignore[attr-defined]
    for method, path, options in OF_A_RELATION if model.relations.names else REQUESTS:
        response = client.request(method, f"/v1/models/{model.name}{path}", **options)
        if response.status_code >= 500:
            yield f"{method} {path} {response.status_code}"
