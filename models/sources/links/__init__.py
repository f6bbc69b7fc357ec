"""The links of a graph, of a file in any format or of a query: read, and checked for ids that would make it another graph."""

from dataclasses import replace

from latentlink.models.sources.formats.names import weight_hint
from latentlink.models.sources.formats.tables import EdgeColumns, EdgeTable
from latentlink.models.sources.ids import checked_links
from latentlink.models.sources.links.directions import direction_notes, mirrored_notes, require_direction
from latentlink.models.sources.links.ends import end_notes
from latentlink.models.sources.links.kinds import require_one_kind
from latentlink.models.sources.links.several_files import of_relation
from latentlink.models.sources.node_types import Beside, typed_by_ends
from latentlink.models.sources.origins import Origin
from latentlink.models.sources.relations import relation_hint, with_relations


def read_links(
    origin: Origin,
    columns: EdgeColumns,
    types: tuple[str, str] | None,
    beside: Beside,
    relation: str | None = None,
    *,
    one_kind: bool,
    strip_ids: bool,
) -> EdgeTable:
    """Read the links; the arguments are as of `load_graph`, with the `types` of both ends.

    With `relation` all links are of this one. No message proposes what an option of `beside` rules out.

    Raises:
        DataError: the origin can't be read, an id is empty or has blanks around it, or an id stands for nodes of two kinds, or
            links are undirected that shall be directed.
    """
    what = str(origin)
    links = origin.read_edges(columns)
    links = links if relation is None else of_relation(origin, links, relation)
    links = checked_links(what, with_relations(_hinting(links)), strip=strip_ids)
    ends = origin.ends(links.layout)
    links = replace(links, notes=(*links.notes, *end_notes(links, ends)))
    if types is not None:
        return typed_by_ends(what, replace(links, notes=(*links.notes, *mirrored_notes(links))), types)
    if beside.directed:
        require_direction(links, what)
    if not one_kind:
        require_one_kind(links, origin, ends, beside.options)
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
    weights, times = (None if part is None else part[kept] for part in (links.weights, links.times))
    labels = {name: label._replace(of=label.of[kept]) for name, label in links.labels.items()}
    return replace(links, pairs=links.pairs[kept], weights=weights, times=times, labels=labels)


def _hinting(links: EdgeTable) -> EdgeTable:
    """With a note on what may be weights or relations and isn't used; the reader of a file without names has its own."""
    layout = links.layout
    if "relation" in links.labels:
        return links
    notes = [*links.notes, *relation_hint(layout)]
    if layout.weight is None and (layout.named or layout.lists_nodes):
        notes += weight_hint(layout.numbers, timed=layout.time is not None)
    return replace(links, notes=tuple(notes))
