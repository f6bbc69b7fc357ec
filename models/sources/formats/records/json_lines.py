"""JSON Lines: an object a line, read by DuckDB."""

import json
from pathlib import Path

import duckdb

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.duck import literal, opened, quoted
from latentlink.models.sources.formats.unread import json_lines
from latentlink.models.wording import shortened

JSON_LINES = (".jsonl", ".ndjson")
_TEXTS = ("UUID", "DATE", "TIME")  # what DuckDB makes of texts that look like some, and so no longer what is written


def json_lines_query(path: Path) -> str:
    """The query for all of a file: a key is a column, and a text stays as it is written.

    Raises:
        DataError: a line is no object of JSON.
    """
    given = f"read_json({literal(path)}, format = 'newline_delimited'"
    with opened(str(path)) as database:
        try:
            described = database.execute(f"DESCRIBE FROM {given}, sample_size = -1)").fetchall()
        except duckdb.InvalidInputException:  # which may count a line more
            _require_json(path)
            raise
        if [name for name, *_ in described] == ["json"]:  # what DuckDB calls values that are none
            raise DataError(f"{path}: expected an object a line, found none; for a list of links: {json_lines(path)}")
        kinds = {name: "VARCHAR" if kind.startswith(_TEXTS) else kind for name, kind, *_ in described}
        columns = ", ".join(f"{quoted(name)}: {literal(kind)}" for name, kind in kinds.items())
        query = f"SELECT * FROM {given}, columns = {{{columns}}})"
        for (
            name
        ) in kinds:  # DuckDB calls a key that differs from another one in case alone `key_1`, and reads it from no line
            key, _, number = name.rpartition("_")
            alike = number.isdecimal() and key.casefold() in map(str.casefold, kinds)
            if alike and database.execute(f"SELECT count({quoted(name)}) FROM ({query})").fetchone() == (0,):
                raise DataError(
                    f"{path}: expected keys that differ in more than case, found {key!r} twice; rename one of them"
                )
    return query


def _require_json(path: Path) -> None:
    """Refuse the first line that is no JSON, up to one that is no UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                json.loads(line.decode().strip() or "{}")
            except UnicodeDecodeError:  # DuckDB says so
                return
            except (ValueError, RecursionError):
                found = shortened(line.decode().strip())
                raise DataError(
                    f"{path}, line {number}: expected an object of JSON, found {found!r}; correct the line or drop it"
                ) from None
