"""The links of a graph, of a file in any format or of a query: read, and checked for ids that would make it another graph."""

from dataclasses import replace
from pathlib import Path

from latentlink.models.errors import DataError
from latentlink.models.sources.directions import direction_notes, mirrored_notes, require_direction
from latentlink.models.sources.formats import FORMATS, delimited, format_of, suffixes
from latentlink.models.sources.formats.columnar import read_sql_edges
from latentlink.models.sources.formats.duck import named_before
from latentlink.models.sources.formats.names import weight_hint
from latentlink.models.sources.formats.rows import DELIMITERS
from latentlink.models.sources.formats.tables import COLUMNS, OPTIONS, EdgeColumns, EdgeTable, TextOptions
from latentlink.models.sources.formats.unread import conversion
from latentlink.models.sources.ids import checked_links
from latentlink.models.sources.kinds import require_one_kind
from latentlink.models.sources.link_ends import end_notes
from latentlink.models.sources.node_types import Beside, typed_by_ends
from latentlink.models.sources.relations import relation_hint, with_relations
from latentlink.models.sources.several_files import of_relation


def read_links(
    edges: Path | None,
    sql: str | None,
    columns: EdgeColumns,
    database: str | None,
    types: tuple[str, str] | None,
    beside: Beside,
    relation: str | None,
    *,
    text: TextOptions,
    one_kind: bool,
    strip_ids: bool,
) -> EdgeTable:
    """Read the links of exactly one of `edges` and `sql`; the arguments are as of `load_graph`, with the `types` of both ends.

    With `relation` all links are of this one. No message proposes what an option of `beside` rules out.

    Raises:
        DataError: the arguments contradict each other, the source can't be read, an id is empty or has blanks around it, or an
            id stands for nodes of two kinds, or links are undirected that shall be directed.
    """
    given, what = edges or sql or "", str(edges or "--sql")
    links = _links(edges, sql, columns, database, text)
    links = links if relation is None else of_relation(what, links, relation)
    links = checked_links(what, with_relations(_hinting(links)), strip=strip_ids)
    ends = _ends(given, links)
    links = replace(links, notes=(*links.notes, *end_notes(links, ends)))
    if types is not None:
        return typed_by_ends(what, replace(links, notes=(*links.notes, *mirrored_notes(links))), types)
    if beside.directed:
        require_direction(links, what)
    if not one_kind:
        require_one_kind(links, given, ends, beside.options)
    if not beside.directed:
        links = _once(links)
    if beside.directed or beside.type_column:
        return links
    return replace(links, notes=(*links.notes, *direction_notes(links, ends)))


def _once(links: EdgeTable) -> EdgeTable:
    """The links of a symmetric matrix, without a direction, each once: the two entries of a link have one weight."""
    matrix, (one, other) = links.layout.matrix, links.pairs.T
    if matrix is None or not matrix.symmetric:
        return links
    kept = one <= other
    return replace(links, pairs=links.pairs[kept], weights=None if links.weights is None else links.weights[kept])


def _links(
    edges: Path | None, sql: str | None, columns: EdgeColumns, database: str | None, text: TextOptions
) -> EdgeTable:
    """The links of the source that is given."""
    if edges is not None and sql is None:
        return _file_links(edges, columns, text)
    if sql is None or edges is not None:
        found = "neither" if sql is None else "both --edges and --sql"
        raise DataError(f"graph: expected one of --edges, --sql and --dataset, found {found}; give one of them")
    if text.header is not None:
        option = "--header" if text.header else "--no-header"
        raise DataError(f"--sql: expected named columns, found {option}; drop it and name them with AS")
    return read_sql_edges(sql, columns, database)


def _file_links(path: Path, columns: EdgeColumns, text: TextOptions) -> EdgeTable:
    """The links, by the suffix of the file's name."""
    suffix = format_of(path)
    if suffix in DELIMITERS:
        return delimited.read_edges(path, columns, text)
    known = FORMATS.get(suffix)
    if known is None or known.read_edges is None:
        way = conversion(path) or "write the links as one of these"
        raise DataError(f"{path}: expected a name that ends in {suffixes(edges=True)}, found {suffix!r}; {way}")
    for name, option in OPTIONS.items():
        if getattr(columns, name) != getattr(COLUMNS, name) and name not in known.about.columns:
            raise DataError(
                f"{path}: expected a table beside --{option}, found {suffix!r}; drop --{option}, or write the "
                "links as CSV"
            )
    if text.header is not None:
        option = "--header" if text.header else "--no-header"
        raise DataError(f"{path}: expected a table in text, such as .csv, beside {option}, found {suffix!r}; drop it")
    return known.read_edges(path, columns)


def _hinting(links: EdgeTable) -> EdgeTable:
    """With a note on what may be weights or relations and isn't used; the reader of a file without names has its own."""
    layout = links.layout
    if "relation" in links.labels:
        return links
    notes = [*links.notes, *relation_hint(layout)]
    if layout.weight is None and (layout.named or layout.lists_nodes):
        notes += weight_hint(layout.numbers, timed=layout.time is not None)
    return replace(links, notes=tuple(notes))


def _ends(given: Path | str, links: EdgeTable) -> tuple[str, str]:
    """What the two columns of ids are called; in a query, what they were called before it renamed them."""
    ends = (links.layout.source, links.layout.target)
    return ends if isinstance(given, Path) else named_before(given, ends)
