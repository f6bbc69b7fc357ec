"""A service with small limits."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.operations import LIMITS
from tests.support import Client, serving


@pytest.fixture(scope="session")
def limited(checkpoints: Path) -> Iterator[Client]:
    """A client of a service whose limits a test can go past."""
    with serving(checkpoints, **LIMITS) as client:
        yield client
