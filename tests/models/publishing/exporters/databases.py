"""How readers ask the databases; apart from `readers.py`, since their libraries take seconds to import."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, LiteralString

import psycopg
from milvus_lite.server_manager import server_manager_instance
from pymilvus import MilvusClient
from qdrant_client import QdrantClient, models
from qdrant_client.conversions.common_types import Record

from latentlink.models.arrays import Float32
from latentlink.models.publishing.exporters import Engine


@dataclass
class QdrantReader:
    """Qdrant's local engine on a folder."""

    engine: ClassVar[Engine] = "qdrant"
    at: str

    def rows(self, alias: str) -> list[dict[str, Any]]:
        """By scrolling."""
        points, _ = self._ask("scroll", alias, limit=10_000, with_vectors=True)
        return [_row(point) for point in sorted(points, key=lambda point: point.id)]

    def best(self, alias: str, query: Float32, barred: Sequence[str], kind: str | None) -> list[str]:
        """By a query with a filter."""
        of_kind = [] if kind is None else [models.FieldCondition(key="type", match=models.MatchValue(value=kind))]
        known = [models.FieldCondition(key="node", match=models.MatchAny(any=list(barred)))]
        found = self._ask(
            "query_points",
            alias,
            query=query.tolist(),
            using="target",
            limit=10,
            query_filter=models.Filter(must=[*of_kind], must_not=[*known]),
        )
        return [point.payload["node"] for point in found.points]

    def best_of_all_parts(self, alias: str, node: dict[str, Any], barred: Sequence[str], n: int) -> list[str]:
        """By the sum of the products of both vectors."""
        links, where = node["shared_links"], models.FieldCondition(key="node", match=models.MatchAny(any=list(barred)))
        sparse = models.SparseVector(indices=list(links), values=list(links.values()))
        found = self._ask(
            "query_points",
            alias,
            prefetch=[
                models.Prefetch(query=node["source"], using="target", limit=n),
                models.Prefetch(query=sparse, using="shared_links", limit=n),
            ],
            query=models.FormulaQuery(formula=models.SumExpression(sum=["$score[0]", "$score[1]"])),
            query_filter=models.Filter(must_not=[where]),
            limit=10,
        )
        return [point.payload["node"] for point in found.points]

    def names(self) -> set[str]:
        """Collections and aliases."""
        aliases = {alias.alias_name for alias in self._ask("get_aliases").aliases}
        return aliases | {collection.name for collection in self._ask("get_collections").collections}

    def make(self, name: str, distance: str, points: int, alias: str | None = None) -> None:
        """Put a collection of vectors (8,) in the place of one, perhaps with an alias."""
        client = QdrantClient(path=self.at)
        client.delete_collection(name)
        client.create_collection(name, {"target": models.VectorParams(size=8, distance=models.Distance(distance))})
        client.upsert(name, [models.PointStruct(id=row, vector={"target": [1.0] * 8}) for row in range(points)])
        if alias is not None:
            create = models.CreateAlias(collection_name=name, alias_name=alias)
            client.update_collection_aliases([models.CreateAliasOperation(create_alias=create)])
        client.close()

    def _ask(self, method: str, *arguments: Any, **options: Any) -> Any:
        client = QdrantClient(path=self.at)
        try:
            return getattr(client, method)(*arguments, **options)
        finally:
            client.close()


def _row(point: Record) -> dict[str, Any]:
    assert isinstance(point.vector, dict)
    vectors: dict[str, Any] = dict(point.vector)
    if isinstance(links := vectors.get("shared_links"), models.SparseVector):
        vectors["shared_links"] = dict(zip(links.indices, links.values, strict=True))
    return {"row": point.id, **(point.payload or {}), **vectors}


@dataclass
class PgVectorReader:
    """PostgreSQL with pgvector."""

    engine: ClassVar[Engine] = "pgvector"
    at: str

    def rows(self, alias: str) -> list[dict[str, Any]]:
        """By a scan; vectors come as texts."""
        with psycopg.connect(self.at) as connection, connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{alias}" ORDER BY row')
            names = [column.name for column in cursor.description or []]
            return [{k: _parsed(k, v) for k, v in zip(names, row, strict=True)} for row in cursor.fetchall()]

    def best(self, alias: str, query: Float32, barred: Sequence[str], kind: str | None) -> list[str]:
        """By the operator of pgvector, which is the negative inner product."""
        where = "AND type = %(kind)s" if kind else ""
        values = {"barred": list(barred), "kind": kind, "query": str(query.tolist())}
        with psycopg.connect(self.at) as connection:
            connection.execute("SET enable_indexscan = off")
            found = connection.execute(
                f'SELECT node FROM "{alias}" WHERE node <> ALL (%(barred)s) {where} '
                "ORDER BY target <#> %(query)s::vector LIMIT 10",
                values,
            )
            return [node for (node,) in found]

    def run(self, query: LiteralString) -> list[tuple[Any, ...]]:
        """What a statement returns, if anything."""
        with psycopg.connect(self.at) as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else []

    def names(self) -> set[str]:
        """Tables and views."""
        with psycopg.connect(self.at) as connection:
            query = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
            return {name for (name,) in connection.execute(query)}


def _parsed(name: str, value: Any) -> Any:
    return [float(one) for one in value[1:-1].split(",")] if name in ("source", "target") else value


@dataclass
class MilvusReader:
    """Milvus Lite on a folder."""

    engine: ClassVar[Engine] = "milvus"
    at: str

    def make(self, name: str, metric: str, alias: str | None = None) -> None:
        """Put an empty collection of vectors (8,) in the place of one, perhaps with an alias."""
        client = MilvusClient(self.at)
        if alias is not None:
            client.drop_alias(alias)
        client.drop_collection(name)
        client.create_collection(name, dimension=8, vector_field_name="target", metric_type=metric)
        if alias is not None:
            client.create_alias(name, alias)
        client.close()

    def rows(self, alias: str) -> list[dict[str, Any]]:
        """By a query for all; dynamic fields stand beside the others."""
        found = self._ask("query", alias, filter="row >= 0", output_fields=["*"], limit=10_000)
        return sorted(map(dict, found), key=lambda row: row["row"])

    def best(self, alias: str, query: Float32, barred: Sequence[str], kind: str | None) -> list[str]:
        """By a search with a filter."""
        where = f"node not in {json.dumps(barred, ensure_ascii=False)}" + (f' and type == "{kind}"' if kind else "")
        [found] = self._ask(
            "search",
            alias,
            [query.tolist()],
            anns_field="target",
            limit=10,
            filter=where,
            output_fields=["node"],
        )
        return [hit["entity"]["node"] for hit in found]

    def names(self) -> set[str]:
        """Collections and aliases."""
        collections: list[str] = self._ask("list_collections")
        aliases = [self._ask("list_aliases", name)["aliases"] for name in collections]
        return {*collections, *(alias for each in aliases for alias in each)}

    def _ask(self, method: str, *arguments: Any, **options: Any) -> Any:
        client = MilvusClient(self.at)
        try:
            if method in ("query", "search"):
                client.load_collection(arguments[0])
            return getattr(client, method)(*arguments, **options)
        finally:
            client.close()
            server_manager_instance.release_server(self.at)  # which locks the file
