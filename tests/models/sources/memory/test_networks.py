"""Graphs of networkx."""

from pathlib import Path

import networkx as nx
import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph


def test_a_graph_is_that_of_the_file_that_networkx_writes(tmp_path: Path) -> None:
    """Nodes, weights and attributes of the karate club, in memory and in GraphML."""
    club = nx.karate_club_graph()
    nx.write_graphml(club, tmp_path / "club.graphml")
    file, memory = load_graph(edges=tmp_path / "club.graphml"), load_graph(edges=club)
    assert memory.fingerprint() == file.fingerprint()
    assert (memory.notes, memory.preprocessing) == (file.notes, file.preprocessing)


def test_parallel_links_have_relations() -> None:
    """Of a MultiDiGraph, by the name of the attribute."""
    network = nx.MultiDiGraph(
        [("a", "b", {"kind": "knows"}), ("a", "b", {"kind": "likes"}), ("b", "a", {"kind": "knows"})]
    )
    graph = load_graph(edges=network, relation_column="kind")
    assert graph.relations is not None
    assert (graph.relations.names, graph.triples.tolist()) == (("knows", "likes"), [[0, 1, 0], [1, 0, 0], [0, 1, 1]])


def test_a_column_of_ends_is_refused() -> None:
    """A graph says itself what its ends are."""
    with pytest.raises(DataError, match="links: expected a table beside --source and --target, found networkx Graph"):
        load_graph(edges=nx.path_graph(3), source="from")
