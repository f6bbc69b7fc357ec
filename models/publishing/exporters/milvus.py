"""A collection of Milvus for each edition, and an alias; of a server, or of Milvus Lite in a folder."""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from pymilvus import DataType, MilvusClient
from pymilvus.exceptions import MilvusException

from latentlink.models.errors import DataError
from latentlink.models.inference.ivf import INDEXED_FROM
from latentlink.models.publishing.exporters.address import Kinds, read_address
from latentlink.models.publishing.exporters.target import hidden_name, is_hidden_name, require_same, taken
from latentlink.models.publishing.exporters.vector_table import ROW, Batch, VectorTable

_KINDS = Kinds(
    "a folder that ends with .db, or a URL such as http://localhost:19530", suffix=".db", secret="MILVUS_TOKEN"
)
_INNER_PRODUCT = "IP"
_LONGEST = 65_535  # bytes of a text


class Milvus:
    """Entities have the row of a node as their key, its vectors by role, and its other fields as dynamic ones.

    The environment's `MILVUS_TOKEN` is sent to a server.
    """

    errors: ClassVar[tuple[type[Exception], ...]] = (MilvusException, OSError)
    shared_links: ClassVar[bool] = False  # Milvus takes no empty sparse vector, which a node without links has

    def __init__(self, at: str, alias: str) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", alias):
            raise DataError(f"--alias: expected letters, digits and '_' for Milvus, found {alias!r}; give another one")
        self._alias, place = alias, read_address(at, _KINDS)
        if isinstance(place, Path):
            place.mkdir(parents=True, exist_ok=True)  # the library makes no parents
        with _causes():
            self._client = MilvusClient(str(place), token=os.environ.get("MILVUS_TOKEN", ""))

    def current(self) -> str | None:
        """By the collection that the alias stands for."""
        names = self._client.list_collections()
        if self._alias in names:
            raise taken(self._alias, "a collection named")
        shown = [name for name in self._ours() if self._alias in self._client.list_aliases(name)["aliases"]]
        return shown[0].removeprefix(hidden_name(self._alias, "")) if shown else None

    def write(self, table: VectorTable) -> None:
        """To a collection of its own, in which a killed export may have left entities."""
        name, client = hidden_name(self._alias, table.edition), self._client
        if client.has_collection(name):
            client.drop_collection(name)
        schema = client.create_schema(auto_id=False, enable_dynamic_field=True)
        schema.add_field(ROW, DataType.INT64, is_primary=True)
        schema.add_field("node", DataType.VARCHAR, max_length=_LONGEST)
        indexes = client.prepare_index_params()
        for role in table.roles:
            schema.add_field(role, DataType.FLOAT_VECTOR, dim=table.dim)
            # Its own index misses some of the best at any size: it is left to sizes at which the service has one, too.
            kind = "AUTOINDEX" if role in table.searched and len(table) >= INDEXED_FROM else "FLAT"
            indexes.add_index(role, index_type=kind, metric_type=_INNER_PRODUCT)
        client.create_collection(name, schema=schema, index_params=indexes, consistency_level="Strong")
        for batch in table.batches():
            client.insert(name, list(_entities(batch)))
        client.flush(name)

    def verify(self, table: VectorTable) -> None:
        """By what the engine reports of the collection."""
        name = hidden_name(self._alias, table.edition)
        self._client.load_collection(name)  # Milvus Lite forgets at its end that it was loaded
        [found] = self._client.query(name, filter="", output_fields=["count(*)"])
        require_same(f"collection {name}, entities", len(table), found["count(*)"])
        metrics = {role: self._client.describe_index(name, role)["metric_type"] for role in table.roles}
        require_same(f"collection {name}, metrics of vectors", dict.fromkeys(table.roles, _INNER_PRODUCT), metrics)

    def switch(self, table: VectorTable) -> None:
        """In one operation of the engine."""
        name, shown = hidden_name(self._alias, table.edition), self.current() is not None
        (self._client.alter_alias if shown else self._client.create_alias)(name, self._alias)
        for other in self._ours():
            if other != name:
                self._client.drop_collection(other)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _ours(self) -> list[str]:
        return [name for name in self._client.list_collections() if is_hidden_name(name, self._alias)]


class _Cause(logging.Handler):
    """Keeps the last exception that was logged."""

    error: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.error = record.exc_info[1] if record.exc_info else None


@contextmanager
def _causes() -> Iterator[None]:
    """Why Milvus Lite can't open a folder, which it logs with a traceback, as the reason of the error, which has none."""
    logger, cause = logging.getLogger("milvus_lite.server_manager"), _Cause()
    logger.addHandler(cause)
    try:
        yield
    except MilvusException:
        if cause.error is None:
            raise
        raise OSError(str(cause.error)) from None
    finally:
        logger.removeHandler(cause)


def _entities(batch: Batch) -> Iterator[dict[str, Any]]:
    for at, row in enumerate(batch.rows):
        cells = {name: cells[at] for name, cells in batch.cells.items()}
        yield {ROW: row, **cells, **{role: vectors[at] for role, vectors in batch.vectors.items()}}
