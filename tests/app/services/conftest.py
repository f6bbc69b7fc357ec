"""The small checkpoint without a service around it."""

from pathlib import Path

import pytest

from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import open_checkpoint


@pytest.fixture(scope="session")
def scorer(checkpoints: Path) -> Scorer:
    """The small checkpoint, opened."""
    return Scorer(open_checkpoint(next(checkpoints.glob("small/2*"))))
