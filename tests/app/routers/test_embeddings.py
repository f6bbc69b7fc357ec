"""Vectors over HTTP."""

import numpy as np
import pytest

from tests.support import TRICKY, Client, Small, assert_problem

URL = "/v1/models/small"


@pytest.mark.parametrize("node", TRICKY)
def test_a_vector_is_the_stored_row(client: Client, small: Small, node: str) -> None:
    """The numbers in JSON are the float32 of the checkpoint, to the bit, for any id."""
    answer = client.get(f"{URL}/embedding", params={"node": node}).json()
    assert (answer["node"], answer["dim"]) == (node, 8)
    assert np.array(answer["embedding"], np.float32).tobytes() == small.mu[small.ids.index(node)].tobytes()


@pytest.mark.parametrize("repeats", [1, 50])
def test_a_batch_is_aligned_with_its_nodes(client: Client, small: Small, repeats: int) -> None:
    """All nodes backwards, repeated, on either side of the threshold that leaves the event loop."""
    nodes = list(reversed(small.ids)) * repeats
    answer = client.post(f"{URL}/embeddings", json={"nodes": nodes}).json()
    assert answer["nodes"] == nodes
    assert np.array(answer["embeddings"], np.float32).tobytes() == np.tile(small.mu[::-1], (repeats, 1)).tobytes()


def test_scores_follow_from_the_vectors(client: Client) -> None:
    """The inner product of two served vectors is the served logit."""
    vectors = client.post(f"{URL}/embeddings", json={"nodes": ["a", "b"]}).json()["embeddings"]
    score = client.get(f"{URL}/score", params={"source": "a", "target": "b"}).json()
    left, right = np.array(vectors, np.float32).astype(np.float64)
    np.testing.assert_allclose(left @ right, score["logit"], rtol=1e-12)


def test_no_nodes_give_empty_columns(client: Client) -> None:
    """An empty list is a question with an empty answer."""
    answer = client.post(f"{URL}/embeddings", json={"nodes": []}).json()
    assert (answer["nodes"], answer["embeddings"], answer["dim"]) == ([], [], 8)


def test_unknown_nodes_become_null_when_asked(client: Client, small: Small) -> None:
    """With on_unknown "null" node and vector are null in their places."""
    answer = client.post(f"{URL}/embeddings", json={"nodes": ["?", "b", ""], "on_unknown": "null"}).json()
    assert answer["nodes"] == [None, "b", None]
    assert [vector is None for vector in answer["embeddings"]] == [True, False, True]
    assert np.array(answer["embeddings"][1], np.float32).tobytes() == small.mu[small.ids.index("b")].tobytes()


def test_unknown_nodes_are_an_error_by_default(client: Client) -> None:
    """Both routes name the unknown id."""
    for response in (
        client.get(f"{URL}/embedding", params={"node": "nope"}),
        client.post(f"{URL}/embeddings", json={"nodes": ["a", "nope"]}),
    ):
        assert assert_problem(response, 404, "unknown-node")["unknown"][0]["node"] == "nope"


def test_composed_and_decomposed_letters_are_two_nodes(client: Client) -> None:
    """Ids are compared as they are: é is not e + accent."""
    answer = client.post(f"{URL}/embeddings", json={"nodes": ["é", "e\u0301"]}).json()
    assert answer["embeddings"][0] != answer["embeddings"][1]
