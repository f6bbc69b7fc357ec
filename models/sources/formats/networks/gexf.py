"""GEXF, as Gephi writes it, read by networkx."""

from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.guards.entities import refuse_entities
from latentlink.models.sources.formats.guards.library import reading
from latentlink.models.sources.formats.networks.from_networkx import from_networkx
from latentlink.models.sources.formats.networks.network import Network


def read_gexf(path: Path, file: BinaryIO) -> Network:
    """Read the nodes, called by their ids, and the links of a file; entities are refused before anything expands them.

    Raises:
        DataError: it is no GEXF, a node is listed twice or an end of a link not at all, or links are directed and undirected.
    """
    refuse_entities(path, file)
    file.seek(0)
    with reading(path, "GEXF"):
        listed = sum(str(e.tag).rpartition("}")[2] == "node" for _, e in ElementTree.iterparse(file))
        file.seek(0)
        import networkx as nx  # a quarter of a second, which no other format needs to wait

        graph = nx.read_gexf(file)
    nodes = graph.nodes(data=True)
    if unlisted := [node for node, attributes in nodes if "label" not in attributes]:  # networkx adds what links name
        raise DataError(
            f"{path}, node {unlisted[0]!r}: expected ends that the file lists as nodes, found {len(unlisted):,} that it doesn't "
            "list; list them or correct the links"
        )
    if len(graph) < listed:
        raise DataError(
            f"{path}: expected each node to be listed once, found {listed - len(graph):,} listed again; drop or rename them"
        )
    for _, attributes in nodes:
        if attributes["label"] is None:
            del attributes["label"]
    for *_, attributes in graph.edges(data=True):
        attributes.pop("id", None)
    return from_networkx(path, graph)
