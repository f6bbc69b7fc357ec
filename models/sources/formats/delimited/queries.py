"""Delimited text whose rows are no links, or not all of them: the queries that read the links."""

from itertools import islice

import numpy as np

from latentlink.models.sources.formats.duck import literal, quoted, sql_option
from latentlink.models.sources.formats.names import ends_options
from latentlink.models.sources.formats.numbers import parsed
from latentlink.models.sources.formats.rows import Text, read_rows

_ROW = "row name"  # DuckDB's own name of a column without one depends on the number of columns


def matrix_options(text: Text, names: list[str]) -> str:
    """The options that read the links of a matrix with a row and a column of names.

    A symmetric one is an undirected graph, whose pairs are kept once.

    Raises:
        DataError: a row is malformed or of another width.
    """
    symmetric = _is_symmetric(text, names[1:])
    table = (
        f"read_csv({literal(text.path)}, header = true, delim = {literal(text.delimiter)}, names = [{literal(_ROW)}], "
        f"types = {{{literal(_ROW)}: 'VARCHAR'}})"
    )
    row = quoted(_ROW)
    links = f"UNPIVOT (FROM {table}) ON COLUMNS(* EXCLUDE ({row})) INTO NAME target VALUE weight"
    once = f" AND {row} <= target" * symmetric
    query = f"SELECT {row} AS source, target, weight FROM ({links}) WHERE weight > 0{once}"
    return f"{sql_option(query)} --one-kind{'' if symmetric else ' --directed'}"


def links_alone(text: Text, source: str, target: str) -> str:
    """How to read the links of a file that has nodes as well, whose ends are empty, as exports of Neo4j have."""
    if text.data != text.path:  # a copy of what DuckDB may not read
        return ""
    types = f"{{{literal(source)}: 'VARCHAR', {literal(target)}: 'VARCHAR'}}"
    table = (
        f"read_csv({literal(text.path)}, header = true, delim = {literal(text.delimiter)}, types = {types}, "
        "sample_size = -1)"  # below many nodes, too
    )
    query = f"FROM {table} WHERE {quoted(source)} <> '' AND {quoted(target)} <> ''"
    return f"; if it is a node, read the links alone with {sql_option(query)} {ends_options(source, target)}"


def _is_symmetric(text: Text, names: list[str]) -> bool:
    """Whether the rows are called as the columns, in their order, and the cell of each pair is the same both ways."""
    rows = []
    for place, (_, (called, *cells)) in enumerate(islice(read_rows(text), 1, None)):
        if place == len(names) or called != names[place]:
            return False
        rows.append(np.array([np.nan if (number := parsed(cell)) is None else number for cell in cells]))
    return len(rows) == len(names) and np.array_equal(matrix := np.stack(rows), matrix.T, equal_nan=True)
