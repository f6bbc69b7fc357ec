"""Zachary's karate club (1977), 34 members and 78 friendships: the graph inside networkx, for a look in a second."""

import numpy as np

from latentlink.models.graph.graph import Graph


def load_karate() -> Graph:
    """Read `networkx.karate_club_graph`: ids are "0" to "33", and its weights and clubs are left out."""
    import networkx as nx  # a quarter of a second, which no other source needs

    pairs = np.array(nx.karate_club_graph().edges, np.int64)
    return Graph.from_pairs([str(node) for node in range(34)], pairs)
