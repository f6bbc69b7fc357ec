"""Adjacency lists: a node a line, and behind it those that it is linked to; read by networkx."""

from pathlib import Path
from typing import BinaryIO

import networkx as nx

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.library import reading
from latentlink.models.sources.formats.networks.decoded import decoded
from latentlink.models.sources.formats.networks.from_networkx import from_networkx
from latentlink.models.sources.formats.networks.network import Network


def read_adjlist(path: Path, file: BinaryIO) -> Network:
    """Read the nodes between blanks, without the rest of a line behind `#`; nothing says whether links are directed.

    Raises:
        DataError: it is no UTF-8, or what networkx writes for edge lists, with attributes, or for adjacency lists of many lines.
    """
    lines = [line for line in decoded(path, file).splitlines() if line.partition("#")[0].strip()]
    if attributes := next((line for line in lines if "{" in line and line.rstrip().endswith("}")), None):
        raise DataError(
            f"{path}: expected nodes and no attributes in a line of an adjacency list, found {attributes!r}; write the links as "
            "CSV, or with networkx.write_adjlist"
        )
    with reading(path, "an adjacency list"):
        graph = nx.parse_adjlist([line.strip() for line in lines], create_using=nx.MultiDiGraph)
    return from_networkx(path, graph)._replace(directions=frozenset())
