"""Databases with the vectors of a checkpoint, each by its export, and how a program asks them for the best partners of a node."""

import json
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from latentlink.models.arrays import Float32
from latentlink.models.publishing.exporters import Engine, export
from latentlink.models.publishing.exporters.vector_table import VectorTable

K, ALIAS = 10, "bench"
EF_SEARCH = (10, 20, 40, 80, 160, 320, 640)  # pgvector: candidates of an HNSW search
_SQL = f"SELECT node FROM {ALIAS} WHERE node <> ALL (%s) ORDER BY target <#> %s::vector LIMIT {K}"


class Question(NamedTuple):
    """A node whose best partners are asked for.

    Attributes:
        row: its place.
        vector: float32 (D,).
        barred: ids that are no answer: its own, and those of known links.
    """

    row: int
    vector: Float32
    barred: list[str]


Asked = Callable[[], list[str]]  # ids, best first: this is timed
Ask = Callable[[Question], Asked]  # writes a question down in the engine's language


class Database(NamedTuple):
    """A database that holds an export.

    Attributes:
        exported: seconds of the export.
        ways: how to ask it, by name. Of several for one name the first that finds enough is meant.
    """

    exported: float
    ways: dict[str, list[Ask]]


@contextmanager
def parquet(table: VectorTable, folder: Path) -> Iterator[Database]:
    """A file: asks nobody, but is written."""
    yield Database(_exported(table, "parquet", str(folder)), {})


@contextmanager
def pgvector(table: VectorTable, folder: Path) -> Iterator[Database]:
    """A PostgreSQL out of a wheel, over its socket: by a scan, and by HNSW with each number of candidates."""
    import psycopg

    with warnings.catch_warnings(action="ignore"):  # of a machine without XDG_RUNTIME_DIR
        from pgserver.postgres_server import get_server

    def ask(connection: Any, question: Question, ef: int | None = None) -> Asked:
        values = [question.barred, str(question.vector.tolist())]
        if ef is not None:
            connection.execute(f"SET hnsw.ef_search = {ef}")
        return lambda: [node for (node,) in connection.execute(_SQL, values, prepare=True)]

    def by_hnsw(ef: int) -> Ask:
        return lambda question: ask(searching, question, ef)

    server = get_server(folder, cleanup_mode="stop")
    try:
        server.psql(f"CREATE DATABASE {ALIAS}")
        at = str(server.get_uri(ALIAS))
        seconds = _exported(table, "pgvector", at)
        with psycopg.connect(at, autocommit=True) as scanning, psycopg.connect(at, autocommit=True) as searching:
            for connection, other in ((scanning, "indexscan"), (searching, "seqscan")):
                connection.execute(f"SET enable_{other} = off; SET max_parallel_workers_per_gather = 0; SET jit = off")
            yield Database(
                seconds,
                {
                    "pgvector, scan": [lambda question: ask(scanning, question)],
                    "pgvector, HNSW": [by_hnsw(ef) for ef in EF_SEARCH],
                },
            )
    finally:
        server.cleanup()


@contextmanager
def qdrant(table: VectorTable, folder: Path) -> Iterator[Database]:
    """Qdrant's local engine, in this process: a scan in NumPy."""
    from qdrant_client import QdrantClient, models

    def ask(question: Question) -> Asked:
        known = models.FieldCondition(key="node", match=models.MatchAny(any=question.barred))
        without, query = models.Filter(must_not=[known]), question.vector.tolist()

        def asked() -> list[str]:
            found = client.query_points(ALIAS, query=query, using="target", query_filter=without, limit=K)
            return [(point.payload or {})["node"] for point in found.points]

        return asked

    seconds = _exported(table, "qdrant", str(folder))
    with closing(QdrantClient(path=str(folder))) as client:
        yield Database(seconds, {"Qdrant's local engine": [ask]})


@contextmanager
def milvus(table: VectorTable, folder: Path) -> Iterator[Database]:
    """Milvus Lite, a server in a thread of this process, over its socket."""
    from milvus_lite.server_manager import server_manager_instance
    from pymilvus import MilvusClient

    def ask(question: Question) -> Asked:
        options = {"anns_field": "target", "limit": K, "output_fields": ["node"]}
        where, vectors = f"node not in {json.dumps(question.barred)}", [question.vector.tolist()]

        def asked() -> list[str]:
            [found] = client.search(ALIAS, vectors, filter=where, **options)
            return [hit["entity"]["node"] for hit in found]

        return asked

    at = str(folder.with_suffix(".db"))
    try:
        seconds = _exported(table, "milvus", at)
        with closing(MilvusClient(at)) as client:
            client.load_collection(ALIAS)
            yield Database(seconds, {"Milvus Lite": [ask]})
    finally:
        server_manager_instance.release_server(at)


def _exported(table: VectorTable, engine: Engine, at: str) -> float:
    started = time.perf_counter()
    export(table, engine, at, ALIAS)
    return time.perf_counter() - started


DATABASES = {"parquet": parquet, "pgvector": pgvector, "qdrant": qdrant, "milvus": milvus}
