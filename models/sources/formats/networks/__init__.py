"""Whole graphs, plain or packed: links, weights, times and node attributes.

A module for each format reads what a file lists, or hands the file to networkx; `network` checks it, `table` makes columns of
the attributes that every node has.
"""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.networks.gml import read_gml
from latentlink.models.sources.formats.networks.graphml import read_graphml
from latentlink.models.sources.formats.networks.network import Network
from latentlink.models.sources.formats.networks.node_link import read_json
from latentlink.models.sources.formats.networks.table import edge_table
from latentlink.models.sources.formats.networks.unpacking import unpacked
from latentlink.models.sources.formats.rows import format_suffix
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, EdgeTable

NETWORKS: dict[str, Callable[[Path, BinaryIO], Network]] = {
    ".graphml": read_graphml,
    ".gml": read_gml,
    ".json": read_json,
}
_NAMES = {".graphml": "GraphML", ".gml": "GML", ".json": "JSON"}


def read_network(path: Path, columns: EdgeColumns = COLUMNS) -> EdgeTable:
    """Read a graph, see `edge_table`.

    Args:
        path: a file of a suffix in `NETWORKS`, also with .gz behind it.
        columns: attributes of the links; the ends of a link have no names in a graph file.

    Raises:
        DataError: the file can't be read or parsed, a node is listed twice or an end of a link not at all, or a weight or
            feature isn't finite.
    """
    suffix = format_suffix(path)
    if columns[:2] != COLUMNS[:2]:
        raise DataError(f"{path}: expected a table beside --source and --target, found {suffix!r}; drop them")
    return edge_table(path, _parsed(path), columns, _NAMES[suffix])


def _parsed(path: Path) -> Network:
    try:
        with path.open("rb") as file:
            return NETWORKS[format_suffix(path)](path, unpacked(path, file))
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path}: expected a readable file, found {reason!r}; check the path") from None
