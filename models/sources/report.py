"""How files were read: which column is what, and the first link."""

from collections.abc import Iterator

import numpy as np

from latentlink.models.graph.columns import Binary, Category, Encoder, List, Number
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.description import Reading, weight_range
from latentlink.models.graph.preprocessing import Reason
from latentlink.models.sources.encoding import Encoded
from latentlink.models.sources.formats.tables import EdgeTable
from latentlink.models.sources.node_tables import Part
from latentlink.models.wording import count, shortened

_IGNORED: dict[Reason, str] = {
    "constant": "left out, one value",
    "text": "left out, text",
    "distinct": "left out, every value different",
    "date": "left out, dates",
    "type": "left out, no kind of feature",
    "row number": "left out, row numbers",
    "named": "left out, as --ignore says",
}


def of_links(what: str, links: EdgeTable, *, typed: bool) -> Reading:
    """The columns of links, each with its type of nodes if they are `typed` by it, and the first of them."""
    layout, (one, other) = links.layout, links.pairs[0].tolist()
    names = links.types.names if typed and links.types is not None else ("", "")
    columns = (
        []
        if layout.lists_nodes
        else [
            (name, f"{end}{', by its name' * layout.by_name}{f', of type {kind}' * bool(kind)}")
            for name, end, kind in zip((layout.source, layout.target), ("source", "target"), names, strict=True)
        ]
    )
    if layout.weight is not None and links.weights is not None:
        columns.append((layout.weight, f"weight {weight_range(links.weights)}"))
    if layout.time is not None:
        columns.append((layout.time, "time"))
    if layout.relation is not None:
        columns.append((layout.relation, f"relation, {count(len(links.labels['relation'].names), 'name')}"))
    if layout.split is not None:
        columns.append((layout.split, "part of the split"))
    form = layout.form
    if layout.relation is None and "relation" in links.labels:  # of a file for each relation
        form = f"relation {shortened(links.labels['relation'].names[0])!r}, {form}"
    return Reading(what, "links", form, tuple(columns), layout.unused, (links.ids[one], links.ids[other]))


def of_nodes(part: Part, encoded: Encoded) -> Iterator[Reading]:
    """The columns of a node table, or of a graph file that has some."""
    what, nodes = str(part.origin), part.nodes
    form = nodes.form if part.kind is None else f"nodes of type {part.kind}, {nodes.form}"
    if isinstance(nodes.features, CSR | np.ndarray):
        yield Reading(what, "nodes", f"{form}, {count(nodes.features.shape[1], 'feature')} as they are")
        return
    encoders = () if encoded.preprocessing is None else encoded.preprocessing.columns
    kinds = {encoder.name: _kind(encoder) for encoder in encoders}
    kinds |= {name: _IGNORED[reason] for name, reason in encoded.ignored.items()}
    columns = [] if nodes.key is None else [(nodes.key, "id")]
    columns += [] if nodes.typed_by is None else [(nodes.typed_by, "type")]
    columns += [(name, kinds[name]) for name in (*nodes.features, *nodes.left_out)]
    if columns:
        yield Reading(what, "nodes", form, tuple(columns))


def _kind(encoder: Encoder) -> str:
    """What a column became."""
    match encoder:
        case Number():
            return "number"
        case Binary():
            return "0 or 1"
        case Category():
            return f"category of {len(encoder.values):,}"
        case List():
            return f"list of {len(encoder.values):,} entries"
