"""The result of a query in a database: SQLite by Python's own module, others by SQLAlchemy. Nothing is written."""

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from urllib.parse import quote

from arro3.core import Table

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.guards.library import reading
from latentlink.models.sources.formats.records.cells import arrow_table

_SQLITE = "sqlite:///"
_READS = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
_SELECT = re.compile(r"\s*(SELECT|WITH)\b[^;]*;?\s*", re.IGNORECASE)


def query_result(what: str, query: str, database: str) -> Table:
    """The rows of one SELECT.

    Args:
        what: with which errors begin: they never show the URL, which may hold a password.
        query: in the database's SQL.
        database: its URL, as `sqlite:///links.db` or `postgresql+psycopg://user@host/name`.

    Raises:
        DataError: the URL is none, the driver is missing, or the query is no SELECT or fails.
    """
    if "://" not in database:
        raise DataError("--database: expected a URL such as sqlite:///links.db, found another text; correct it")
    if _SELECT.fullmatch(query) is None:
        raise DataError(f"{what}: expected one SELECT, found {query!r}; write the rows as one query")
    with reading(what, "the result of a query", extra="sql", way="correct the query, or --database"):
        names, rows = _by_sqlite(query, database) if database.startswith(_SQLITE) else _by_sqlalchemy(query, database)
    return arrow_table(what, names, rows)


def _by_sqlite(query: str, database: str) -> tuple[list[str], Sequence[Sequence[object]]]:
    """The names of the columns, and the rows; the file is opened to be read, and nothing but reading is allowed."""
    path = quote(database.removeprefix(_SQLITE))
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY)
        cursor = connection.execute(query)
        return [name for name, *_ in cursor.description], cursor.fetchall()


def _by_sqlalchemy(query: str, database: str) -> tuple[list[str], Sequence[Sequence[object]]]:
    """The same; what a query may have written all the same is rolled back."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    try:
        engine = create_engine(database, poolclass=NullPool)
    except ModuleNotFoundError as error:
        raise DataError(
            f"--database: expected the driver {error.name!r}, found none; pip install {error.name}"
        ) from None
    with engine.connect() as connection:
        result = connection.exec_driver_sql(query)
        return list(result.keys()), [tuple(row) for row in result]
