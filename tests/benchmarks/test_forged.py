"""The checkpoints that benchmarks and tests make without a training."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks._forged import NAME, forge
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint.store import find
from latentlink.models.inference.encoders import ENCODERS


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_forged_model_answers_and_has_its_hubs(encoder: str, tmp_path: Path) -> None:
    """Each hub has the links that were asked for and those to the other hubs; a pair is explained."""
    forge(tmp_path, nodes=500, hubs=3, links=100, encoder=encoder)
    model = Scorer(find(tmp_path, NAME))
    assert list(model.hubs.values())[:3] == [102, 102, 102]
    assert [side.row for side in model.explainer.sides(0, 400, 2)] == [0, 400]


def test_a_forged_model_depends_on_the_arguments_alone(tmp_path: Path) -> None:
    """Two of them have the same vectors and links."""
    for store in ("one", "other"):
        forge(tmp_path / store, nodes=300, hubs=2, links=50)
    one, other = (find(tmp_path / store, NAME) for store in ("one", "other"))
    np.testing.assert_array_equal(one.mu, other.mu)
    np.testing.assert_array_equal(one.graph.indices, other.graph.indices)
