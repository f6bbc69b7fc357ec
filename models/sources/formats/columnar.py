"""Edges and node tables with types of columns, read by DuckDB: Parquet, Arrow, lines of JSON, sheets, SQL queries, frames.

`mapping` maps ids to rows, `duck` limits what DuckDB may reach.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np

from latentlink.models.arrays import Float64
from latentlink.models.errors import DataError
from latentlink.models.file_formats import NAMES
from latentlink.models.graph.columns import Column
from latentlink.models.sources.formats.duck import Table, Where, first, opened, quoted, view
from latentlink.models.sources.formats.ends import LOOKED_AT, direction_sql, ends_hint, with_ends
from latentlink.models.sources.formats.mapping import edge_table, node_ids
from latentlink.models.sources.formats.moments import seconds_sql
from latentlink.models.sources.formats.names import found, node_column
from latentlink.models.sources.formats.numbers import LARGEST
from latentlink.models.sources.formats.packing import format_suffix, plain
from latentlink.models.sources.formats.records.given import file_table, query_table
from latentlink.models.sources.formats.tables import COLUMNS, LABELS, EdgeColumns, EdgeTable, Layout, NodeTable
from latentlink.models.wording import MOST_LISTED, listed_names, shortened

_WHOLE = {f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")} | {
    "INTEGER",
    "UINTEGER",
}


def read_edges(path: Path, columns: EdgeColumns = COLUMNS) -> EdgeTable:
    """Read one link a row of a file; the columns are those of `read_sql_edges`."""
    with plain(path) as data:
        return read_table_edges(Where(str(path)), NAMES[format_suffix(path)], file_table(data), columns)


def read_features(path: Path) -> NodeTable:
    """Read one node a row of a file, see `read_sql_features`."""
    with plain(path) as data:
        return read_table_features(Where(str(path)), NAMES[format_suffix(path)], file_table(data))


def read_sql_edges(query: str, columns: EdgeColumns = COLUMNS, database: str | None = None) -> EdgeTable:
    """Read one link a row of a query's result.

    Args:
        query: one SELECT in DuckDB's SQL; files stand in it by name, as in `SELECT a AS source, b AS target FROM 'f.csv'`.
        columns: ids are strings or whole numbers, which become their decimals; times are numbers, dates or timestamps, or texts
            of some in ISO 8601.
        database: the URL of a database, whose SQL and tables the query is then of.

    Raises:
        DataError: the query is no SELECT or fails, a column is missing or of another type, or a row isn't a link.
    """
    return read_table_edges(Where("--sql"), "SQL query", query_table("--sql", query, database), columns)


def read_sql_features(query: str, database: str | None = None) -> NodeTable:
    """Read one node a row of a query's result: its id in the column `node` or `id`, facts about it in the others.

    Numbers and truth values, texts, and lists of texts or whole numbers are read; NULL, and NaN among numbers, are missing
    values. Columns of other types are left out, with a note.

    Args:
        query: as of `read_sql_edges`.
        database: as of `read_sql_edges`.

    Raises:
        DataError: the query can't be read, a node stands twice, or a number isn't finite.
    """
    return read_table_features(Where("--features"), "SQL query", query_table("--features", query, database))


def read_table_features(where: Where, form: str, table: Table) -> NodeTable:
    """Read one node a row of a table of some form; see `read_sql_features`."""
    what = str(where)
    with opened(what) as database:
        types = view(database, table)
        node = _node_id(what, types)
        if len(types) == 1:
            raise DataError(f"{what}: columns: expected one beside {node!r}, found none; add it")
        # A column of the caller's may be called rowid and hide DuckDB's: here all are called by their place.
        places = {name: f"c{place}" for place, name in enumerate(types) if name != node}
        called = ", ".join(f"{quoted(name)} AS {place}" for name, place in places.items())
        database.execute(f"CREATE TEMP TABLE nodes AS SELECT {quoted(node)}::VARCHAR AS node, {called} FROM given")
        ids = node_ids(where, database)
        columns = {name: _column(where, database, name, place, types[name]) for name, place in places.items()}
    others = [name for name, column in columns.items() if column is None]
    typed = ", ".join(f"{name!r} ({types[name]})" for name in others)
    return NodeTable(
        ids,
        {name: column for name, column in columns.items() if column is not None},
        (f"Columns of a type that is no feature are ignored: {typed}.",) if others else (),
        form,
        node,
        dict.fromkeys(others, "type"),
        booleans=frozenset(name for name in places if types[name] == "BOOLEAN"),
    )


def read_ids(where: Where, database: duckdb.DuckDBPyConnection, types: Mapping[str, str]) -> list[str]:
    """The distinct ids of the nodes in `given`, a table with columns of these types; raises as `read_sql_features`."""
    database.execute(
        f"CREATE TEMP TABLE nodes AS SELECT {quoted(_node_id(str(where), types))}::VARCHAR AS node FROM given"
    )
    return node_ids(where, database)


def _node_id(what: str, types: Mapping[str, str]) -> str:
    """The name of the column of a node table's ids."""
    hint = "name the column of ids 'node'"
    return _id(what, types, node_column(f"{what}: columns", types, hint), hint)


