"""The tables `links` and `nodes` in DuckDB: checked, then mapped from ids to rows.

DuckDB maps ids to rows a column at a time: ten million links never become Python objects, only their distinct ids do.
"""

from collections.abc import Iterable
from dataclasses import replace

import duckdb
import numpy as np

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.duck import Where, first
from latentlink.models.sources.formats.ends import said_directions
from latentlink.models.sources.formats.numbers import LARGEST, SMALLEST
from latentlink.models.sources.formats.tables import EdgeTable, Labels


def edge_table(
    where: Where,
    database: duckdb.DuckDBPyConnection,
    *,
    weighted: bool,
    timed: bool,
    typed: bool = False,
    labels: Iterable[str] = (),
) -> EdgeTable:
    """The table `links` with columns source, target, weight and time, in the order of its rows.

    Args:
        where: what errors call the table.
        database: holds the table.
        weighted: whether the weights count.
        timed: whether the times count.
        typed: whether a column direction, of the codes of `ends.direction`, may say that links are directed.
        labels: further columns, of texts.

    Raises:
        DataError: there is no row, an id or a label is empty, a weight isn't finite and > 0 in float32, or a time isn't finite.
    """
    _require_links(where, database, weighted=weighted)
    if timed:
        _require_times(where, database)
    texts = {label: _labels(where, database, label) for label in labels}
    table = replace(_mapped(database, weighted=weighted, timed=timed), labels=texts)
    return replace(table, directions=_directions(database)) if typed else table


def node_ids(where: Where, database: duckdb.DuckDBPyConnection) -> list[str]:
    """The column node of the table `nodes`, in the order of its rows.

    Raises:
        DataError: there is no row, or an id is empty or repeated.
    """
    _require_nodes(where, database)
    ids: list[str] = database.execute("SELECT node FROM nodes ORDER BY rowid").fetchnumpy()["node"].tolist()
    return ids


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


def _labels(where: Where, database: duckdb.DuckDBPyConnection, label: str) -> Labels:
    """The texts of a column of the table `links`."""
    if bad := first(database, "links", f"coalesce({label}, '') = ''", label):
        raise DataError(f"{where.row(bad[0])}: {label}: expected a text, found none; fill it or drop the row")
    database.execute(
        f"CREATE TEMP TABLE {label}s AS SELECT {label} AS name FROM links GROUP BY name ORDER BY min(rowid)"
    )
    found = database.execute(
        f"SELECT links.rowid AS link, named.rowid AS place FROM links JOIN {label}s AS named ON links.{label} = named.name"
    ).fetchnumpy()
    of = np.empty(len(found["link"]), np.int64)
    of[found["link"]] = found["place"]
    names = database.execute(f"SELECT name FROM {label}s ORDER BY rowid").fetchall()
    return Labels(tuple(name for (name,) in names), of)


def _directions(database: duckdb.DuckDBPyConnection) -> frozenset[bool]:
    """What the column direction says of the links."""
    return said_directions({code for (code,) in database.execute("SELECT DISTINCT direction FROM links").fetchall()})


def _require_links(where: Where, database: duckdb.DuckDBPyConnection, *, weighted: bool) -> None:
    """Every row has two ids and, if `weighted`, a weight that float32 can hold."""
    _require_rows(where, database, "links")
    bad = first(database, "links", "coalesce(source, '') = '' OR coalesce(target, '') = ''", "source", "target")
    if bad:
        row, one, other = bad
        raise DataError(f"{where.row(row)}: link: expected two ids, found {one!r} and {other!r}; drop the row")
    wrong = f"weight IS NULL OR NOT weight BETWEEN {SMALLEST!r} AND {LARGEST!r}"
    if weighted and (bad := first(database, "links", wrong, "weight")):
        raise DataError(
            f"{where.row(bad[0])}: weight: expected a finite number > 0, found {bad[1]!r}; correct it or drop the row"
        )


def _require_times(where: Where, database: duckdb.DuckDBPyConnection) -> None:
    if bad := first(database, "links", "NOT coalesce(isfinite(time), false)", "time"):
        raise DataError(
            f"{where.row(bad[0])}: time: expected a finite moment, found {bad[1]!r}; correct it or drop the row"
        )


def _require_nodes(where: Where, database: duckdb.DuckDBPyConnection) -> None:
    """Every node has an id of its own."""
    _require_rows(where, database, "nodes")
    if bad := first(database, "nodes", "coalesce(node, '') = ''", "node"):
        raise DataError(f"{where.row(bad[0])}: node: expected an id, found {bad[1]!r}; fill it or drop the row")
    twice = database.execute(
        "SELECT node, min(rowid), max(rowid) FROM nodes GROUP BY node HAVING count(*) > 1 ORDER BY 2 LIMIT 1"
    ).fetchone()
    if twice:
        node, before, again = twice
        raise DataError(
            f"{where.row(again)}: node: expected one row a node, found {node!r} again after row {before + where.first}; "
            "drop or rename one"
        )


def _require_rows(where: Where, database: duckdb.DuckDBPyConnection, table: str) -> None:
    if not database.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall():
        raise DataError(f"{where}: expected rows, found none; check that it was written to the end")
