"""What is a database's own: its metric, its names, its sparse vectors, and what it refuses."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from latentlink.models.checkpoint import Checkpoint, store
from latentlink.models.errors import DataError
from latentlink.models.publishing.exporters import Engine, export
from latentlink.models.publishing.exporters.vector_table import VectorTable
from tests.support import Small, serving

if TYPE_CHECKING:
    from tests.models.publishing.exporters.databases import MilvusReader, PgVectorReader, QdrantReader

pytestmark = pytest.mark.slow


@pytest.fixture
def qdrant(tmp_path: Path) -> "QdrantReader":
    """Qdrant's local engine on an empty folder."""
    from tests.models.publishing.exporters.databases import QdrantReader

    return QdrantReader(str(tmp_path / "qdrant"))


@pytest.fixture
def postgres_reader(database: str) -> "PgVectorReader":
    """An empty database."""
    from tests.models.publishing.exporters.databases import PgVectorReader

    return PgVectorReader(database)


@pytest.fixture
def milvus(tmp_path: Path) -> "MilvusReader":
    """Milvus Lite on a new folder."""
    from tests.models.publishing.exporters.databases import MilvusReader

    return MilvusReader(str(tmp_path / "milvus.db"))


def test_qdrant_finds_the_best_of_all_parts(models: Path, qdrant: "QdrantReader") -> None:
    """The sum of the products of dense and of sparse vectors gives the top 10 of the service."""
    export(VectorTable.of(store.find(models, "shared")), "qdrant", qdrant.at, "people")
    rows = qdrant.rows("people")
    with serving(models) as client:
        for row in range(0, 60, 7):
            node = rows[row]["node"]
            answer = client.get("/v1/models/shared/neighbors", params={"node": node, "known": True}).json()
            found = qdrant.best_of_all_parts("people", rows[row], [node], 60)
            assert found == [one["node"] for one in answer["neighbors"]]


def test_qdrant_s_metric_and_count_are_checked(plain: Checkpoint, qdrant: "QdrantReader") -> None:
    """What readers see under a version's name is no export with the cosine as its metric, nor with a point too few."""
    table = VectorTable.of(plain)
    export(table, "qdrant", qdrant.at, "people")
    qdrant.make(f"people_{table.edition}", "Cosine", 60, "people")
    with pytest.raises(DataError, match=r"metrics of vectors: expected .*Dot.*, found .*Cosine"):
        export(table, "qdrant", qdrant.at, "people")
    qdrant.make(f"people_{table.edition}", "Dot", 59, "people")
    with pytest.raises(DataError, match=r"points: expected 60, found 59"):
        export(table, "qdrant", qdrant.at, "people")


def test_qdrant_s_own_collections_are_kept(plain: Checkpoint, qdrant: "QdrantReader") -> None:
    """A collection that has the alias as its name refuses the export; one whose name only begins like an edition's stays."""
    for name in ("people", "other_2026"):
        qdrant.make(name, "Dot", 1)
    with pytest.raises(DataError, match=r"--alias: .*a collection named 'people'"):
        export(VectorTable.of(plain), "qdrant", qdrant.at, "people")
    export(VectorTable.of(plain), "qdrant", qdrant.at, "other")
    assert qdrant.names() == {"people", "other", "other_2026", f"other_{plain.manifest.version}"}


@pytest.mark.parametrize(
    ("engine", "at"), [("qdrant", "http://127.0.0.1:9"), ("pgvector", "postgresql://u:secret@127.0.0.1:9/db")]
)
def test_a_server_that_is_away_is_named(plain: Checkpoint, engine: Engine, at: str) -> None:
    """Nothing listens at the address: one line, without what may be a password."""
    with pytest.raises(DataError, match=r"--at: .* found: .*refused") as error:
        export(VectorTable.of(plain), engine, at, "people")
    assert "secret" not in str(error.value)


def test_pgvector_indexes_the_inner_product(models: Path, postgres_reader: "PgVectorReader") -> None:
    """Of a directed model targets and sources have an index by the inner product, of another targets alone."""
    for model in ("directed", "weighted"):
        export(VectorTable.of(store.find(models, model)), "pgvector", postgres_reader.at, model)
    indexes = [index for (index,) in postgres_reader.run("SELECT indexdef FROM pg_indexes WHERE indexdef ~ 'hnsw'")]
    found = sorted((index.partition("_2")[0].rpartition('"')[2], index.partition("hnsw ")[2]) for index in indexes)
    by_product = [(model, f"({role} vector_ip_ops)") for model, role in _SEARCHED]
    assert found == by_product


_SEARCHED = [("directed", "source"), ("directed", "target"), ("weighted", "target")]


def test_pgvector_s_own_tables_are_kept(plain: Checkpoint, postgres_reader: "PgVectorReader") -> None:
    """A table or a view that has the alias as its name refuses the export."""
    postgres_reader.run("CREATE TABLE people (a int)")
    postgres_reader.run("CREATE VIEW seen AS SELECT * FROM people")
    for alias in ("people", "seen"):
        with pytest.raises(DataError, match=f"--alias: .*named '{alias}'"):
            export(VectorTable.of(plain), "pgvector", postgres_reader.at, alias)
    assert postgres_reader.names() == {"people", "seen"}


def test_pgvector_keeps_who_may_read(postgres_reader: "PgVectorReader", tmp_path: Path) -> None:
    """A grant on the view outlives a new version of the same columns."""
    for seed in (0, 1):
        replace(Small.random(seed=seed), ids=()).publish(tmp_path, "people")
        table = VectorTable.of(store.find(tmp_path, "people"))
        export(table, "pgvector", postgres_reader.at, "people")
        if not seed:
            postgres_reader.run("GRANT SELECT ON people TO PUBLIC")
    [[granted]] = postgres_reader.run("SELECT relacl::text FROM pg_class WHERE relname = 'people'")
    assert "=r/" in granted.strip("{}").split(",")[-1]
    assert {row["version"] for row in postgres_reader.rows("people")} == {table.edition}