def read_table_edges(where: Where, form: str, table: Table, columns: EdgeColumns = COLUMNS) -> EdgeTable:
    """Read one link a row of a table of some form; see `read_sql_edges`."""
    what = str(where)
    with opened(what) as database:
        types = view(database, table)
        given, columns = columns, with_ends(columns, types)
        named = all(found(end, types) for end in columns[:2])
        hint = "" if named else f"name yours, {ends_hint(_first_cells(database, types))}"
        source, target = (_id(what, types, name, hint) for name in columns[:2])
        usual = found("weight", types) if columns.weight is None else columns.weight
        weight = None if usual is None else _number_column(what, types, usual)
        time = None if columns.time is None else found(columns.time, types) or columns.time
        named_labels = {label: name for label, name in zip(LABELS, columns[-2:], strict=True) if name is not None}
        labels = {label: _id(what, types, name, f"correct --{label}-column") for label, name in named_labels.items()}
        texts = "".join(f", {quoted(name)}::VARCHAR AS {label}" for label, name in labels.items())
        unused = tuple(name for name in types if name not in (source, target, weight, time, *labels.values()))
        weighed, kind = "NULL" if weight is None else quoted(weight), found("type", unused)
        texts += "" if kind is None else f", {direction_sql(f'{quoted(kind)}::VARCHAR')} AS direction"
        database.execute(
            f"CREATE TEMP TABLE links AS SELECT {quoted(source)}::VARCHAR AS source, "
            f"{quoted(target)}::VARCHAR AS target, {weighed}::DOUBLE AS weight, "
            f"{_seconds(what, database, types, time)} AS time{texts} FROM given"
        )
        counted = {"weighted": weight is not None, "timed": time is not None, "typed": kind is not None}
        links = edge_table(where, database, **counted, labels=labels)
    numbers = tuple(name for name in unused if types[name] != "BOOLEAN" and _is_number(types[name]))
    by_name = columns != given
    layout = Layout(
        form,
        source,
        target,
        weight,
        time,
        labels.get("relation"),
        labels.get("split"),
        unused,
        numbers,
        named=True,
        by_name=by_name,
    )
    return replace(links, layout=layout)


