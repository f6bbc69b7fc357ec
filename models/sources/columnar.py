"""Edges and node tables in Parquet and Arrow, and edges from a SQL query over local files, read by DuckDB.

DuckDB maps ids to rows, a column at a time: ten million links never become Python objects, only their distinct ids do.
What it may reach is set in `duck`.
"""

from collections.abc import Mapping
from pathlib import Path

import duckdb
import numpy as np

from latentlink.models.arrays import Float64
from latentlink.models.errors import DataError
from latentlink.models.graph.columns import Column
from latentlink.models.sources.duck import first, opened, quoted, unread, view
from latentlink.models.sources.numbers import LARGEST, SMALLEST
from latentlink.models.sources.tables import EdgeTable, NodeTable

_WHOLE = {f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")} | {
    "INTEGER",
    "UINTEGER",
}


def read_parquet_edges(
    path: Path, *, source: str, target: str, weight: str | None, time: str | None = None
) -> EdgeTable:
    """Read one link a row of a Parquet or Arrow file; the columns are those of `read_sql_edges`."""
    return _edges(str(path), path, source, target, weight, time)


def read_sql_edges(query: str, *, source: str, target: str, weight: str | None, time: str | None = None) -> EdgeTable:
    """Read one link a row of a query's result.

    Args:
        query: one SELECT in DuckDB's SQL; files stand in it by name, as in `SELECT a AS source, b AS target FROM 'f.csv'`.
        source: column with one end of each link, strings or whole numbers, which become their decimals.
        target: column with the other end.
        weight: column with numbers > 0; None takes the column "weight" if there is one.
        time: column with numbers, dates or timestamps, which become seconds since 1970; or None.

    Raises:
        DataError: the query is no SELECT or fails, a column is missing or of another type, or a row isn't a link.
    """
    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise unread("--sql", error) from None
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise DataError(f"--sql: expected one SELECT, found {query!r}; write the links as one query")
    return _edges("--sql", query, source, target, weight, time)


def read_parquet_features(path: Path) -> NodeTable:
    """Read one node a row of a Parquet or Arrow file: its id in the column `node`, facts about it in the others.

    Numbers and truth values, texts, and lists of texts or whole numbers are read; NULL, and NaN among numbers, are missing
    values. Columns of other types are left out, with a note.

    Raises:
        DataError: the file can't be read, a node stands twice, or a number isn't finite.
    """
    what = str(path)
    with opened(what) as database:
        types = view(database, path)
        _require_id(what, types, "node", "name the column of ids 'node'")
        if len(types) == 1:
            raise DataError(f"{what}: columns: expected one beside 'node', found none; add it")
        # A column of the caller's may be called rowid and hide DuckDB's: here all are called by their place.
        places = {name: f"c{place}" for place, name in enumerate(types) if name != "node"}
        called = ", ".join(f"{quoted(name)} AS {place}" for name, place in places.items())
        database.execute(f"CREATE TEMP TABLE nodes AS SELECT node::VARCHAR AS node, {called} FROM given")
        _require_nodes(what, database)
        ids = database.execute("SELECT node FROM nodes ORDER BY rowid").fetchnumpy()["node"].tolist()
        columns = {name: _column(what, database, name, place, types[name]) for name, place in places.items()}
    others = ", ".join(f"{name!r} ({types[name]})" for name, column in columns.items() if column is None)
    return NodeTable(
        ids,
        {name: column for name, column in columns.items() if column is not None},
        (f"Columns of a type that is no feature are ignored: {others}.",) if others else (),
    )


def _edges(what: str, table: Path | str, source: str, target: str, weight: str | None, time: str | None) -> EdgeTable:
    """The links in a file or in the result of a query; errors begin with `what`."""
    with opened(what) as database:
        types = view(database, table)
        for name in (source, target):
            _require_id(what, types, name, "name yours with --source/--target")
        weight = weight or ("weight" if "weight" in types else None)
        if weight is not None:
            _require_number(what, types, weight)
        weighed = "NULL" if weight is None else quoted(weight)
        database.execute(
            f"CREATE TEMP TABLE links AS SELECT {quoted(source)}::VARCHAR AS source, "
            f"{quoted(target)}::VARCHAR AS target, {weighed}::DOUBLE AS weight, "
            f"{_seconds(what, types, time)} AS time FROM given"
        )
        _require_links(what, database, weighted=weight is not None)
        if time is not None:
            _require_times(what, database)
        return _mapped(database, weighted=weight is not None, timed=time is not None)


def _mapped(database: duckdb.DuckDBPyConnection, *, weighted: bool, timed: bool) -> EdgeTable:
    """The table `links` with rows for ids; a join keeps no order, so each link comes with its number."""
    database.execute(
        "CREATE TEMP TABLE nodes AS SELECT id FROM (SELECT source AS id, 2 * rowid AS place FROM links UNION ALL "
        "SELECT target, 2 * rowid + 1 FROM links) GROUP BY id ORDER BY min(place)"
    )
    columns = database.execute(
        "SELECT links.rowid AS link, one.rowid AS source, other.rowid AS target"
        f"{', weight::FLOAT AS weight' * weighted}{', time' * timed} "
        "FROM links JOIN nodes AS one ON source = one.id JOIN nodes AS other ON target = other.id"
    ).fetchnumpy()
    link = columns["link"]
    pairs, weights, times = np.empty((len(link), 2), np.int64), np.empty(len(link), np.float32), np.empty(len(link))
    pairs[link, 0], pairs[link, 1] = columns["source"], columns["target"]
    if weighted:
        weights[link] = columns["weight"]
    if timed:
        times[link] = columns["time"]
    ids = database.execute("SELECT id FROM nodes ORDER BY rowid").fetchnumpy()["id"].tolist()
    return EdgeTable(ids, pairs, weights if weighted else None, times if timed else None)


