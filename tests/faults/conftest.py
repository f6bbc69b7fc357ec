"""A graph with hubs, whose requests are expensive."""

from pathlib import Path

import pytest

from benchmarks._forged import forge

NODES, HUBS = 20_000, 10


@pytest.fixture(scope="session")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one model, for tests that only read it."""
    store = tmp_path_factory.mktemp("forged")
    forge(store, nodes=NODES, hubs=HUBS, links=5_000)
    return store
