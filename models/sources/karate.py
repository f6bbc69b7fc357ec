"""Zachary's karate club (1977), 34 members and 78 friendships: the graph inside torch-geometric, for a look in a second."""

import warnings

from latentlink.models.graph.graph import Graph


def load_karate() -> Graph:
    """Read `torch_geometric.datasets.KarateClub`: ids are "0" to "33", and its features, the identity, are left out."""
    with warnings.catch_warnings():
        # PyG uses torch.jit while it is imported, and adds a warning filter of its own.
        warnings.filterwarnings("ignore", message=r"`torch\.jit", category=DeprecationWarning)
        from torch_geometric.datasets import KarateClub

        edges = KarateClub()[0].edge_index.numpy()
    pairs = edges.T[edges[0] < edges[1]]  # PyG keeps both directions
    return Graph.from_pairs([str(node) for node in range(34)], pairs)
