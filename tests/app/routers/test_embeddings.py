"""Vectors over HTTP."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.app.readers import ARROW, NDJSON, Columns, from_arrow, from_json, from_ndjson
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


def test_unknown_nodes_become_null_on_request(client: Client, small: Small) -> None:
    """With on_unknown "null" node and vector are null in their places."""
    answer = client.post(f"{URL}/embeddings", json={"nodes": ["?", "b", ""], "on_unknown": "null"}).json()
    assert answer["nodes"] == [None, "b", None]
    assert [vector is None for vector in answer["embeddings"]] == [True, False, True]
    assert np.array(answer["embeddings"][1], np.float32).tobytes() == small.mu[small.ids.index("b")].tobytes()


@pytest.mark.parametrize(
    ("media", "read"), [("application/json", from_json), (NDJSON, from_ndjson), (ARROW, from_arrow)]
)
def test_the_whole_table_is_every_node_s_vector(
    client: Client, small: Small, media: str, read: Callable[[bytes], Columns]
) -> None:
    """All rows in their order, in each format; to the bit."""
    response = client.get(f"{URL}/embeddings", headers={"Accept": media})
    nodes, embeddings = read(response.content)
    assert response.headers["content-type"] == media
    assert nodes == list(small.ids)
    assert np.array(embeddings, np.float32).tobytes() == small.mu.tobytes()


@pytest.mark.parametrize("repeats", [1, 50])
def test_a_batch_comes_as_arrow_with_its_nulls(client: Client, small: Small, repeats: int) -> None:
    """Aligned with the nodes of the request, on either side of the threshold that leaves the event loop."""
    body = {"nodes": ["b", "?"] * repeats, "on_unknown": "null"}
    response = client.post(f"{URL}/embeddings", json=body, headers={"Accept": ARROW})
    assert response.headers["content-type"] == ARROW
    assert from_arrow(response.content) == (["b", None] * repeats, [small.mu[4].tolist(), None] * repeats)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_formats_that_there_are_not_are_refused(client: Client, method: str) -> None:
    """406 names the available formats."""
    body = {"nodes": ["a"]} if method == "POST" else None
    response = client.request(method, f"{URL}/embeddings", json=body, headers={"Accept": "text/csv"})
    assert ARROW in assert_problem(response, 406, "not-acceptable")["detail"]
