"""Peers that are written in the benchmarks."""

import numpy as np
import pytest

from benchmarks._families import families
from benchmarks._peers import peers
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.evaluation.splits import Split, split_edges
from latentlink.models.graph.graph import Graph


def divided(name: str) -> tuple[Graph, Split]:
    """A synthetic graph and its split."""
    graph = families()[name]().graph
    return graph, split_edges(graph, 0.05, 0.1, np.random.default_rng(0))


@pytest.mark.parametrize(("name", "least"), [("spectral", 0.85), ("EASE", 0.75), ("ALS", 0.8)])
def test_peers_learn_links_across(name: str, least: float) -> None:
    """Of a bipartite graph, in a short run; the best possible is 0.90."""
    graph, split = divided("bipartite blocks")
    score = peers(graph)[name](graph, split, 0, True)
    assert least < auc_ap(score(split.test), score(split.test_negatives))["auc"] < 0.93


@pytest.mark.parametrize("name", ["EASE", "ALS"])
def test_pairs_of_one_side_are_below_all_others_in_either_direction(name: str) -> None:
    """The nodes from 500 on are the other side."""
    graph, split = divided("bipartite blocks")
    score = peers(graph)[name](graph, split, 0, True)
    within, across = np.array([[1, 2], [600, 700]]), np.array([[1, 600], [2, 700]])
    assert score(within).max() < score(across).min()
    assert score(across).tolist() == score(across[:, ::-1]).tolist()


def test_graphs_that_are_not_bipartite_have_no_such_peers() -> None:
    """EASE and ALS rank items for users."""
    assert set(peers(families()["assortative"]().graph)) == {"PyG GAE", "PyG VGAE", "node2vec", "spectral"}


def test_walks_of_node2vec_follow_links_within_communities() -> None:
    """After a round it is far above chance."""
    graph, split = divided("planted partition")
    score = peers(graph)["node2vec"](graph, split, 0, True)
    assert auc_ap(score(split.test), score(split.test_negatives))["auc"] > 0.8
