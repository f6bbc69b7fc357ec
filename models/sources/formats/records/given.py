"""The table that DuckDB reads: of a file by its format, or of a query."""

from pathlib import Path

import duckdb

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.arrow import ARROW, ArrowFile
from latentlink.models.sources.formats.duck import Table, literal, unread
from latentlink.models.sources.formats.packing import format_suffix
from latentlink.models.sources.formats.records.databases import query_result
from latentlink.models.sources.formats.records.json_lines import JSON_LINES, json_lines_query
from latentlink.models.sources.formats.records.sheets import SHEETS, sheet


def file_table(path: Path) -> Table:
    """The table in a file, as DuckDB reads it: a query, or a stream of Arrow's."""
    suffix = format_suffix(path)
    if suffix in SHEETS:
        return sheet(path)
    try:
        path.open("rb").close()
    except OSError as error:
        raise DataError(f"{path}: expected a readable file, found {error.strerror!r}; check the path") from None
    if suffix in ARROW:
        return ArrowFile(path)
    if suffix in JSON_LINES:
        return json_lines_query(path)
    return f"SELECT * FROM read_parquet({literal(path)})"


def query_table(what: str, query: str, database: str | None) -> Table:
    """The result of a query, which DuckDB runs itself where there is no database."""
    if database is not None:
        return query_result(what, query, database)
    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise unread(what, error) from None
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise DataError(f"{what}: expected one SELECT, found {query!r}; write the rows as one query")
    return query
