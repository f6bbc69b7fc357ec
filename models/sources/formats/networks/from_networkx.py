"""A graph of networkx as a `Network`: what its readers return, and what a caller has in memory."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from latentlink.models.sources.formats.networks.network import Attributes, Link, Network, Node, network

if TYPE_CHECKING:
    import networkx as nx


def from_networkx(what: Path | str, graph: "nx.Graph") -> Network:
    """The nodes, called by the text of their keys, and the links of a graph, directed or not, with their attributes.

    Args:
        what: the file or the object, with which errors begin.
        graph: a Graph, DiGraph, MultiGraph or MultiDiGraph.

    Raises:
        DataError: there is no link, or the keys of two nodes have one text, as 7 and "7" do.
    """
    return network(
        what,
        [Node(str(node), _attributes(attributes)) for node, attributes in graph.nodes(data=True)],
        [Link(str(one), str(other), _attributes(attributes)) for one, other, attributes in graph.edges(data=True)],
        directions=[graph.is_directed()],
    )


def _attributes(attributes: dict[object, object]) -> Attributes:
    """With names that are texts, and NumPy's scalars as Python's."""
    return {str(key): value.item() if isinstance(value, np.generic) else value for key, value in attributes.items()}
