"""A model that is loaded, and one that is trained, once for all tests that only ask."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from latentlink import LinkPredictor, Model, load
from latentlink.models.sources import load_graph

QUICK = {"dim": 4, "epochs": 2, "evaluate_every": 1, "parts": "dense", "verbose": False}
"""Parameters of a training that takes a moment."""


@pytest.fixture(scope="session")
def model(checkpoints: Path) -> Iterator[Model]:
    """The small model, loaded."""
    with load("small", checkpoints) as model:
        yield model


@pytest.fixture(scope="session")
def karate() -> Iterator[LinkPredictor]:
    """A predictor of the karate club; without a refit, so that it answers from what was evaluated."""
    predictor = LinkPredictor(refit=False, **QUICK)
    yield predictor.fit(load_graph(dataset="karate"))
    predictor.close()
