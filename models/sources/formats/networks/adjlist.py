"""Adjacency lists: a node a line, and behind it those that it is linked to; read by networkx."""

import re
from pathlib import Path
from typing import BinaryIO

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.guards.library import reading
from latentlink.models.sources.formats.networks.decoded import decoded
from latentlink.models.sources.formats.networks.from_networkx import from_networkx
from latentlink.models.sources.formats.networks.network import Network
from latentlink.models.wording import shortened

_OTHER = re.compile(r"[^\s#]#|\}\s*$")


def read_adjlist(path: Path, file: BinaryIO) -> Network:
    """Read the nodes between blanks, without the rest of a line behind `#`; nothing says whether links are directed.

    Raises:
        DataError: it is no UTF-8, or what networkx writes for edge lists, with attributes, or for adjacency lists of many lines.
    """
    lines = [line for line in decoded(path, file).splitlines() if line.partition("#")[0].strip()]
    if other := next((line for line in lines if _OTHER.search(line)), None):
        raise DataError(
            f"{path}: expected nodes between blanks, no attributes and no # in names, found {shortened(other)!r}; "
            "write the links as CSV, or with networkx.write_adjlist"
        )
    with reading(path, "an adjacency list"):
        import networkx as nx  # a quarter of a second, which no other format needs to wait

        graph = nx.parse_adjlist([line.strip() for line in lines], create_using=nx.MultiDiGraph)
    return from_networkx(path, graph)._replace(directions=frozenset())
