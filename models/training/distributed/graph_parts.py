"""What a trainer reads of a graph, as a message to another process: arrays, or the name of the file that holds features."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from latentlink.models.arrays import Float32, Int64
from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.types import NodeTypes
from latentlink.models.training.resume import State


def packed(graph: Graph, train_edges: Int64) -> tuple[dict[str, object], State]:
    """Facts that are JSON, and arrays; features that are mapped from a file are named by it, and not read.

    Args:
        graph: N nodes.
        train_edges: int64 (e,), indices into its edges, which alone are sent.
    """
    facts: dict[str, object] = {"nodes": graph.n_nodes}
    arrays: State = {"edges": graph.edges[train_edges]}
    if graph.weights is not None:
        arrays["weights"] = graph.weights[train_edges]
    x, types = graph.features, graph.types
    if isinstance(x, CSR):
        facts["width"] = x.shape[1]
        arrays |= {"x.indptr": x.indptr, "x.indices": x.indices, "x.data": x.data}
    elif x is not None and (file := _file_of(x)) is not None:
        facts["file"] = file
    elif x is not None:
        arrays["x"] = x
    if types is not None:
        facts["types"] = types.names
        arrays |= {"types.of": types.of, "types.linked": types.linked}
        arrays |= {} if types.apart is None else {"types.apart": types.apart}
    return facts, arrays


def unpacked(facts: Mapping[str, Any], arrays: State) -> Graph:
    """The graph of what `packed` returned, whose edges are those that were sent.

    Raises:
        DataError: the file of the features can't be mapped here.
    """
    x: Float32 | CSR | None = arrays.get("x")
    if "width" in facts:
        shape = facts["nodes"], facts["width"]
        x = CSR(arrays["x.indptr"], arrays["x.indices"], arrays["x.data"], shape)
    elif "file" in facts:
        x = _mapped(**facts["file"])
    types = None
    if "types" in facts:
        parts = (arrays["types.of"], arrays["types.linked"], arrays.get("types.apart"))
        types = NodeTypes(tuple(facts["types"]), *parts)
    ids: Any = range(facts["nodes"])  # only counted
    return Graph(ids, arrays["edges"], arrays.get("weights"), x, types=types)


def _file_of(x: Float32) -> dict[str, object] | None:
    """Where a whole mapped array lies, None for one that is in memory."""
    base = x.base
    if not isinstance(base, np.memmap) or base.shape != x.shape or not x.flags.c_contiguous:
        return None
    return {"path": str(base.filename), "offset": base.offset, "shape": x.shape, "dtype": x.dtype.str}


def _mapped(path: str, offset: int, shape: list[int], dtype: str) -> Float32:
    try:
        return np.asarray(np.memmap(path, dtype, "r", offset, tuple(shape)))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: expected the features that rank 0 maps, at the same path on each machine, found: {error}; put them on "
            "a disk that all machines share"
        ) from None
