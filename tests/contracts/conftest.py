"""A service with small limits, of a model that has what a request may need."""

from collections.abc import Iterator

import pytest

from tests.contracts.operations import LIMITS
from tests.support import Client, Small, serving


@pytest.fixture(scope="session")
def limited(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a service whose limits a test can go past."""
    store = tmp_path_factory.mktemp("limited")
    small.with_columns().publish(store)
    with serving(store, **LIMITS) as client:
        yield client
