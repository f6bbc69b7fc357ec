"""Vectors of nodes, and the map, as a client returns them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import nanoarrow as na
import numpy as np

from latentlink.client.answers import Float32
from latentlink.client.arrow import batches_of
from latentlink.client.frames import frame, import_pandas

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Table:
    """Vectors of nodes.

    Attributes:
        nodes: n ids.
        embeddings: float32 (n, D), a row of NaN for an unknown node.
        shared_links: for `parts="all"`, the sparse part of each: weights of known neighbours; empty for an unknown node.
        types: in typed models, the type of each; None for an unknown node.
    """

    nodes: list[str]
    embeddings: Float32
    shared_links: list[dict[str, float]] | None = None
    types: list[str | None] | None = None

    def to_pandas(self) -> "DataFrame":
        """A row for each node, by its id (and before it its type, in typed models), with the D numbers of its vector."""
        pandas = import_pandas()
        index = pandas.Index(self.nodes, name="node")
        if self.types is not None:
            index = pandas.MultiIndex.from_arrays([self.types, self.nodes], names=["type", "node"])
        return pandas.DataFrame(self.embeddings, index)


@dataclass(frozen=True)
class Map:
    """All nodes in a plane.

    Attributes:
        nodes: n ids.
        points: float32 (n, 2), x and y of each.
        method: how they were made of the vectors, `pca` or `umap`.
        types: in typed models, the type of each.
    """

    nodes: list[str]
    points: Float32
    method: str
    types: list[str] | None = None

    def to_pandas(self) -> "DataFrame":
        """A row for each node: `node`, `type` in typed models, `x` and `y`."""
        x, y = self.points.T
        return frame({"node": self.nodes, "type": self.types, "x": x, "y": y})


def table_of(content: bytes, names: Sequence[str] | None) -> Table:
    """From an Arrow stream; an unknown node, null in the stream, keeps the id of the request."""
    ids: list[str | None] = []
    blocks: list[Float32] = []
    weights: list[dict[str, float]] = []
    types: list[str | None] = []
    columns: dict[str, na.Array] = {}
    for columns in batches_of(content):
        nodes, vectors = columns["node"], columns["embedding"]
        ids += nodes.to_pylist()
        if "shared_links" in columns:
            listed = columns["shared_links"].to_pylist()
            weights += [{entry["node"]: entry["weight"] for entry in entries or ()} for entries in listed]
        types += columns["type"].to_pylist() if "type" in columns else []
        blocks.append(np.array(vectors.child(0).buffer(1), np.float32).reshape(len(nodes), -1))
    unknown = np.array([node is None for node in ids], np.bool_)
    matrix = np.concatenate(blocks)
    matrix[unknown] = np.nan
    nodes_in_order = list(names) if names is not None else [str(node) for node in ids]
    sparse, typed = "shared_links" in columns, "type" in columns
    return Table(nodes_in_order, matrix, weights if sparse else None, types if typed else None)
