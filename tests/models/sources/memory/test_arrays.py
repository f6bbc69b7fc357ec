"""Arrays, lists and sparse matrices: of links, and of nodes."""

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.sources import load_graph

PATH = [("a", "b"), ("b", "c")]
MATRIX = sparse.csr_array(np.array([[0, 1, 0, 0], [1, 0, 2, 0], [0, 2, 0, 0], [0, 0, 0, 0]]))


@pytest.mark.parametrize("links", [PATH, np.array(PATH), np.array(PATH, object)], ids=["list", "str", "object"])
def test_pairs_are_links(links: object) -> None:
    """A list of them, and an array (E, 2) of texts."""
    graph = load_graph(edges=links)
    assert (graph.ids, graph.edges.tolist(), graph.weights) == (["a", "b", "c"], [[0, 1], [1, 2]], None)


def test_a_third_entry_is_the_weight() -> None:
    """Whole and other numbers may stand beside each other."""
    graph = load_graph(edges=[("a", "b", 2), ("b", "c", 0.5)])
    assert graph.weights is not None
    assert graph.weights.tolist() == [2.0, 0.5]


def test_whole_numbers_are_called_by_their_decimals_and_match_the_rows_of_an_array() -> None:
    """Row i of the features is that of node i; numbers are standardised, as in an .npz; node 1 has no links."""
    graph = load_graph(edges=np.array([[2, 0]]), features=np.array([[1], [2], [6]]))
    assert (graph.ids, graph.edges.tolist()) == (["0", "1", "2"], [[0, 2]])
    np.testing.assert_allclose(np.asarray(graph.features)[:, 0], np.array([-2, -1, 3]) / (14 / 3) ** 0.5, rtol=1e-6)


def test_a_sparse_matrix_of_features_stays_as_it_is() -> None:
    """Row i is that of node i."""
    x = sparse.csc_array(np.array([[0, 5], [7, 0]]))
    features = load_graph(edges=np.array([[0, 1]]), features=x).features
    assert isinstance(features, CSR)
    np.testing.assert_array_equal(features.to_dense(), [[0, 5], [7, 0]])


def test_ids_alone_are_nodes_without_features() -> None:
    """They give the order, and keep nodes without links."""
    graph = load_graph(edges=PATH, features=["d", "c", "b", "a"])
    assert (graph.ids, graph.edges.tolist(), graph.features) == (["d", "c", "b", "a"], [[1, 2], [2, 3]], None)


def test_entries_of_a_symmetric_matrix_are_one_link_each() -> None:
    """With the weight of one of both entries; rows without entries are nodes."""
    graph = load_graph(edges=MATRIX)
    assert (graph.ids, graph.edges.tolist()) == (["0", "1", "2", "3"], [[0, 1], [1, 2]])
    assert graph.weights is not None
    assert graph.weights.tolist() == [1.0, 2.0]


def test_a_node_table_names_the_rows_of_a_matrix() -> None:
    """In its order: row 1, with two links, is y."""
    graph = load_graph(edges=sparse.coo_matrix(MATRIX), features=["x", "y", "z", "w"])
    assert graph.ids == ["x", "y", "z", "w"]
    assert np.bincount(graph.edges.ravel(), minlength=4).tolist() == [1, 2, 1, 0]


def test_rows_and_columns_of_two_types_have_names_of_their_own() -> None:
    """Ann is a user, and another ann is an item."""
    matrix = sparse.csr_array(np.array([[0, 1, 0], [1, 0, 2]]))
    nodes = {"user": ["ann", "bob"], "item": ["x", "y", "ann"]}
    graph = load_graph(edges=matrix, features=nodes, source_type="user", target_type="item")
    assert graph.ids == ["ann", "bob", "x", "y", "ann"]
    assert graph.edges.tolist() == [[0, 3], [1, 2], [1, 4]]


@pytest.mark.parametrize(
    ("links", "nodes", "message"),
    [
        (
            np.array([[0, 1, 2], [1, 2, 3]]),
            None,
            r"links: expected an array \(E, 2\) of ids, found shape .*; transpose it",
        ),
        (np.array([[0.5, 1.5]]), None, "links, source: expected strings or whole numbers, found DOUBLE"),
        ([("a", "b"), ("b",)], None, r"links, row 1: expected 2 entries, as the first has, found \('b',\)"),
        ([("a", "b"), ("c", 4)], None, "links, row 1: expected a text, like the first, found 4"),
        ([("a", "is", "b")], None, "links, weight: expected numbers, found VARCHAR"),
        ([(True, False)], None, "links, row 0: expected a text or a number, found True"),
        ([(2**70, 1)], None, r"links: expected whole numbers below 2\^63"),
        (PATH, ["a", "b", "a"], "nodes, ids: expected distinct ids, found 'a' 2 times"),
        (PATH, np.array([[1.0], [np.inf]]), "nodes, x: expected numbers within float32"),
        (MATRIX, ["a", "b"], "nodes: expected a node for each row of links, 4, found 2"),
        (MATRIX[:2], None, "links: expected as many rows as columns"),
        ({"a"}, None, "links: expected a path, a frame .*, found set"),
        (7, None, "links: expected a path, a frame .*, found int"),
        ([], None, "links: expected rows, found none"),
    ],
)
def test_what_is_no_graph_is_refused(links: Any, nodes: Any, message: str) -> None:
    """With the argument and the row, from 0."""
    with pytest.raises(DataError, match=message):
        load_graph(edges=links, features=nodes)


def test_files_alone_have_a_header_to_leave_out() -> None:
    """An option that would be ignored is refused."""
    with pytest.raises(DataError, match=r"links: expected a text beside --no-header, .*, found none"):
        load_graph(edges=PATH, header=False)
