"""Vectors over HTTP."""

import io
import json

import arro3.io
import numpy as np
import pytest

from tests.support import TRICKY, Client, Small, assert_problem

URL = "/v1/models/small"
ARROW, NDJSON = "application/vnd.apache.arrow.stream", "application/x-ndjson"


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


def read_arrow(content: bytes) -> tuple[list[str | None], list[list[float] | None]]:
    """The columns of an Arrow stream, by another library than the one that wrote it."""
    table = arro3.io.read_ipc_stream(io.BytesIO(content)).read_all()
    return list(table.column("node").to_pylist()), list(table.column("embedding").to_pylist())


def test_the_whole_table_is_every_node_s_vector(client: Client, small: Small) -> None:
    """All rows in their order, as JSON, Arrow and lines, chunked; to the bit."""
    whole = client.get(f"{URL}/embeddings")
    lines = client.get(f"{URL}/embeddings", headers={"Accept": NDJSON}).text.splitlines()
    arrow = client.get(f"{URL}/embeddings", headers={"Accept": ARROW})
    assert "content-length" not in whole.headers
    assert arrow.headers["content-type"] == ARROW
    answer, listed = whole.json(), [json.loads(line) for line in lines]
    assert (answer["dim"], answer["model"]) == (8, "small")
    for nodes, embeddings in (
        (answer["nodes"], answer["embeddings"]),
        ([line["node"] for line in listed], [line["embedding"] for line in listed]),
        read_arrow(arrow.content),
    ):
        assert nodes == list(small.ids)
        assert np.array(embeddings, np.float32).tobytes() == small.mu.tobytes()


@pytest.mark.parametrize("repeats", [1, 50])
def test_a_batch_comes_as_arrow_with_its_nulls(client: Client, small: Small, repeats: int) -> None:
    """Aligned with the nodes of the request, on either side of the threshold that leaves the event loop."""
    body = {"nodes": ["b", "?"] * repeats, "on_unknown": "null"}
    response = client.post(f"{URL}/embeddings", json=body, headers={"Accept": ARROW})
    assert response.headers["content-type"] == ARROW
    assert read_arrow(response.content) == (["b", None] * repeats, [small.mu[4].tolist(), None] * repeats)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_formats_that_there_are_not_are_refused(client: Client, method: str) -> None:
    """406 names the available formats."""
    body = {"nodes": ["a"]} if method == "POST" else None
    response = client.request(method, f"{URL}/embeddings", json=body, headers={"Accept": "text/csv"})
    assert ARROW in assert_problem(response, 406, "not-acceptable")["detail"]
