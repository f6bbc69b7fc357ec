"""A store of small models of each kind, and an empty target of each engine."""

import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentlink.models.checkpoint import Checkpoint, store
from latentlink.models.publishing.exporters import vector_table
from tests.models.publishing.exporters.readers import ParquetReader, Reader
from tests.parts import publish_parts
from tests.support import Small

DATABASE_DEMANDED = os.environ.get("TESTS_NEED_PGVECTOR") == "1"
SLOW = [pytest.param(engine, marks=pytest.mark.slow) for engine in ("qdrant", "pgvector", "milvus")]


def _distinct(small: Small) -> Small:
    """No two logits are equal, and no id has the character that PostgreSQL refuses."""
    random = np.random.default_rng(5)
    mu, target = (random.normal(0, 1, small.mu.shape).astype(np.float32) for _ in range(2))
    ids = tuple(node.replace("\0", "NUL") for node in small.ids)
    return replace(small, mu=mu, target=None if small.target is None else target, ids=ids)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`plain` with filter columns, `directed`, `typed`, `relational`, `weighted`, and `shared`, which has a sparse part."""
    root = tmp_path_factory.mktemp("exported")
    plain = _distinct(Small.random()).with_columns()
    for name, small in {
        "plain": plain,
        "directed": _distinct(Small.directed()),
        "typed": _distinct(Small.typed()),
        "relational": _distinct(Small.relational()),
    }.items():
        small.publish(root, name)
    checkpoint = store.find(root, "plain")
    publish_parts(root, checkpoint, "weighted", shared_links=False)
    publish_parts(root, checkpoint, "shared")
    return root


@pytest.fixture(params=["parquet", *SLOW])
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> Reader:
    """Each engine, empty."""
    if request.param == "parquet":
        return ParquetReader(str(tmp_path / "target"))
    from tests.models.publishing.exporters.databases import MilvusReader, PgVectorReader, QdrantReader

    if request.param == "milvus":
        return MilvusReader(str(tmp_path / "target.db"))
    if request.param == "qdrant":
        return QdrantReader(str(tmp_path / "target"))
    return PgVectorReader(request.getfixturevalue("database"))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """A PostgreSQL with pgvector out of a wheel: makes an empty database, and returns its address."""
    if not DATABASE_DEMANDED:
        pytest.importorskip("pgserver", reason="no wheel of PostgreSQL with pgvector for this Python")
    with warnings.catch_warnings(action="ignore"):  # of a machine without XDG_RUNTIME_DIR
        from pgserver.postgres_server import get_server

    server = get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")

    def empty(name: str) -> str:
        server.psql(f"CREATE DATABASE {name}")
        return str(server.get_uri(name))

    yield empty
    server.cleanup()


@pytest.fixture
def database(postgres: Callable[[str], str], request: pytest.FixtureRequest) -> str:
    """The address of an empty database."""
    return postgres(f"of_{abs(hash(request.node.nodeid))}")


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of several batches."""
    monkeypatch.setattr(vector_table, "_AT_ONCE", 100)


@pytest.fixture(scope="session")
def plain(models: Path) -> Checkpoint:
    """The model `plain`."""
    return store.find(models, "plain")
