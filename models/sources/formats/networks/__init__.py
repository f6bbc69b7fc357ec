"""Whole graphs, plain or packed: links, weights, times and node attributes.

A module for each format reads what a file lists, or hands the file to networkx; `network` checks it, `table` makes columns of
the attributes that every node has.
"""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from latentlink.models.errors import DataError
from latentlink.models.file_formats import NAMES
from latentlink.models.sources.formats.networks.adjlist import read_adjlist
from latentlink.models.sources.formats.networks.gexf import read_gexf
from latentlink.models.sources.formats.networks.gml import read_gml
from latentlink.models.sources.formats.networks.graphml import read_graphml
from latentlink.models.sources.formats.networks.network import Network
from latentlink.models.sources.formats.networks.node_link import read_json
from latentlink.models.sources.formats.networks.pajek import read_pajek
from latentlink.models.sources.formats.networks.rdf import FORMS, read_triples
from latentlink.models.sources.formats.networks.sif import read_sif
from latentlink.models.sources.formats.networks.table import edge_table
from latentlink.models.sources.formats.packing import DAMAGED, format_suffix, unpacked
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, EdgeTable

NETWORKS: dict[str, Callable[[Path, BinaryIO], Network]] = {
    ".graphml": read_graphml,
    ".gml": read_gml,
    ".json": read_json,
    ".cyjs": read_json,
    ".gexf": read_gexf,
    ".net": read_pajek,
    ".paj": read_pajek,
    ".adjlist": read_adjlist,
    ".sif": read_sif,
    ".nt": read_triples,
    ".ttl": read_triples,
}


def read_network(path: Path, columns: EdgeColumns = COLUMNS) -> EdgeTable:
    """Read a graph, see `edge_table`.

    Args:
        path: a file of a suffix in `NETWORKS`, also packed.
        columns: attributes of the links; the ends of a link have no names in a graph file.

    Raises:
        DataError: the file can't be read or parsed, a node is listed twice or an end of a link not at all, or a weight or
            feature isn't finite.
    """
    suffix = format_suffix(path)
    if suffix in FORMS and columns.relation is None:
        raise DataError(
            f"{path}: expected --relation-column beside triples, which predicates tell apart, found none; pass "
            "--relation-column predicate"
        )
    return edge_table(path, _parsed(path), columns, NAMES[suffix])


def _parsed(path: Path) -> Network:
    try:
        with path.open("rb") as file:
            return NETWORKS[format_suffix(path)](path, unpacked(path, file))
    except DAMAGED as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path}: expected a readable file, found {reason!r}; check the path") from None
