"""One browser and one service for all tests of the explorer, and a page for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.app.trained import publish_trained
from tests.e2e.browser import CHROMIUM, chromium, opened
from tests.e2e.explorer.pages import small
from tests.e2e.service import Service, running_service
from tests.parts import publish_parts

METRICS = {
    "test": {"auc": 0.912, "ap": 0.903},
    "baselines": {"common_neighbors": {"auc": 0.801, "ap": 0.95}, "adamic_adar": {"auc": 0.822, "ap": 0.811}},
}
CURVE = {"loss": [1.5, 1.25, 1.0], "validation_auc": [None, 0.8, 0.9], "validation_ap": [None, 0.7, 0.85]}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test here needs a browser: nothing is trained or served where there is none."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(CHROMIUM.needed)


@pytest.fixture(scope="package")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up models `people`, in two versions, and `others`; and trained ones, with each kind of explanation and with none."""
    store = tmp_path_factory.mktemp("explored")
    small(1).publish(store, "people")
    small().publish(store, "people", metrics=METRICS, training={"epoch": 2, "curve": CURVE})
    small(2).publish(store, "others")
    publish_parts(store, publish_trained(store, "dense", "explained"), "parts")
    publish_trained(store, "gcn", "convolved")
    publish_trained(store, "features alone", "features")
    return store


@pytest.fixture(scope="package")
def service(store: Path) -> Iterator[Service]:
    """A service over it."""
    with running_service(store, LATENTLINK_DEFAULT_MODEL="people") as service:
        yield service


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own for each test."""
    with opened(browser) as page:
        yield page