def _require_id(what: str, types: Mapping[str, str], name: str, hint: str) -> None:
    if name not in types:
        raise DataError(f"{what}: columns: expected {name!r}, found {', '.join(map(repr, types))}; {hint}")
    if types[name] not in {"VARCHAR", *_WHOLE} and not types[name].startswith("ENUM"):
        raise DataError(f"{what}, {name}: expected strings or whole numbers, found {types[name]}; write ids as strings")


def _require_number(what: str, types: Mapping[str, str], name: str) -> None:
    if name not in types:
        raise DataError(f"{what}: columns: expected {name!r}, found {', '.join(map(repr, types))}; mend --weight")
    if not _is_number(types[name]):
        raise DataError(f"{what}, {name}: expected numbers, found {types[name]}; drop the column or write numbers")


def _seconds(what: str, types: Mapping[str, str], time: str | None) -> str:
    """SQL for the column of times: numbers as they are, the rest as seconds since 1970."""
    if time is None:
        return "NULL"
    if time not in types:
        raise DataError(f"{what}: columns: expected {time!r}, found {', '.join(map(repr, types))}; mend --time-column")
    if _is_number(types[time]):
        return f"{quoted(time)}::DOUBLE"
    if not types[time].startswith(("DATE", "TIMESTAMP")):
        raise DataError(f"{what}, {time}: expected numbers, dates or timestamps, found {types[time]}; cast the column")
    return f"epoch({quoted(time)})"


def _require_times(what: str, database: duckdb.DuckDBPyConnection) -> None:
    if bad := first(database, "links", "NOT coalesce(isfinite(time), false)", "time"):
        raise DataError(
            f"{what}, row {bad[0]}: time: expected a finite moment, found {bad[1]!r}; mend it or drop the row"
        )


def _require_links(what: str, database: duckdb.DuckDBPyConnection, *, weighted: bool) -> None:
    """Every row has two ids and, if `weighted`, a weight that float32 can hold."""
    _require_rows(what, database, "links")
    bad = first(database, "links", "coalesce(source, '') = '' OR coalesce(target, '') = ''", "source", "target")
    if bad:
        row, one, other = bad
        raise DataError(f"{what}, row {row}: link: expected two ids, found {one!r} and {other!r}; drop the row")
    wrong = f"weight IS NULL OR NOT weight BETWEEN {SMALLEST!r} AND {LARGEST!r}"
    if weighted and (bad := first(database, "links", wrong, "weight")):
        raise DataError(
            f"{what}, row {bad[0]}: weight: expected a finite number > 0, found {bad[1]!r}; mend it or drop the row"
        )


def _require_nodes(what: str, database: duckdb.DuckDBPyConnection) -> None:
    """Every node has an id of its own."""
    _require_rows(what, database, "nodes")
    if bad := first(database, "nodes", "coalesce(node, '') = ''", "node"):
        raise DataError(f"{what}, row {bad[0]}: node: expected an id, found {bad[1]!r}; fill it or drop the row")
    twice = database.execute(
        "SELECT node, min(rowid) + 1, max(rowid) + 1 FROM nodes GROUP BY node HAVING count(*) > 1 ORDER BY 2 LIMIT 1"
    ).fetchone()
    if twice:
        node, before, again = twice
        raise DataError(
            f"{what}, row {again}: node: expected one row a node, found {node!r} again after row {before}; drop one"
        )


def _require_rows(what: str, database: duckdb.DuckDBPyConnection, table: str) -> None:
    if not database.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall():
        raise DataError(f"{what}: expected rows, found none; check that it was written to the end")


def _is_number(kind: str) -> bool:
    return kind in {"FLOAT", "DOUBLE", "BOOLEAN", *_WHOLE} or kind.startswith("DECIMAL")


def _is_text(kind: str) -> bool:
    return kind in {"VARCHAR", "UUID"} or kind.startswith("ENUM")


def _column(what: str, database: duckdb.DuckDBPyConnection, name: str, place: str, kind: str) -> Column | None:
    """The column `place` of `nodes` by the name of its type, or None where that is no feature."""
    if _is_number(kind):
        return _numbers(what, database, name, place)
    if _is_text(kind):
        values = database.execute(f"SELECT {place}::VARCHAR FROM nodes ORDER BY rowid").fetchall()
        return [text or None for (text,) in values]
    element = kind.removesuffix("[]")
    if kind != element and (_is_text(element) or element in _WHOLE):
        values = database.execute(f"SELECT {place}::VARCHAR[] FROM nodes ORDER BY rowid").fetchall()
        return [None if texts is None else tuple(text for text in texts if text) for (texts,) in values]
    return None


def _numbers(what: str, database: duckdb.DuckDBPyConnection, name: str, place: str) -> Float64:
    """Numbers, float64 (n,), NaN where one is missing; what float32 can't hold is refused."""
    column = f"{place}::DOUBLE"
    bad = first(database, "nodes", f"NOT isnan({column}) AND abs({column}) > {LARGEST!r}", place)
    if bad:
        raise DataError(f"{what}, row {bad[0]}: {name}: expected a finite number, found {bad[1]!r}; mend the cell")
    values = database.execute(f"SELECT coalesce({column}, 'nan') AS x FROM nodes ORDER BY rowid").fetchnumpy()["x"]
    return np.asarray(values, np.float64)
