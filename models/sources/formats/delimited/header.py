"""Which columns of a delimited text hold the links or the ids of nodes."""

import re
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count as count_from
from itertools import islice
from typing import NamedTuple

from latentlink.models.errors import DataError
from latentlink.models.graph.preprocessing import Reason
from latentlink.models.sources.formats.delimited.queries import matrix_options
from latentlink.models.sources.formats.delimited.signs import are_triples, comment_notes, says_two_kinds
from latentlink.models.sources.formats.duck import literal, sql_option
from latentlink.models.sources.formats.ends import LOOKED_AT, ends_hint, with_ends
from latentlink.models.sources.formats.names import are_parts, found, node_column
from latentlink.models.sources.formats.numbers import numbers_among
from latentlink.models.sources.formats.packing import cat, format_suffix
from latentlink.models.sources.formats.rows import DELIMITER_NAMES, DELIMITERS, Row, Text, read_rows
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, Layout
from latentlink.models.sources.formats.unread import conversion
from latentlink.models.wording import MOST_LISTED, listed_names, shortened

_COMMA = re.compile(r"[-+]?\d+,\d+")


class Places(NamedTuple):
    """Positions of the columns of links, from 0; None where there is no such column."""

    source: int
    target: int
    weight: int | None
    time: int | None
    relation: int | None = None
    split: int | None = None

    @property
    def labels(self) -> dict[str, int]:
        """The places of the columns of texts, by what these are."""
        return {
            name: place for name, place in (("relation", self.relation), ("split", self.split)) if place is not None
        }


def edge_places(text: Text, first: Row, columns: EdgeColumns, *, header: bool) -> Places:
    """Where the columns of links stand.

    Args:
        text: the file, for errors.
        first: its first row.
        columns: their names, or their places from 1 where there is no header; the usual names are then those of the first two.
        header: whether the first row holds the names.

    Raises:
        DataError: a column is missing, or names are repeated.
    """
    names = _names(text, first, header=header)
    columns = with_ends(columns, names) if header else _by_place(columns)
    hint = "" if header else "without a header columns are called by their places from 1"
    absent = any(found(end, names) is None for end in columns[:2])
    way = hint or (_name_yours(text, names) if absent else "")  # which reads some rows
    source, target = (_place(text, first, names, end, way) for end in columns[:2])
    time, relation, split = (
        None if name is None else _place(text, first, names, name, hint or f"correct --{option}-column")
        for name, option in ((columns.time, "time"), (columns.relation, "relation"), (columns.split, "split"))
    )
    if columns.weight is not None:
        weight = _place(text, first, names, columns.weight, hint or "name yours with --weight")
        return Places(source, target, weight, time, relation, split)
    usual = found("weight", names)
    return Places(source, target, None if usual is None else names.index(usual), time, relation, split)


def edge_layout(text: Text, first: Row, columns: EdgeColumns, places: Places, *, header: bool) -> Layout:
    """The same with the names of the columns."""
    names = _names(text, first, header=header)
    by_name = header and with_ends(columns, names) != columns
    weight, time, relation, split = (None if place is None else names[place] for place in places[2:])
    unused = {name: place for place, name in enumerate(names) if place not in places}
    cells = _looked_at(text, unused, header=header)
    numbers = numbers_among({name: list(map(_with_point, column)) for name, column in cells.items()})
    source, target = names[places.source], names[places.target]
    return Layout(
        table_form(text, header=header),
        source,
        target,
        weight,
        time,
        relation,
        split,
        (*unused,),
        numbers,
        named=header,
        by_name=by_name,
        two_kinds=says_two_kinds(text),
        delimiter=text.delimiter if text.data == text.path else None,
    )


def _looked_at(text: Text, places: Mapping[str, int], *, header: bool) -> dict[str, list[str]]:
    """The first cells of some columns."""
    if not places:
        return {}
    rows = [row for _, row in islice(read_rows(text), int(header), LOOKED_AT)]
    return {name: [row[place] for row in rows] for name, place in places.items()}


def table_form(text: Text, *, header: bool = True) -> str:
    """The format, the delimiter, and whether there is a header."""
    if text.added:  # a header that the file hasn't
        return f"text with {text.between}"
    suffix = format_suffix(text.path)
    usual = suffix == ".csv" or (suffix in DELIMITERS and DELIMITERS[suffix] == text.delimiter)
    form = suffix[1:].upper() if usual else "text"
    return f"{form} with {text.between}, {'first row: names' if header else 'no header'}"


def type_place(first: Row, places: Places, *, header: bool) -> int | None:
    """Where the column stands that may say whether links are directed; None where there is none, or it is something else."""
    name = found("type", first[1]) if header else None
    place = None if name is None else first[1].index(name)
    return None if place in places else place


