"""The links of a graph, of a file in any format or of a query: read, and checked for ids that would make it another graph."""

from dataclasses import replace
from pathlib import Path

from latentlink.models.errors import DataError
from latentlink.models.sources.directions import direction_notes, mirrored_notes, require_direction
from latentlink.models.sources.formats import FORMATS, delimited, format_of
from latentlink.models.sources.formats.columnar import read_sql_edges
from latentlink.models.sources.formats.duck import named_before
from latentlink.models.sources.formats.names import weight_hint
from latentlink.models.sources.formats.networks import NETWORKS
from latentlink.models.sources.formats.rows import DELIMITERS
from latentlink.models.sources.formats.tables import LABELS, EdgeColumns, EdgeTable, TextOptions
from latentlink.models.sources.formats.unread import conversion
from latentlink.models.sources.ids import checked_links
from latentlink.models.sources.kinds import require_one_kind
from latentlink.models.sources.link_ends import end_notes
from latentlink.models.sources.node_types import Beside, typed_by_ends
from latentlink.models.sources.relations import relation_hint, with_relations


def read_links(
    edges: Path | None,
    sql: str | None,
    columns: EdgeColumns,
    *,
    text: TextOptions,
    one_kind: bool,
    strip_ids: bool,
    types: tuple[str, str] | None = None,
    beside: Beside,
) -> EdgeTable:
    """Read the links of exactly one of `edges` and `sql`; the arguments are as of `load_graph`, with the `types` of both ends.

    No message proposes what an option of `beside` rules out.

    Raises:
        DataError: the arguments contradict each other, the source can't be read, an id is empty or has blanks around it, or an
            id stands for nodes of two kinds, or links are undirected that shall be directed.
    """
    given, what = edges or sql or "", str(edges or "--sql")
    links = checked_links(what, with_relations(_hinting(_links(edges, sql, columns, text))), strip=strip_ids)
    ends = _ends(given, links)
    links = replace(links, notes=(*links.notes, *end_notes(links, ends)))
    if types is not None:
        return typed_by_ends(what, replace(links, notes=(*links.notes, *mirrored_notes(links))), types)
    if beside.directed:
        require_direction(links, what)
    if not one_kind:
        require_one_kind(links, given, ends, beside.options)
    if beside.directed or beside.type_column:
        return links
    return replace(links, notes=(*links.notes, *direction_notes(links, ends)))


def _links(edges: Path | None, sql: str | None, columns: EdgeColumns, text: TextOptions) -> EdgeTable:
    """The links of the source that is given."""
    if edges is not None and sql is None:
        return _file_links(edges, columns, text)
    if sql is None or edges is not None:
        found = "neither" if sql is None else "both --edges and --sql"
        raise DataError(f"graph: expected one of --edges, --sql and --dataset, found {found}; give one of them")
    if text.header is not None:
        option = "--header" if text.header else "--no-header"
        raise DataError(f"--sql: expected named columns, found {option}; drop it and name them with AS")
    return read_sql_edges(sql, columns)


def _file_links(path: Path, columns: EdgeColumns, text: TextOptions) -> EdgeTable:
    """The links, by the suffix of the file's name."""
    suffix = format_of(path)
    if suffix in DELIMITERS:
        return delimited.read_edges(path, columns, text)
    read = FORMATS[suffix].read_edges if suffix in FORMATS else None
    if read is None:
        legal = ", ".join(name for name, kind in FORMATS.items() if kind.read_edges)
        way = conversion(path) or "write the links as one of these"
        raise DataError(f"{path}: expected a name that ends in {legal}, found {suffix!r}; {way}")
    if suffix in NETWORKS and (label := next((one for one in LABELS if getattr(columns, one) is not None), None)):
        raise DataError(
            f"{path}: expected a table beside --{label}-column, found {suffix!r}; write the links as CSV with a column {label!r}"
        )
    if text.header is not None:
        option = "--header" if text.header else "--no-header"
        raise DataError(f"{path}: expected a table in text, such as .csv, beside {option}, found {suffix!r}; drop it")
    return read(path, columns)


def _hinting(links: EdgeTable) -> EdgeTable:
    """With a note on what may be weights or relations and isn't used; the reader of a file without names has its own."""
    layout = links.layout
    notes = [*links.notes, *relation_hint(layout)]
    if layout.weight is None and (layout.named or layout.lists_nodes):
        notes += weight_hint(layout.numbers, timed=layout.time is not None)
    return replace(links, notes=tuple(notes))


def _ends(given: Path | str, links: EdgeTable) -> tuple[str, str]:
    """What the two columns of ids are called; in a query, what they were called before it renamed them."""
    ends = (links.layout.source, links.layout.target)
    return ends if isinstance(given, Path) else named_before(given, ends)
