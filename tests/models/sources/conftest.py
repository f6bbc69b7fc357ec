"""One sandbox for all tests of readers: to start a database takes longer than what most of them read."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from latentlink.models.sources.formats import duck


@pytest.fixture(scope="session")
def sandboxed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database as readers start it."""
    spill: Path = tmp_path_factory.mktemp("spill")
    with duck.sandbox(str(spill)) as database:
        yield database


@pytest.fixture(autouse=True)
def one_sandbox(sandboxed: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers get connections to it, each with tables of its own."""
    monkeypatch.setattr(duck, "sandbox", lambda _: sandboxed.cursor())
