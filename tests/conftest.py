"""Fixtures of the service's tests: one small checkpoint, served once for all tests that only read."""

import gc
import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from latentlink.app import lifespan
from latentlink.app.settings import PREFIX
from tests.support import Client, Small, serving


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """The environment of whoever runs the tests must not change what they find."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def _models_are_there() -> Iterator[None]:
    """On a busy machine too, the first look at a store ends before the first request."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifespan, "FIRST_LOOK_SECONDS", 60)
        yield


@pytest.fixture(scope="session", autouse=True)
def _nothing_old_is_searched_for_cycles() -> Iterator[None]:
    """Not torch and all tests: each start of a service in this process would take a third of a second for it."""
    gc.collect()
    gc.freeze()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifespan, "_frozen", nullcontext)
        yield


@pytest.fixture(scope="session", autouse=True)
def _disks_are_not_waited_for() -> Iterator[None]:
    """Only a power cut would reveal it, and some wait 5 ms for each of thousands of files; processes of their own do sync."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session")
def small() -> Small:
    """What the served checkpoint is made of."""
    return Small.random()


@pytest.fixture(scope="session")
def checkpoints(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with that one checkpoint, for tests that only read it."""
    store = tmp_path_factory.mktemp("checkpoints")
    small.publish(store)
    return store


@pytest.fixture(scope="session")
def client(checkpoints: Path) -> Iterator[Client]:
    """A client of the service over that store, for tests that only ask."""
    with serving(checkpoints, poll_seconds=3600) as client:
        yield client
