"""A table of PostgreSQL with pgvector for each edition, and a view: all of an export is one transaction."""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Composed, Identifier, Literal

from latentlink.models.arrays import Float32
from latentlink.models.errors import DataError
from latentlink.models.publishing.exporters.address import Kinds, require_text
from latentlink.models.publishing.exporters.target import hidden_name, is_hidden_name, require_same, taken
from latentlink.models.publishing.exporters.vector_table import ROW, Batch, Cell, VectorTable

_KINDS = Kinds("a connection string such as postgresql://localhost/vectors or 'host=localhost dbname=vectors'")
_COMMENT = "vectors of latentlink, edition "
_LONGEST = 63  # bytes of a name, after which PostgreSQL cuts it
_INDEXED = 2_000  # dimensions that an index of pgvector has at most
_INNER_PRODUCT = "vector_ip_ops"
_TYPES = {"text": ("text", "text"), "number": ("double precision", "float8"), "boolean": ("boolean", "bool")}


class PgVector:
    """The view `ALIAS` in the schema that the connection writes to; `<#>` of a source and a target is the negative logit."""

    errors: ClassVar[tuple[type[Exception], ...]] = (psycopg.Error,)
    shared_links: ClassVar[bool] = False

    def __init__(self, at: str, alias: str) -> None:
        self._alias = alias
        self._connection = psycopg.connect(_connection_string(at))

    def current(self) -> str | None:
        """By the comment on the view; another export under the alias then waits for the end of this one."""
        self._connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [self._alias])
        query = "SELECT relkind = 'v', obj_description(oid) FROM pg_class WHERE oid = to_regclass(%s)"
        found = self._connection.execute(query, [f'"{self._alias}"']).fetchone()
        if found is None:
            return None
        is_view, comment = found
        if not is_view or not str(comment).startswith(_COMMENT):
            raise taken(self._alias, "a table or another view named")
        return str(comment).removeprefix(_COMMENT)

    def write(self, table: VectorTable) -> None:
        """By a binary COPY, and then an index for each vector that is searched for."""
        name = hidden_name(self._alias, table.edition)
        for each in (name, *table.fields):
            if len(each.encode()) > _LONGEST:
                raise DataError(f"--to pgvector: expected names of at most {_LONGEST} bytes, found {each!r}")
        self._run("CREATE EXTENSION IF NOT EXISTS vector")
        columns = [SQL("{} bigint PRIMARY KEY").format(Identifier(ROW))]
        columns += [SQL(f"{{}} {_TYPES[kind][0]}").format(Identifier(field)) for field, kind in table.fields.items()]
        columns += [SQL(f"{{}} vector({table.dim:d}) NOT NULL").format(Identifier(role)) for role in table.roles]
        self._run("CREATE TABLE {} ({})", Identifier(name), SQL(", ").join(columns))
        copy = SQL("COPY {} FROM STDIN (FORMAT binary)").format(Identifier(name))
        with self._connection.cursor().copy(copy) as rows:
            # The binary form of a vector is sent as bytes, which have no form of their own.
            rows.set_types(
                ["int8", *(_TYPES[kind][1] for kind in table.fields.values()), *["bytea"] * len(table.roles)]
            )
            for batch in table.batches():
                for row in _rows(batch, table):
                    rows.write_row(row)
        self._run("CREATE INDEX ON {} (node)", Identifier(name))
        for role in table.searched if table.dim <= _INDEXED else []:
            self._run(f"CREATE INDEX ON {{}} USING hnsw ({role} {_INNER_PRODUCT})", Identifier(name))

    def verify(self, table: VectorTable) -> None:
        """By a count, and by the operators that the indexes are for."""
        name = hidden_name(self._alias, table.edition)
        [count] = self._run("SELECT count(*) FROM {}", Identifier(name)).fetchone() or [0]
        require_same(f"table {name}, rows", len(table), count)
        metrics = self._connection.execute(
            "SELECT opcname FROM pg_index JOIN pg_opclass ON pg_opclass.oid = ANY (indclass) "
            "WHERE indrelid = to_regclass(%s) AND opcname LIKE 'vector%%'",
            [f'"{name}"'],
        ).fetchall()
        expected = [_INNER_PRODUCT for _ in table.searched if table.dim <= _INDEXED]
        require_same(f"table {name}, operators of the indexes", expected, [metric for (metric,) in metrics])

    def switch(self, table: VectorTable) -> None:
        """By the end of the transaction. The view keeps its grants unless its columns change."""
        view, name = Identifier(self._alias), Identifier(hidden_name(self._alias, table.edition))
        try:
            with self._connection.transaction():  # a savepoint
                self._run("CREATE OR REPLACE VIEW {} AS SELECT * FROM {}", view, name)
        except psycopg.errors.InvalidTableDefinition:  # other columns, or vectors of another length
            self._run("DROP VIEW {}", view)
            self._run("CREATE VIEW {} AS SELECT * FROM {}", view, name)
        self._run("COMMENT ON VIEW {} IS {}", view, Literal(_COMMENT + table.edition))
        tables = self._run("SELECT tablename FROM pg_tables WHERE schemaname = current_schema").fetchall()
        for (other,) in tables:
            if is_hidden_name(other, self._alias) and other != hidden_name(self._alias, table.edition):
                self._run("DROP TABLE {}", Identifier(other))
        self._connection.commit()

    def close(self) -> None:
        """End the connection, and a transaction that is not through."""
        self._connection.close()

    def _run(self, query: str, *parts: Identifier | Literal | Composed) -> "psycopg.Cursor[tuple[Any, ...]]":
        return self._connection.execute(SQL(query).format(*parts))


def _connection_string(at: str) -> str:
    """A string that PostgreSQL's library takes apart as its writer meant it.

    What is wrong with another one is not repeated: it may be a part of a password.

    Raises:
        DataError: it is none, or a password in it ends too early.
    """
    require_text(at, _KINDS)
    try:
        parts = conninfo_to_dict(at)
    except psycopg.Error:
        raise _KINDS.wrong(
            "another text, or one with a mistake", "put values with blanks into quotes; % is %25 in a URL"
        ) from None
    if any("@" in str(value) for name, value in parts.items() if name in ("host", "port", "dbname")):
        raise _KINDS.wrong("an @ behind a user or a password", "write @, / and ? in these as %40, %2F and %3F")
    return at


def _rows(batch: Batch, table: VectorTable) -> Iterator[list[Cell | bytes]]:
    cells = [batch.cells[field] for field in table.fields]
    vectors = [_encoded(batch.vectors[role]) for role in table.roles]
    for at, row in enumerate(batch.rows):
        yield [row, *(column[at] for column in cells), *(each[at].tobytes() for each in vectors)]


def _encoded(vectors: Float32) -> np.ndarray:
    """Vectors as pgvector receives them: D and 0 as int16, then D float32, all of them big-endian."""
    head = np.full((len(vectors), 1), vectors.shape[1] << 16, ">u4")
    return np.concatenate([head.view(np.uint8), vectors.astype(">f4").view(np.uint8)], axis=1)
