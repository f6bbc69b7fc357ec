"""A collection of Qdrant for each edition, and an alias; of a server, or of the engine that runs on a folder here."""

import os
import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException

from latentlink.models.publishing.exporters.address import Kinds, read_address
from latentlink.models.publishing.exporters.target import hidden_name, is_hidden_name, require_same, taken
from latentlink.models.publishing.exporters.vector_table import SHARED_LINKS, Batch, SparseRows, VectorTable

_KINDS = Kinds("a folder, or a URL such as http://localhost:6333", secret="QDRANT_API_KEY")
_SECONDS = 120
_INDEXED = {
    "text": models.PayloadSchemaType.KEYWORD,
    "number": models.PayloadSchemaType.FLOAT,
    "boolean": models.PayloadSchemaType.BOOL,
}


class Qdrant:
    """Points have the row of a node as their id, its vectors by role, and its fields as payload.

    The environment's `QDRANT_API_KEY` is sent to a server.
    """

    errors: ClassVar[tuple[type[Exception], ...]] = (ApiException, OSError, RuntimeError, UnicodeError, sqlite3.Error)
    shared_links: ClassVar[bool] = True

    def __init__(self, at: str, alias: str) -> None:
        place = read_address(at, _KINDS)
        self._alias, self._is_server = alias, isinstance(place, str)
        self._client = (
            QdrantClient(path=str(place.absolute()))  # the text `:memory:` would be no folder
            if isinstance(place, Path)
            else QdrantClient(
                place, api_key=os.environ.get("QDRANT_API_KEY"), timeout=_SECONDS, check_compatibility=False
            )
        )

    def current(self) -> str | None:
        """By the collection that the alias stands for."""
        if self._alias in self._collections():
            raise taken(self._alias, "a collection named")
        aliases = {alias.alias_name: alias.collection_name for alias in self._client.get_aliases().aliases}
        return aliases[self._alias].removeprefix(hidden_name(self._alias, "")) if self._alias in aliases else None

    def write(self, table: VectorTable) -> None:
        """To a collection of its own, in which a killed export may have left points."""
        collection = hidden_name(self._alias, table.edition)
        if collection in self._collections():
            self._client.delete_collection(collection)
        shared = table.checkpoint.decoder.shared
        self._client.create_collection(
            collection,
            vectors_config={role: _vectors(table, role) for role in table.roles},
            sparse_vectors_config=None if shared is None else {SHARED_LINKS: models.SparseVectorParams()},
        )
        if self._is_server:  # the local engine has none
            for name, kind in table.fields.items():
                self._client.create_payload_index(collection, name, _INDEXED[kind])
        for batch in table.batches():
            self._client.upsert(collection, list(_points(batch)), wait=True)

    def verify(self, table: VectorTable) -> None:
        """By what the engine reports of the collection."""
        collection = hidden_name(self._alias, table.edition)
        found, vectors = self._client.count(collection, exact=True).count, self._client.get_collection(collection)
        require_same(f"collection {collection}, points", len(table), found)
        params = vectors.config.params.vectors
        metrics = {role: one.distance.value for role, one in params.items()} if isinstance(params, dict) else params
        expected = dict.fromkeys(table.roles, models.Distance.DOT.value)
        require_same(f"collection {collection}, metrics of vectors", expected, metrics)

    def switch(self, table: VectorTable) -> None:
        """In one operation of the engine."""
        alias, collection = self._alias, hidden_name(self._alias, table.edition)
        drop = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
        create = models.CreateAlias(collection_name=collection, alias_name=alias)
        operations: list[models.AliasOperations] = [drop] if self.current() is not None else []
        self._client.update_collection_aliases([*operations, models.CreateAliasOperation(create_alias=create)])
        for other in self._collections() - {collection}:
            if is_hidden_name(other, alias):
                self._client.delete_collection(other)

    def close(self) -> None:
        """Close the connection, or the files."""
        self._client.close()

    def _collections(self) -> set[str]:
        return {collection.name for collection in self._client.get_collections().collections}


def _vectors(table: VectorTable, role: str) -> models.VectorParams:
    """Those that no search is for get no index."""
    index = None if role in table.searched else models.HnswConfigDiff(m=0)
    return models.VectorParams(size=table.dim, distance=models.Distance.DOT, hnsw_config=index)


def _points(batch: Batch) -> Iterator[models.PointStruct]:
    sparse = [None] * len(batch.rows) if batch.shared_links is None else _sparse(batch.shared_links)
    vectors = {role: vectors.tolist() for role, vectors in batch.vectors.items()}
    for at, (row, links) in enumerate(zip(batch.rows, sparse, strict=True)):
        own: dict[str, models.Vector] = {role: each[at] for role, each in vectors.items()}
        payload = {name: cells[at] for name, cells in batch.cells.items()}
        yield models.PointStruct(id=row, vector=own if links is None else {**own, SHARED_LINKS: links}, payload=payload)


def _sparse(sparse: SparseRows) -> list[models.SparseVector]:
    rows, weights, starts = sparse.rows.tolist(), sparse.weights.tolist(), sparse.starts.tolist()
    return [models.SparseVector(indices=rows[start:end], values=weights[start:end]) for start, end in pairwise(starts)]