def _first_cells(database: duckdb.DuckDBPyConnection, names: Iterable[str]) -> dict[str, list[object]]:
    """The first cells of each column of `given`."""
    rows = database.execute(f"FROM given LIMIT {LOOKED_AT}").fetchall()
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def _id(what: str, types: Mapping[str, str], name: str, hint: str) -> str:
    """The name of a column of ids, as the table spells it."""
    called = found(name, types)
    if called is None:
        raise DataError(
            f"{what}: columns: expected {shortened(name)!r}, found {listed_names(types, MOST_LISTED)}; {hint}"
        )
    if types[called] not in {"VARCHAR", *_WHOLE} and not types[called].startswith("ENUM"):
        raise DataError(
            f"{what}, {called}: expected strings or whole numbers, found {types[called]}; write ids as strings"
        )
    return called


def _number_column(what: str, types: Mapping[str, str], name: str) -> str:
    """The name of a column of numbers, as the table spells it."""
    called = found(name, types)
    if called is None:
        raise DataError(
            f"{what}: columns: expected {shortened(name)!r}, found {listed_names(types, MOST_LISTED)}; correct --weight"
        )
    if not _is_number(types[called]):
        raise DataError(f"{what}, {called}: expected numbers, found {types[called]}; drop the column or write numbers")
    return called


def _seconds(what: str, database: duckdb.DuckDBPyConnection, types: Mapping[str, str], time: str | None) -> str:
    """SQL for the column of times: numbers as they are, the rest as seconds since 1970."""
    if time is None:
        return "NULL"
    if time not in types:
        raise DataError(
            f"{what}: columns: expected {shortened(time)!r}, found {listed_names(types, MOST_LISTED)}; correct --time-column"
        )
    if _is_number(types[time]):
        return f"{quoted(time)}::DOUBLE"
    if types[time] == "VARCHAR":
        seconds = seconds_sql(quoted(time))
        wrong = database.execute(
            f"SELECT {quoted(time)} FROM given WHERE {seconds} IS NULL AND {quoted(time)} <> '' LIMIT 1"
        )
        if row := wrong.fetchone():
            raise DataError(
                f"{what}, {time}: expected dates or times, as 2026-01-31, found {row[0]!r}; correct it, or cast the column"
            )
        return seconds
    if not types[time].startswith(("DATE", "TIMESTAMP")):
        raise DataError(f"{what}, {time}: expected numbers, dates or timestamps, found {types[time]}; cast the column")
    return f"epoch({quoted(time)})"


def _is_number(kind: str) -> bool:
    return kind in {"FLOAT", "DOUBLE", "BOOLEAN", *_WHOLE} or kind.startswith("DECIMAL")


def _is_text(kind: str) -> bool:
    return kind in {"VARCHAR", "UUID"} or kind.startswith("ENUM")


def _column(where: Where, database: duckdb.DuckDBPyConnection, name: str, place: str, kind: str) -> Column | None:
    """The column `place` of `nodes` by the name of its type, or None where that is no feature."""
    if _is_number(kind):
        return _numbers(where, database, name, place)
    if _is_text(kind):
        values = database.execute(f"SELECT {place}::VARCHAR FROM nodes ORDER BY rowid").fetchall()
        return [text or None for (text,) in values]
    element = kind.removesuffix("[]")
    if kind != element and (_is_text(element) or element in _WHOLE):
        values = database.execute(f"SELECT {place}::VARCHAR[] FROM nodes ORDER BY rowid").fetchall()
        return [None if texts is None else tuple(text for text in texts if text) for (texts,) in values]
    return None


def _numbers(where: Where, database: duckdb.DuckDBPyConnection, name: str, place: str) -> Float64:
    """Numbers, float64 (n,), NaN where one is missing; what float32 can't hold is refused."""
    column = f"{place}::DOUBLE"
    bad = first(database, "nodes", f"NOT isnan({column}) AND abs({column}) > {LARGEST!r}", place)
    if bad:
        raise DataError(f"{where.row(bad[0])}: {name}: expected a finite number, found {bad[1]!r}; correct the cell")
    values = database.execute(f"SELECT coalesce({column}, 'nan') AS x FROM nodes ORDER BY rowid").fetchnumpy()["x"]
    return np.asarray(values, np.float64)
