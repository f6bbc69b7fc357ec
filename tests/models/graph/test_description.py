"""A graph in a line and as a table."""

from dataclasses import replace

import numpy as np

from latentlink.models.graph.description import Reading
from latentlink.models.graph.graph import Graph

GRAPH = Graph.from_pairs(["a", "b", "c"], np.array([[0, 1], [1, 0], [1, 2], [2, 2]]), np.ones(4, np.float32))


def test_the_representation_is_the_line_of_the_command() -> None:
    """Arrays would fill the screen."""
    assert repr(GRAPH) == (
        "Graph: 3 nodes, 2 edges (1 duplicate merged, 1 self-loop dropped), weights 1 to 2, "
        "no features: every node learns an embedding"
    )


def test_a_notebook_shows_a_table_whose_texts_are_escaped() -> None:
    """Sizes, readings and notes; a note names arguments of Python; ids and names of columns may hold anything."""
    reading = Reading("links", "links", "list", (("<b>", "source"),), (), ("<script>", "b"))
    table = replace(GRAPH, readings=(reading,), notes=("pass --directed to keep it & more",))._repr_html_()
    assert table.count("<tr>") == 6
    assert "<b>" not in table
    assert "<script>" not in table
    assert "&lt;script&gt;" in table
    assert "pass directed=True to keep it &amp; more" in table
