"""What was published and trained before stays what it was: golden checkpoints, their answers, and golden losses."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlink.models.checkpoint import store
from latentlink.models.config import TrainingConfig
from latentlink.models.training.protocol import train
from latentlink.models.training.replay import config_of, graph_of
from tests.app.trained import random_graph
from tests.support import Client, serving

GOLDEN = Path(__file__).parents[1] / "golden"
MODELS = [("format-1", name) for name in ("ae", "gae", "gcn", "vgae")] + [("format-2", "vgae")]
ANSWERS = [
    (folder, kept)
    for folder in ("format-1", "format-2")
    for kept in json.loads((GOLDEN / folder / "answers.json").read_text("utf-8"))
]
LOSSES = json.loads((GOLDEN / "losses.json").read_text("utf-8"))
# Sums of products may differ in their last bits between processors: of float64; and of float32, in which encoders compute.
LAST_BITS, LAST_BITS_OF_ENCODERS = 1e-11, 2e-7
ENCODING = re.compile(r"/(unseen|explanation)\b")
PROSE = ("title", "detail", "beaten_because")  # texts for a person, which may be reworded


@pytest.fixture(scope="module")
def golden(request: pytest.FixtureRequest) -> Iterator[Client]:
    """A client of a service over the golden checkpoints of a format version, by its folder."""
    with serving(GOLDEN / request.param / "checkpoints", poll_seconds=3600) as client:
        yield client


def test_every_golden_checkpoint_is_served() -> None:
    """No model is missing from what follows, and each is of the format version of its folder."""
    stores = [path for path in GOLDEN.glob("format-*/checkpoints/*") if path.is_dir()]
    assert sorted((path.parts[-3], path.name) for path in stores) == MODELS
    for folder, name in MODELS:
        manifest = store.find(GOLDEN / folder / "checkpoints", name).manifest
        assert folder == f"format-{manifest.format_version}"


def test_the_golden_checkpoint_of_format_2_needs_every_part() -> None:
    """It has columns of each kind, some with negative weights, and no part that is multiplied by 0."""
    checkpoint = store.find(GOLDEN / "format-2/checkpoints", "vgae")
    parts, columns = checkpoint.manifest.parts, checkpoint.column_weights
    assert parts is not None
    assert columns is not None
    assert min(parts.dense, parts.spectral, parts.bias) > 0
    assert (columns[parts.dense : -2] < 0).any()
    assert all(checkpoint.weights[name].all() for name in ("shared_links.weight", "bias.degree"))


@pytest.mark.parametrize(
    ("golden", "kept"),
    ANSWERS,
    indirect=["golden"],
    ids=[f"{folder} {kept['method']} {kept['path']}" for folder, kept in ANSWERS],
)
def test_answers_of_golden_checkpoints_stay_the_same(golden: Client, kept: dict[str, Any]) -> None:
    """Each recorded request gets the recorded status and body; new members may stand beside the old ones."""
    answer = golden.request(kept["method"], kept["path"], json=kept["body"], headers={"x-request-id": "golden"})
    assert answer.status_code == kept["status"]
    assert_holds(answer.json(), kept["answer"], LAST_BITS_OF_ENCODERS if ENCODING.search(kept["path"]) else LAST_BITS)


@pytest.mark.parametrize(("folder", "name"), MODELS)
def test_golden_checkpoints_can_be_trained_again(folder: str, name: str) -> None:
    """Graph and config are read back whole: the fingerprint is checked by the reader, the config is the manifest's."""
    checkpoint = store.find(GOLDEN / folder / "checkpoints", name)
    assert graph_of(checkpoint).n_edges == 160
    assert config_of(checkpoint).model_dump() == {"parts": "dense", **checkpoint.manifest.config.document()}


@pytest.mark.parametrize("kind", LOSSES)
def test_golden_losses_stay_the_same(kind: str) -> None:
    """Training gives the recorded losses, selected epoch, test metrics and embeddings; rounding differs between processors."""
    kept = LOSSES[kind]
    graph = random_graph(**kept["graph"])
    config = TrainingConfig.model_validate({"epochs": 4, "evaluate_every": 1, **kept["config"]})
    trained = train(graph, config)
    np.testing.assert_allclose([epoch.loss for epoch in trained.curve], kept["losses"], rtol=1e-5)
    assert trained.epoch == kept["epoch"]
    assert [trained.metrics.test.auc, trained.metrics.test.ap] == pytest.approx(
        [kept["test"]["auc"], kept["test"]["ap"]]
    )
    assert (trained.embeddings.mu.astype(float) ** 2).sum() == pytest.approx(kept["mu_norm"], rel=1e-4)


def assert_holds(found: object, kept: object, last_bits: float) -> None:
    """Hold a body to a recorded one, member by member, numbers but for the last bits."""
    if isinstance(kept, dict):
        assert isinstance(found, dict)
        for name, value in kept.items():
            assert name in found, name
            if name in PROSE and value is not None:
                assert isinstance(found[name], str)
            else:
                assert_holds(found[name], value, last_bits)
    elif isinstance(kept, list):
        assert isinstance(found, list)
        assert len(found) == len(kept)
        for one, other in zip(found, kept, strict=True):
            assert_holds(one, other, last_bits)
    elif isinstance(kept, float):
        assert found == pytest.approx(kept, rel=last_bits, abs=last_bits)
    else:
        assert found == kept
