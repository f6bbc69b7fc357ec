"""Texts read by DuckDB, to the same bits as `by_rows` reads them.

A file that it can't read to the same bits is a `DataError`; `delimited` drops the message and reads the file row by row.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import duckdb
import numpy as np

from latentlink.models.arrays import Float64, Int64
from latentlink.models.errors import DataError
from latentlink.models.graph.columns import Cell, Column
from latentlink.models.sources.formats.delimited.header import (
    edge_layout,
    edge_notes,
    edge_places,
    ignored_among,
    node_place,
    table_form,
    type_place,
)
from latentlink.models.sources.formats.delimited.screening import Screened
from latentlink.models.sources.formats.delimited.signs import comment_notes, said_by_comments
from latentlink.models.sources.formats.duck import Where, opened
from latentlink.models.sources.formats.ends import direction_sql
from latentlink.models.sources.formats.mapping import edge_table, node_ids
from latentlink.models.sources.formats.moments import are_dates, seconds_sql
from latentlink.models.sources.formats.numbers import CODE, LARGEST, NUMERIC, is_truth, number_or_truth, parsed
from latentlink.models.sources.formats.rows import first_row, read_rows
from latentlink.models.sources.formats.tables import EdgeColumns, EdgeTable, NodeTable, date_notes

# Texts that DuckDB and Python read as one float64. Both read more, each its own.
_NUMBER = r" *[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)? *"
_FETCHED = 65_536  # texts at once


def read_edges(file: Screened, columns: EdgeColumns, *, header: bool) -> EdgeTable:
    """Read one link a row, see `delimited.read_edges`.

    Raises:
        DataError: the file is to be read row by row.
    """
    text = file.text
    rows = read_rows(text)
    first = first_row(text, rows)
    places = edge_places(text, first, columns, header=header)
    weight = "NULL" if places.weight is None else _number(f"c{places.weight}")
    kind = type_place(first, places, header=header)
    time = "NULL"
    if places.time is not None:
        cell = first_row(text, rows)[1][places.time]
        time = seconds_sql(f"c{places.time}") if parsed(cell) is None else _number(f"c{places.time}")
    with opened(str(text)) as database:
        texts = "".join(f", c{place} AS {label}" for label, place in places.labels.items())
        texts += "" if kind is None else f", {direction_sql(f'c{kind}')} AS direction"
        # Text in ignored columns needs no cast, so DuckDB checks the width of their rows alone.
        database.execute(
            f"CREATE TEMP TABLE links AS SELECT c{places.source} AS source, c{places.target} AS target, "
            f"{weight} AS weight, {time} AS time{texts} "
            f"FROM {file.table} OFFSET {int(header)}"
        )
        _require_whole(file, database, "links", header=header)
        counted = {"weighted": places.weight is not None, "timed": places.time is not None, "typed": kind is not None}
        table = edge_table(Where(str(text)), database, **counted, labels=places.labels)
    layout = edge_layout(text, first, columns, places, header=header)
    directions = table.directions | said_by_comments(text)
    return replace(table, notes=edge_notes(text, first, layout), layout=layout, directions=directions)


def read_features(file: Screened, ignored: Sequence[str] = (), *, header: bool) -> NodeTable:
    """Read one node a row, see `delimited.read_features`.

    Raises:
        DataError: the file is to be read row by row.
    """
    text = file.text
    node, names = node_place(text, first_row(text, read_rows(text)), header=header)
    with opened(str(text)) as database:
        database.execute(f"CREATE TEMP TABLE nodes AS SELECT c{node} AS node, * FROM {file.table} OFFSET {int(header)}")
        _require_whole(file, database, "nodes", header=header)
        ids = node_ids(Where(str(text)), database)
        same: dict[str, str] = {}  # equal texts are one object
        left_out = ignored_among(names, ignored, node)
        places = {name: f"c{place}" for place, name in enumerate(names) if place != node and name not in left_out}
        columns = {name: _column(database, cell, same) for name, cell in places.items()}
        booleans = frozenset(name for name, cell in places.items() if _is_boolean(database, cell, columns[name]))
    dates = [name for name, cells in columns.items() if isinstance(cells, list) and are_dates(cells)]
    return NodeTable(
        ids,
        {name: cells for name, cells in columns.items() if name not in dates},
        (*comment_notes(text), *date_notes(dates)),
        table_form(text, header=header),
        names[node],
        {**left_out, **dict.fromkeys(dates, "date")},
        booleans=booleans,
    )


def _require_whole(file: Screened, database: duckdb.DuckDBPyConnection, table: str, *, header: bool) -> None:
    """As many rows as the file has, counted by its delimiters: DuckDB overlooks one at the end of a row."""
    (rows,) = database.execute(f"SELECT count(*) FROM {table}").fetchall()[0]
    if (rows + header) * (file.width - 1) != file.delimiters:
        raise DataError(f"{file.text}: expected {file.delimiters} delimiters, found {rows} rows; read it row by row")


def _column(database: duckdb.DuckDBPyConnection, cell: str, same: dict[str, str]) -> Column:
    """The cells of a column of `nodes`: numbers, float64 (n,), or texts. Equal texts are one object, kept in `same`."""
    found = database.execute(
        f"SELECT {_number_or_truth(cell)} AS number, {cell} IS NOT NULL AS filled FROM nodes ORDER BY rowid"
    ).fetchnumpy()
    filled = int(found["filled"].sum())
    values: Float64 = np.ma.filled(found["number"], np.nan)
    others = np.flatnonzero(np.ma.getmaskarray(found["number"]) & found["filled"])
    codes = bool(
        database.execute(f"SELECT 1 FROM nodes WHERE regexp_full_match({cell}, '{CODE.pattern}') LIMIT 1").fetchall()
    )
    if not codes and filled - len(others) >= NUMERIC * filled:
        return _completed(database, cell, values, others)
    texts = _texts(database, cell, same)
    if codes:
        return texts
    counts = Counter(text for text in texts if text is not None)
    words = sum(times for text, times in counts.items() if number_or_truth(str(text)) is None)
    if filled - words >= NUMERIC * filled:
        raise DataError(f"{cell}: expected numbers that DuckDB reads, found {len(others)} others; read them one by one")
    return texts


def _is_boolean(database: duckdb.DuckDBPyConnection, cell: str, column: Column) -> bool:
    """Whether numbers are those of true and false, not of 0 and 1."""
    known = np.unique(column[~np.isnan(column)]) if isinstance(column, np.ndarray) else np.empty(0)
    if not len(known) or not set(known.tolist()) <= {0, 1}:
        return False
    texts = database.execute(f"SELECT DISTINCT {cell} FROM nodes WHERE {cell} IS NOT NULL").fetchall()
    return all(is_truth(text) or math.isnan(parsed(text) or 0) for (text,) in texts)


def _completed(database: duckdb.DuckDBPyConnection, cell: str, values: Float64, others: Int64) -> Float64:
    """The numbers with those of the rows `others`, which Python alone reads."""
    if len(others):
        cells = database.execute(
            f"SELECT {cell} FROM nodes WHERE rowid IN ? ORDER BY rowid", [others.tolist()]
        ).fetchall()
        values[others] = [math.inf if (value := number_or_truth(text)) is None else value for (text,) in cells]
    if (np.abs(values) > LARGEST).any():
        raise DataError(f"{cell}: expected finite numbers, found texts or larger ones; read it row by row")
    return values


def _texts(database: duckdb.DuckDBPyConnection, cell: str, same: dict[str, str]) -> list[Cell]:
    """The cells in the order of the file, None where one is empty."""
    texts: list[Cell] = []
    found = database.execute(f"SELECT {cell} FROM nodes ORDER BY rowid")
    while block := found.fetchmany(_FETCHED):
        texts += [None if text is None else same.setdefault(text, text) for (text,) in block]
    return texts


def _number(cell: str) -> str:
    """SQL for a cell as a number; NULL where Python might read another one, or none."""
    return f"CASE WHEN regexp_full_match({cell}, '{_NUMBER}') THEN TRY_CAST(trim({cell}) AS DOUBLE) END"


def _number_or_truth(cell: str) -> str:
    """SQL for a cell as a number, true and false being 1 and 0."""
    words = {"true": "1", "false": "0", "nan": "'nan'::DOUBLE"}
    return f"coalesce({_number(cell)}, CASE lower({cell}) {' '.join(f'WHEN {w!r} THEN {n}' for w, n in words.items())} END)"
