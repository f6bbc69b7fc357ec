"""Ids and vectors of an answer, read by somebody else's reader."""

import io
import json

import arro3.io

Columns = tuple[list[str | None], list[list[float] | None]]

ARROW, NDJSON = "application/vnd.apache.arrow.stream", "application/x-ndjson"


def from_json(content: bytes) -> Columns:
    """The columns by Python's own reader."""
    answer = json.loads(content)
    return answer["nodes"], answer["embeddings"]


def from_ndjson(content: bytes) -> Columns:
    """The columns, line by line."""
    lines = [json.loads(line) for line in content.splitlines()]
    return [line["node"] for line in lines], [line["embedding"] for line in lines]


def from_arrow(content: bytes) -> Columns:
    """The columns by Arrow's Rust library, which shares no code with the writer."""
    table = arro3.io.read_ipc_stream(io.BytesIO(content)).read_all()
    return list(table.column("node").to_pylist()), list(table.column("embedding").to_pylist())
