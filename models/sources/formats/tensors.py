"""Graphs of PyTorch Geometric in .pt: a `Data`, or a dict of its tensors, read without opening a pickle."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_array

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.from_sparse import from_sparse
from latentlink.models.sources.formats.library import reading
from latentlink.models.sources.formats.networks.unpacking import require_ratio
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, EdgeTable, Layout
from latentlink.models.wording import MOST_LISTED, listed_names

_USED = ("edge_index", "x", "num_nodes")


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
        ends, weights = _numbers(path, data, "edge_index"), None if weight is None else _numbers(path, data, weight)
        x = _numbers(path, data, "x") if data.get("x") is not None else np.empty((0, 0))
        least = int(ends.max(initial=-1)) + 1
        size = int(data.get("num_nodes") or (len(x) if x.size else least))
    whole = ends.ndim == 2 and ends.dtype.kind in "iu" and len(ends) == 2 and ends.min(initial=0) >= 0
    if not whole or least > size or x.ndim != 2 or (x.size and len(x) != size):
        raise DataError(
            f"{path}: expected edge_index (2, E), of nodes 0 to {size - 1:,}, and x ({size:,}, F), found {ends.shape}, nodes "
            f"{ends.min(initial=0)} to {least - 1}, and {x.shape}; correct the tensors"
        )
    values = np.ones(ends.shape[1]) if weights is None else weights.reshape(-1)
    if len(values) != ends.shape[1]:
        raise DataError(
            f"{path}: {weight}: expected {ends.shape[1]:,} weights, one a link, found {len(values):,}; correct it"
        )
    table = from_sparse(path, coo_array((values, (ends[0], ends[1])), (size, size)), "PyTorch Geometric, nodes from 0")
    others = listed_names((name for name in data if name not in (*_USED, weight)), MOST_LISTED)
    matrix = table.layout.matrix
    return replace(
        table,
        columns={f"x{place}": column for place, column in enumerate(x.T.astype(np.float64))},
        directions=frozenset() if matrix is not None and matrix.symmetric else frozenset({True}),
        layout=Layout(
            table.layout.form, weight=weight if table.weights is not None else None, lists_nodes=True, matrix=matrix
        ),
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
        found = re.search(r"Unsupported (?:global: GLOBAL|class) (\S+)", str(error))
        if found is None:
            raise
        found = found[1]
    data = found.to_dict() if isinstance(found, Data) else found
    if not isinstance(data, dict) or "edge_index" not in data:
        shown = listed_names(map(str, data), MOST_LISTED) if isinstance(data, dict) else repr(data)[:80]
        code = f"torch.save({{'edge_index': data.edge_index, 'x': data.x}}, {str(path)!r})"
        raise DataError(
            f"{path}: expected a Data, or a dict of tensors with edge_index, found {shown}; pickles are never opened, since they "
            f"can run code: load it where you trust it, and write {shlex.quote(code)}"
        )
    return data


def _numbers(path: Path, data: Mapping[str, Any], name: str) -> Any:
    """A tensor as an array of numbers."""
    if not hasattr(data.get(name), "numpy"):
        known = listed_names(map(str, data), MOST_LISTED)
        raise DataError(f"{path}: expected a tensor {name!r}, found {known}; correct --weight or the file")
    return data[name].detach().to_dense().numpy()
