"""SIF, Cytoscape's simple interaction format: a node, a relation, and the nodes that it relates the first one to."""

from pathlib import Path
from typing import BinaryIO

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.networks.decoded import decoded
from latentlink.models.sources.formats.networks.network import Link, Network, Node, network


def read_sif(path: Path, file: BinaryIO) -> Network:
    """Read a link for each node behind the relation, which is its attribute `interaction`; a line of one node has no link.

    Fields stand between tabs if the file has one, else between blanks. Nothing says whether links are directed.

    Raises:
        DataError: a line has two fields or an empty one.
    """
    text = decoded(path, file)
    between = "\t" if "\t" in text else None
    ids: dict[str, None] = {}
    links = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        source, *rest = line.rstrip("\t").split(between)
        if len(rest) == 1 or not all((source, *rest)):
            raise DataError(
                f"{path}, line {number}: expected a node, or a node, a relation and nodes, found {line!r}; correct the line"
            )
        ids |= dict.fromkeys((source, *rest[1:]))
        links += [Link(source, target, {"interaction": rest[0]}) for target in rest[1:]]
    return network(path, [Node(node, {}) for node in ids], links, directions=[])
