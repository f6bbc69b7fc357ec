"""A Parquet file, written whole beside the old one, whose name it then takes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema
from arro3.core import fixed_size_list_array as fixed_size_lists
from arro3.core import list_array as lists
from arro3.core import struct_array as structs
from arro3.io import read_parquet, write_parquet

from latentlink.models.publishing.exporters.address import Kinds, read_folder
from latentlink.models.publishing.exporters.target import require_same, taken
from latentlink.models.publishing.exporters.vector_table import ROW, SHARED_LINKS, Batch, Kind, SparseRows, VectorTable

_EDITION, _NODES, _METRIC = "latentlink.edition", "latentlink.nodes", "latentlink.metric"
_MAGIC = b"PAR1"
_INNER_PRODUCT = "inner product"


class Parquet:
    """`ALIAS.parquet` in a folder; its metadata name the edition, the number of nodes and the metric."""

    errors: ClassVar[tuple[type[Exception], ...]] = (OSError,)
    shared_links: ClassVar[bool] = True

    def __init__(self, at: str, alias: str) -> None:
        self._path = read_folder(at, Kinds(f"a folder for {alias}.parquet")) / f"{alias}.parquet"
        self._hidden = self._path.with_name(f".{self._path.name}.part")
        self._seen = self._path

    def current(self) -> str | None:
        """The edition in the file's metadata."""
        if not self._path.exists():
            return None
        edition = _metadata(self._path).get(_EDITION) if _is_parquet(self._path) else None
        if edition is None:
            raise taken(self._path.name, f"in {self._path.parent} a file that no export wrote,")
        return edition

    def write(self, table: VectorTable) -> None:
        """Batch by batch, to a hidden file."""
        self._seen = self._hidden
        self._path.parent.mkdir(parents=True, exist_ok=True)
        schema = _schema(table)
        raised: list[BaseException] = []
        rows = RecordBatchReader.from_batches(schema, _batches(table, schema, raised))
        with self._hidden.open("wb") as file:
            try:
                # Neither numbers of vectors nor ids repeat; what repeats in texts zstd finds.
                write_parquet(rows, file, compression="zstd(1)", dictionary_enabled=False)
            except Exception:
                if raised:
                    raise raised[0] from None
                raise
            file.flush()
            os.fsync(file.fileno())

    def verify(self, table: VectorTable) -> None:
        """By the metadata: a file that was cut has none."""
        found = _metadata(self._seen)
        require_same(f"{self._path}, nodes", str(len(table)), found.get(_NODES))
        require_same(f"{self._path}, metric", _INNER_PRODUCT, found.get(_METRIC))

    def switch(self, table: VectorTable) -> None:  # noqa: ARG002  # The hidden file is that of the table.
        """By a rename."""
        self._hidden.replace(self._path)

    def close(self) -> None:
        """Remove what was not shown."""
        self._hidden.unlink(missing_ok=True)


def _batches(table: VectorTable, schema: Schema, raised: list[BaseException]) -> Iterator[RecordBatch]:
    """All batches, and what is raised while they are made, of which arro3 makes texts: an interrupt, too."""
    try:
        for batch in table.batches():
            yield RecordBatch.from_arrays([*_arrays(batch, table)], schema=schema)
    except BaseException as error:
        raised.append(error)
        raise


def _is_parquet(path: Path) -> bool:
    """Whether a file ends as one does that was written to its end; arro3 panics over others."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - len(_MAGIC)))
        return file.read() == _MAGIC


def _metadata(path: Path) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in read_parquet(path).schema.metadata.items()}


def _schema(table: VectorTable) -> Schema:
    fields = [Field(ROW, DataType.int64(), nullable=False)]
    fields += [Field(name, _type(kind)) for name, kind in table.fields.items()]
    fields += [Field(role, _vector(table), nullable=False) for role in table.roles]
    if table.checkpoint.decoder.shared is not None:
        fields.append(Field(SHARED_LINKS, _LINKS))
    metadata = {_EDITION: table.edition, _NODES: str(len(table)), _METRIC: _INNER_PRODUCT}
    return Schema(fields, metadata=metadata)


_ENTRY = [Field(ROW, DataType.int64(), nullable=False), Field("weight", DataType.float32(), nullable=False)]

_LINKS = DataType.list(Field("item", DataType.struct(_ENTRY), nullable=False))


def _vector(table: VectorTable) -> DataType:
    return DataType.list(Field("item", DataType.float32(), nullable=False), table.dim)


def _type(kind: Kind) -> DataType:
    return {"text": DataType.utf8, "number": DataType.float64, "boolean": DataType.bool}[kind]()


def _arrays(batch: Batch, table: VectorTable) -> Iterator[Array]:
    yield Array(np.arange(batch.rows.start, batch.rows.stop))
    for name, kind in table.fields.items():
        yield Array(list(batch.cells[name]), type=_type(kind))
    for vectors in batch.vectors.values():
        yield fixed_size_lists(Array(np.ascontiguousarray(vectors).reshape(-1)), table.dim, type=_vector(table))
    if batch.shared_links is not None:
        yield _sparse(batch.shared_links)


def _sparse(sparse: SparseRows) -> Array:
    entries = structs([Array(sparse.rows), Array(sparse.weights)], fields=_ENTRY)
    return lists(Array(sparse.starts.astype(np.int32)), entries, type=_LINKS)
