"""A bipartite graph of two by two groups, whose links go across, and its split."""

from typing import NamedTuple

import networkx as nx
import numpy as np
import pytest

from latentlink.models.arrays import Float32
from latentlink.models.evaluation.splits import Split, split_edges
from latentlink.models.graph.graph import Graph


class Scene(NamedTuple):
    """A graph, its split, and embeddings of an encoder that knows nothing."""

    graph: Graph
    split: Split
    z: Float32


@pytest.fixture(scope="session")
def scene() -> Scene:
    """Groups 0 and 1 of one type; 0 is linked to 2, and 1 to 3."""
    chances = np.zeros((4, 4))
    chances[0, 2] = chances[2, 0] = chances[1, 3] = chances[3, 1] = 0.3
    drawn = nx.stochastic_block_model([40] * 4, chances.tolist(), seed=0)
    graph = Graph.from_pairs([str(i) for i in range(160)], np.array(drawn.edges, np.int64))
    split = split_edges(graph, 0.1, 0.1, np.random.default_rng(0))
    return Scene(graph, split, np.random.default_rng(1).normal(size=(160, 6)).astype(np.float32))