def test_pgvector_refuses_what_it_can_t_hold(
    plain: Checkpoint, postgres_reader: "PgVectorReader", tmp_path: Path
) -> None:
    """An id with U+0000, and a name that PostgreSQL would cut; nothing is left behind."""
    Small.random().publish(tmp_path, "nul")
    with pytest.raises(DataError, match="0x00"):
        export(VectorTable.of(store.find(tmp_path, "nul")), "pgvector", postgres_reader.at, "people")
    with pytest.raises(DataError, match="at most 63 bytes"):
        export(VectorTable.of(plain), "pgvector", postgres_reader.at, "p" * 41)
    assert postgres_reader.names() == set()


def test_milvus_is_exact_where_the_service_is(milvus: "MilvusReader", tmp_path: Path) -> None:
    """Of thousands of nodes it finds the 10 best by numpy, each time; its own index misses some."""
    random = np.random.default_rng(0)
    lengths = np.exp(random.normal(0, 1, (3_000, 1)))
    mu = (lengths * (1 + random.normal(size=(3_000, 16)))).astype(np.float32)  # hubs, which most nodes are close to
    ids = tuple(map(str, range(len(mu))))
    Small(mu, np.stack([np.arange(2_999), np.arange(1, 3_000)], axis=1), ids=ids, mapped=False).publish(
        tmp_path, "large"
    )
    export(VectorTable.of(store.find(tmp_path, "large")), "milvus", milvus.at, "large")
    for row in random.choice(len(mu), 20).tolist():
        best = np.argsort(-(mu.astype(float) @ mu[row].astype(float)), kind="stable")[:11]
        expected = [ids[other] for other in best if other != row][:10]
        assert milvus.best("large", mu[row], [ids[row]], None) == expected


def test_milvus_s_metric_and_count_are_checked(plain: Checkpoint, milvus: "MilvusReader") -> None:
    """What readers see under a version's name is no export if it is empty, or has another metric."""
    table = VectorTable.of(plain)
    export(table, "milvus", milvus.at, "people")
    milvus.make(f"people_{table.edition}", "IP", "people")
    with pytest.raises(DataError, match=r"entities: expected 60, found 0"):
        export(table, "milvus", milvus.at, "people")
    milvus.make(f"people_{table.edition}", "COSINE", "people")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VectorTable, "__len__", lambda _: 0)
        with pytest.raises(DataError, match=r"metrics of vectors: expected .*IP.*, found .*COSINE"):
            export(table, "milvus", milvus.at, "people")


def test_milvus_s_own_collections_are_kept(plain: Checkpoint, milvus: "MilvusReader") -> None:
    """A collection that has the alias as its name refuses the export, and so does an alias that Milvus can't have."""
    milvus.make("people", "IP")
    with pytest.raises(DataError, match=r"--alias: .*a collection named 'people'"):
        export(VectorTable.of(plain), "milvus", milvus.at, "people")
    with pytest.raises(DataError, match=r"--alias: .*Milvus, found 'co-star'"):
        export(VectorTable.of(plain), "milvus", milvus.at, "co-star")
    assert milvus.names() == {"people"}


@pytest.mark.parametrize("content", ['{"x": 1}', "{"], ids=["other", "cut"])
def test_a_folder_of_another_program_is_one_message(plain: Checkpoint, tmp_path: Path, content: str) -> None:
    """Qdrant's library stumbles over the file `meta.json`, which stays as it is."""
    (tmp_path / "meta.json").write_text(content)
    with pytest.raises(DataError, match=r"^--at: .* found: what its library can't read, "):
        export(VectorTable.of(plain), "qdrant", str(tmp_path), "people")
    assert (tmp_path / "meta.json").read_text() == content


def test_qdrant_writes_to_a_folder_even_if_it_is_named_as_memory(
    plain: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the text `:memory:` alone, its library keeps nothing."""
    monkeypatch.chdir(tmp_path)
    export(VectorTable.of(plain), "qdrant", ":memory:", "people")
    assert (tmp_path / ":memory:" / "meta.json").is_file()


@pytest.mark.parametrize(
    "at",
    [
        "",
        "host=a password=my secret",
        "postgresql://u:sec/ret@a/b",
        "postgresql://u:se@cret@a/b",
        "postgresql://u:se%zzcret@a/b",
        "s3://b/secret",
        "host=a\0secret",
    ],
)
def test_a_connection_string_with_a_mistake_is_not_repeated(plain: Checkpoint, at: str) -> None:
    """PostgreSQL's library shows the part that it can't read, which may be a part of the password."""
    with pytest.raises(DataError) as error:
        export(VectorTable.of(plain), "pgvector", at, "people")
    assert str(error.value).startswith("--at: expected a connection string such as postgresql://localhost/vectors or ")
    assert not [part for part in ("sec", "ret", "zz") if part in str(error.value)]


def test_why_milvus_can_t_open_its_folder_is_said_once(
    plain: Checkpoint, milvus: "MilvusReader", monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the message, where its library logs a traceback and gives no reason."""

    def fails(**_: object) -> None:
        raise PermissionError(13, "Permission denied", milvus.at)

    monkeypatch.setattr("milvus_lite.adapter.grpc.server.start_server_in_thread", fails)
    with pytest.raises(DataError, match=r"^--at: .* found: Permission denied"):
        export(VectorTable.of(plain), "milvus", milvus.at, "people")
    assert capsys.readouterr().err == ""
