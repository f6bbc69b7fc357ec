"""Trained models of every kind, served once for all tests that only read."""

from collections.abc import Iterator

import pytest

from latentlink.models.checkpoint import Checkpoint
from tests.app.trained import GCN, SUMS, publish_trained
from tests.support import Client, serving


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Checkpoint]:
    """A model of each kind in one store, and `bare`, which is `dense` without its features."""
    store = tmp_path_factory.mktemp("trained")
    models = {kind: publish_trained(store, kind) for kind in (*SUMS, *GCN, "point")}
    return {**models, "bare": publish_trained(store, "dense", "bare", store_features=False)}


@pytest.fixture(scope="session")
def served(trained: dict[str, Checkpoint]) -> Iterator[Client]:
    """A client of a service of all of them."""
    with serving(trained["bare"].path.parents[1], poll_seconds=3600) as client:
        yield client
