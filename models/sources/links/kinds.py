"""Links between nodes of two kinds, such as users and films: an id that stands in both columns would be one node of both."""

import re
from collections.abc import Container, Sequence

import duckdb
import numpy as np

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.duck import literal, quoted, sql_option
from latentlink.models.sources.formats.names import of_one_kind, types_options
from latentlink.models.sources.formats.tables import EdgeTable, Layout
from latentlink.models.sources.origins import Origin

_PREFIXED = "ids that begin with their kind"


def require_one_kind(table: EdgeTable, links: Origin, ends: tuple[str, str], beside: Sequence[str] = ()) -> None:
    """Refuse ids in both columns where the names of the columns don't say that both hold the same kind.

    Args:
        table: the links.
        links: where they come from, for the error: it has the query that keeps both kinds apart.
        ends: what the columns are called where they come from.
        beside: given options that types of ends stand in place of.

    Raises:
        DataError: columns of two kinds share ids.
    """
    matrix = table.layout.matrix
    if matrix is not None and matrix.rows != matrix.columns:
        raise DataError(
            f"{links}: expected as many rows as columns, which then are the same nodes, found {matrix.rows:,} rows and "
            f"{matrix.columns:,} columns; name the types with --source-type row --target-type column, or pass --one-kind if row "
            "7 and column 7 are the same node"
        )
    says_two = table.layout.two_kinds
    if not says_two and (not table.layout.named or of_one_kind(*ends)):
        return
    shared = np.intersect1d(*table.pairs.T)
    if len(shared):
        called, whose = (("left", "right"), "of which the file says") if says_two else (ends, "whose names say")
        place = f" in place of {' and '.join(beside)}" if beside else ""
        types, way = f"name the types with {types_options(*called)}{place}, ", apart(links, table.layout, ends)
        if "relation" in table.labels:  # which may lead from any node to any other
            types, way = "", way if table.layout.relation else _PREFIXED
        raise DataError(
            f"{links}: ids: expected no id in both {ends[0]!r} and {ends[1]!r}, {whose} that they hold two kinds of "
            f"nodes, found {len(shared):,}, such as {table.ids[shared[0]]!r}, each of which would be one node of both; "
            f"{types}keep the ids apart with {way}, or pass --one-kind if the same id is the same node"
        )


def require_kinds_apart(files: Sequence[tuple[Origin, EdgeTable]]) -> None:
    """Refuse ids that stand in columns of two kinds of several files, as `require_one_kind` does in one.

    Columns of one name hold one kind, in whatever file, but for ends of links within a kind.

    Raises:
        DataError: columns of two kinds share ids.
    """
    known = dict[str, set[str]]()
    for origin, table in files:
        ends = (table.layout.source, table.layout.target)
        if not table.layout.named or of_one_kind(*ends):
            continue
        for name, rows in zip(ends, table.pairs.T, strict=True):
            own = {table.ids[row] for row in np.unique(rows).tolist()}
            for other, ids in known.items():
                if not of_one_kind(name, other) and (shared := sorted(own & ids)):
                    raise DataError(
                        f"{origin}: ids: expected none in {name!r} that other files have in {other!r}, whose names say that they "
                        f"hold two kinds of nodes, found {len(shared):,}, such as {shared[0]!r}; keep the ids apart with "
                        f"{_PREFIXED}, or pass --one-kind if the same id is the same node"
                    )
            known.setdefault(name, set()).update(own)


def apart(links: Origin, layout: Layout, ends: tuple[str, str]) -> str:
    """The option with a query in which each id begins with its kind, the name of its column in `ends`."""
    given = links.in_sql(layout)
    if given is None:
        return _PREFIXED
    reserved = _reserved()
    columns = [
        f"{literal(kind + ':')} || {_name(column, reserved)} AS {end}"
        for kind, column, end in zip(ends, (layout.source, layout.target), ("source", "target"), strict=True)
    ]
    if layout.weight:
        columns.append(f"{_name(layout.weight, reserved)} AS weight")
    if layout.time and layout.time not in ("source", "target", "weight"):
        columns.append(_name(layout.time, reserved))
    columns += [_name(label, reserved) for label in (layout.relation, layout.split) if label is not None]
    query = f"SELECT {', '.join(columns)} FROM {given}"
    return sql_option(query)


def _reserved() -> set[str]:
    """Words that DuckDB takes as names only between quotes."""
    with duckdb.connect() as database:
        return {
            str(word)
            for (word,) in database.execute(
                "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'"
            ).fetchall()
        }


def _name(name: str, reserved: Container[str]) -> str:
    plain = re.fullmatch(r"[a-zA-Z_]\w*", name, re.ASCII) and name.lower() not in reserved
    return name if plain else quoted(name)