def edge_notes(text: Text, first: Row, layout: Layout) -> tuple[str, ...]:
    """Notes on lines that were skipped, on a column that may hold parts of a split, and on others that aren't used.

    Where columns have names, these say more of the others: `relation_hint` and `weight_hint` read them.
    """
    places = {name: first[1].index(name) if layout.named else int(name) - 1 for name in layout.unused}
    parts = [name for name, cells in _looked_at(text, places, header=layout.named).items() if are_parts(cells)]
    notes, others = [*comment_notes(text)], [name for name in layout.unused if name not in parts]
    if parts and layout.split is None:
        option = shlex.quote(parts[0])
        notes.append(f"{parts[0]!r} is not used; if it divides the links into parts, pass --split-column {option}.")
    if layout.named or not others:
        return (*notes,)
    if layout.relation is None and are_triples(text):
        return (*notes, "Column 2 repeats few texts, as relations do; if it holds them, pass --relation-column 2.")
    place, width = others[0], len(first[1])
    return (
        *notes,
        f"{len(others)} of {width} columns are not used, such as column {place} with {first[1][int(place) - 1]!r}; if it "
        f"holds weights, pass --weight {place}, if it is an end of the links, --target {place}; if the ends are of two kinds, "
        "such as users and films, name these with --source-type and --target-type.",
    )


def node_place(text: Text, first: Row, *, header: bool) -> tuple[int, list[str]]:
    """Where the column of ids stands, beside at least one other, and the names of all; without a header it is the first.

    Raises:
        DataError: it isn't there or one of several, nothing is beside it, or names are repeated.
    """
    where, names = f"{text}, line {first[0]}: header", _names(text, first, header=header)
    node = node_column(where, names, _rename(text, names[0])) if header else names[0]
    if len(names) == 1:
        raise DataError(f"{where}: expected a column beside {node!r}, found none; add one")
    return names.index(node), names


def ignored_among(names: Sequence[str], ignored: Sequence[str], node: int) -> dict[str, Reason]:
    """Those columns of a node table that are to be ignored; a column that isn't there is an error of whoever names it."""
    called = (found(name, names) for name in ignored)
    return {name: "named" for name in called if name is not None and name != names[node]}


def _names(text: Text, first: Row, *, header: bool) -> list[str]:
    """The names of the columns, distinct; without a header their places from 1.

    Raises:
        DataError: a name is repeated, or there is one field, so that the delimiter is another.
    """
    line, fields = first
    if len(fields) == 1 and fields[0] != "node" and (way := conversion(text.path)):
        raise DataError(f"{text}, line {line}: row: expected fields between {text.between}, found {fields[0]!r}; {way}")
    if not header:
        return [str(place) for place in range(1, len(fields) + 1)]
    commonest, times = Counter(fields).most_common(1)[0]
    if times > 1:
        raise DataError(
            f"{text}, line {line}: header: expected distinct names, found {commonest!r} {times} times; rename all but one"
        )
    return fields


def _rename(text: Text, name: str) -> str:
    """How to name the column of ids `node`; it mostly is the first."""
    out = text.path.with_name(f"{text.path.name.split('.')[0]}-node{format_suffix(text.path)}")
    plain = name.replace("_", "").isalnum()
    way = f", as in {cat(text.path)} | sed '1s/{name}/node/' > {shlex.quote(str(out))}" if plain else ""
    return f"name the column of ids 'node'{way}"


def _by_place(columns: EdgeColumns) -> EdgeColumns:
    """With the ends in the first two columns that hold neither relations nor parts of a split, where they are not named."""
    taken = (columns.relation, columns.split)
    one, other = islice((place for place in map(str, count_from(1)) if place not in taken), 2)
    source = one if columns.source == COLUMNS.source else columns.source
    target = other if columns.target == COLUMNS.target else columns.target
    return columns._replace(source=source, target=target)


def _name_yours(text: Text, names: list[str]) -> str:
    """How to name the two ends; a first row of two numbers or more is no header."""
    if len(names) < 2:
        return "a link needs two columns"
    if not names[0].strip() and len(names) > 3:
        return f"for a matrix with a row and a column of names: {matrix_options(text, names)}"
    if sum(name.isdecimal() for name in names) > 1:
        return "pass --no-header if this row is a link"
    cells = _looked_at(text, {name: place for place, name in enumerate(names)}, header=True)
    triple = " --relation-column 2 if this row is a triple" if are_triples(text) else " if this row is a link"
    return f"name yours, {ends_hint(cells or dict.fromkeys(names, ()))}, or pass --no-header{triple}"


def _place(text: Text, first: Row, names: list[str], name: str, hint: str) -> int:
    """Where the column `name` stands."""
    called = found(name, names)
    if called is None:
        others = listed_names(names, MOST_LISTED)
        raise DataError(
            f"{text}, line {first[0]}: header: expected a column {shortened(name)!r}, found {others}; {hint}"
        )
    return names.index(called)


def decimals_hint(text: Text, cell: str) -> str:
    """How to read a number with a comma for its point; empty for other cells."""
    if _with_point(cell) == cell:
        return ""
    if DELIMITER_NAMES.get(text.delimiter) != text.between:  # DuckDB reads one character between fields
        return f"write decimals with a point: {_with_point(cell)}"
    path, before = text.path, ""
    if text.data != path:  # a copy, since DuckDB reads neither its encoding nor its packing
        path = path.with_name(f"{path.name.split('.')[0]}-utf8{format_suffix(path)}")
        before = f"{cat(text.path)} | iconv -f {text.encoding} -t utf-8 > {shlex.quote(str(path))}, then "
    query = f"FROM read_csv({literal(path)}, delim = {literal(text.delimiter)}, decimal_separator = ',')"
    return f"write decimals with a point, or read them with {before}{sql_option(query)}"


def _with_point(cell: str) -> str:
    """A number with a comma for its point with a point; other cells as they are."""
    return cell.replace(",", ".") if _COMMA.fullmatch(cell) else cell
