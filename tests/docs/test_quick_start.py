"""What the quick start says of its example holds with other seeds than the one that is shown."""

from pathlib import Path

import numpy as np
import pytest

from latentlink.models.checkpoint import store
from latentlink.models.inference.calibration import curve_of, probabilities
from tests.command import run_command
from tests.docs.pages import DOCS


@pytest.mark.parametrize("seed", [0, 1, 4])
def test_bob_and_carol_are_the_first_missing_link(tmp_path: Path, seed: int) -> None:
    """Of all 620 unlinked pairs, whatever the seed, with a calibrated value of four in five."""
    run_command("train", "--edges", DOCS / "people.csv", "--seed", seed, folder=tmp_path)
    checkpoint = store.find(tmp_path / "checkpoints", "people")
    pairs = np.stack(np.triu_indices(len(checkpoint.nodes), 1))
    missing = pairs[:, ~checkpoint.graph.has_edges(*pairs)]
    logits = (checkpoint.mu[missing[0]] * checkpoint.mu[missing[1]]).sum(axis=1, dtype=np.float64)
    first = logits.argmax()
    facts = checkpoint.manifest.calibration
    assert facts is not None
    assert missing.shape[1] == 620
    assert set(checkpoint.nodes.ids(missing[:, first].tolist())) == {"bob", "carol"}
    assert probabilities(curve_of(facts), logits[[first]], facts.prior) > 0.79
