"""Graphs of PyTorch Geometric in .pt: a `Data`, or a dict of tensors, read by torch's restricted reader, which runs no code."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_array

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.from_sparse import from_sparse
from latentlink.models.sources.formats.guards.archives import require_ratio
from latentlink.models.sources.formats.guards.library import reading
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, EdgeTable
from latentlink.models.wording import MOST_LISTED, listed_names, shortened

_READ = ("edge_index", "x", "num_nodes")


def read_pt(path: Path, columns: EdgeColumns = COLUMNS) -> EdgeTable:
    """Read `edge_index`, (2, E), with the weights `edge_weight`, (E,), and the features `x`, (N, F); ids are places from 0.

    Args:
        path: what `torch.save` wrote of a Data, or of `data.to_dict()`.
        columns: the tensor of the weights; others have no meaning here.

    Raises:
        DataError: the file holds other objects, or its tensors contradict each other.
    """
    require_ratio(path)
    with reading(path, "tensors of PyTorch"):
        data = _loaded(path)
        weight = columns.weight or ("edge_weight" if "edge_weight" in data else None)
        ends, x = _array(path, data, "edge_index"), _array(path, data, "x" if "x" in data else None)
        weights, least = _array(path, data, weight).reshape(-1), int(ends.max(initial=-1)) + 1
        size = int(data.get("num_nodes") or (len(x) if "x" in data else least))
    shapes = ends.shape[:1] == (2,) and ends.ndim == x.ndim == 2 and len(x) in (size, 0)
    if not shapes or ends.dtype.kind not in "iu" or ends.min(initial=0) < 0 or least > size:
        raise DataError(
            f"{path}: expected edge_index (2, E), of nodes 0 to {size - 1:,}, and x ({size:,}, F), found {ends.shape}, nodes "
            f"{ends.min(initial=0)} to {least - 1}, and {x.shape}; correct the tensors"
        )
    if weight is not None and len(weights) != ends.shape[1]:
        raise DataError(
            f"{path}: {weight}: expected {ends.shape[1]:,} weights, found {len(weights):,}; correct the tensor"
        )
    values = np.ones(ends.shape[1]) if weight is None else weights
    table = from_sparse(path, coo_array((values, tuple(ends)), (size, size)), "PyTorch Geometric, nodes from 0")
    others = listed_names((name for name in data if name not in (*_READ, weight)), MOST_LISTED)
    mutual = table.layout.matrix is not None and table.layout.matrix.symmetric
    return replace(
        table,
        columns={f"x{place}": column for place, column in enumerate(x.T.astype(np.float64))},
        directions=frozenset() if mutual else frozenset({True}),
        layout=replace(table.layout, weight=weight if table.weights is not None else None, lists_nodes=True),
        notes=(*table.notes, *[f"Tensors that are not read: {others}."] * bool(others)),
    )


def _loaded(path: Path) -> Mapping[str, Any]:
    """The tensors by their names."""
    import torch
    from torch_geometric.data import Data
    from torch_geometric.data.data import DataEdgeAttr, DataTensorAttr
    from torch_geometric.data.storage import GlobalStorage

    try:
        with torch.serialization.safe_globals([Data, DataEdgeAttr, DataTensorAttr, GlobalStorage]):
            found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        refused = re.search(r"(?:GLOBAL|class) ([\w.]+)", str(error))  # whose code an object would run
        if refused is None:
            raise
        found = refused[1]
    data = found.to_dict() if isinstance(found, Data) else found
    if isinstance(data, dict) and "edge_index" in data:
        return data
    shown = listed_names(map(str, data), MOST_LISTED) if isinstance(data, dict) else shortened(str(data))
    raise DataError(
        f"{path}: expected a Data, or a dict of tensors with edge_index, found {shown}; pickles are never opened, since they can "
        "run code: load it where you trust it, and write it again, as in "
        f"torch.save({{'edge_index': data.edge_index, 'x': data.x}}, {str(path)!r})"
    )


def _array(path: Path, data: Mapping[str, Any], name: str | None) -> Any:
    """A tensor as an array; without a name an empty one."""
    if name is None:
        return np.empty((0, 0))
    if not hasattr(data.get(name), "detach"):
        known = listed_names(map(str, data), MOST_LISTED)
        raise DataError(f"{path}: expected a tensor {name!r}, found {known}; correct --weight or the file")
    return data[name].detach().to_dense().numpy()
