"""DuckDB is sandboxed: it reads tables in local files, without network and extensions, in bounded memory."""

import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import duckdb

from latentlink.models.errors import DataError
from latentlink.models.host import available_cpus
from latentlink.models.sources.formats.interrupts import interruptible


class Stream(Protocol):
    """A table that is streamed through Arrow's PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A new stream of all rows."""


Table = Stream | str  # an object, or a query
_MEMORY = "2GB"  # Beyond it DuckDB spills to a temporary folder.


class Where(NamedTuple):
    """What messages call a table and its rows.

    Attributes:
        name: of the table.
        first: the number of its first row: people count the rows of files from 1, and those of frames from 0.
    """

    name: str
    first: int = 1

    def __str__(self) -> str:
        return self.name

    def row(self, at: int) -> str:
        """The row at a place from 0."""
        return f"{self.name}, row {at + self.first}"


@contextmanager
def opened(what: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that reads local files and nothing else; its errors become `DataError`."""
    with tempfile.TemporaryDirectory() as spill:
        try:
            with sandbox(spill) as database, interruptible(database):
                yield database
        except duckdb.Error as error:
            raise unread(what, error) from None


def sandbox(spill: str) -> duckdb.DuckDBPyConnection:
    """A database in memory that reads local files and nothing else, and spills to a folder; no query changes that."""
    config: dict[str, str | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "temp_directory": spill,
        "memory_limit": _MEMORY,
        "threads": available_cpus(),
    }
    database = duckdb.connect(config=config)
    for setting in ("allowed_directories = ['/']", "enable_external_access = false", "lock_configuration = true"):
        database.execute(f"SET {setting}")
    return database


def view(database: duckdb.DuckDBPyConnection, table: Table) -> dict[str, str]:
    """Call a table `given`: the result of a query, or what an object streams; its columns with their types."""
    if isinstance(table, str):
        database.execute(f"CREATE TEMP VIEW given AS {table}")
    else:
        database.register("given", table)
    return {name: kind for name, kind, *_ in database.execute("DESCRIBE given").fetchall()}


def named_before(query: str, aliases: tuple[str, str]) -> tuple[str, str]:
    """What a query's columns `aliases` were called before it renamed them; the aliases where they are more than renamed."""
    with duckdb.connect() as database:
        (text,) = database.execute("SELECT json_serialize_sql(?)", [query]).fetchall()[0]
    statements = json.loads(text).get("statements") or [{}]
    one, other = (_origin(statements[0].get("node", {}), alias) or alias for alias in aliases)
    return one, other


def _origin(select: dict[str, Any], name: str) -> str | None:  # a part of DuckDB's tree of a query
    """What a column of a SELECT was called in its table, through casts and queries in FROM; None where it is computed."""
    for column in select.get("select_list", []):
        expression = column
        while expression.get("class") == "CAST":
            expression = expression["child"]
        called = (
            name if column.get("class") == "STAR" else column.get("alias") or expression.get("column_names", [""])[-1]
        )
        if called.casefold() == name.casefold():
            if expression.get("class") not in ("COLUMN_REF", "STAR"):
                return None
            inner = str(expression["column_names"][-1]) if expression["class"] == "COLUMN_REF" else name
            table = select.get("from_table", {})
            return _origin(table["subquery"]["node"], inner) if table.get("type") == "SUBQUERY" else inner
    return None


def first(database: duckdb.DuckDBPyConnection, table: str, where: str, *columns: str) -> tuple[Any, ...] | None:
    """The first row of the table that meets `where`: its place from 0, then the columns."""
    found: tuple[Any, ...] | None = database.execute(
        f"SELECT rowid, {', '.join(columns)} FROM {table} WHERE {where} ORDER BY rowid LIMIT 1"
    ).fetchone()
    return found


def literal(text: Path | str) -> str:
    """`text` as SQL writes a string."""
    return "'" + os.fspath(text).replace("'", "''") + "'"


def sql_option(query: str) -> str:
    """`--sql` with a query, to be pasted into a shell."""
    return '--sql "' + re.sub(r'(["$`\\])', r"\\\1", query) + '"'


def quoted(name: str) -> str:
    """`name` as SQL writes the name of a column."""
    return '"' + name.replace('"', '""') + '"'


def unread(what: str, error: duckdb.Error) -> DataError:
    """The error of DuckDB as a `DataError` of one line."""
    reason = str(error).partition("\n")[0]
    return DataError(f"{what}: expected a table that DuckDB reads, found {reason!r}; check the file or the query")
