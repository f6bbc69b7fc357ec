"""Graphs of PyTorch Geometric in .pt: a `Data`, or a dict of tensors, read by torch's restricted reader, which runs no code."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.guards.archives import require_ratio
from latentlink.models.sources.formats.guards.library import reading
from latentlink.models.sources.memory.geometric import of_store
from latentlink.models.sources.memory.geometric.edges import Edges
from latentlink.models.wording import MOST_LISTED, listed_names, shortened

PT = ".pt"


def of_file(path: Path) -> Edges:
    """What `torch.save` wrote of a `Data`, or of `data.to_dict()`: as the `Data` in memory.

    Raises:
        DataError: the file holds other objects.
    """
    require_ratio(path)
    with reading(path, "tensors of PyTorch"):
        return of_store(str(path), _loaded(path))


def _loaded(path: Path) -> Mapping[str, Any]:
    """The tensors by their names."""
    import torch
    from torch.serialization import get_safe_globals, safe_globals
    from torch_geometric.data import Data
    from torch_geometric.data.data import DataEdgeAttr, DataTensorAttr
    from torch_geometric.data.storage import GlobalStorage

    known = get_safe_globals()  # torch-geometric's own ones: at its end the context would remove them, too
    others = [kind for kind in (Data, DataEdgeAttr, DataTensorAttr, GlobalStorage) if kind not in known]
    try:
        with safe_globals(others):
            found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        refused = re.search(r"(?:GLOBAL|class) ([\w.]+)", str(error))  # whose code an object would run
        if refused is None:
            raise
        found = refused[1]
    data = found.to_dict() if isinstance(found, Data) else found
    if isinstance(data, dict) and hasattr(data.get("edge_index"), "detach"):
        return data
    shown = listed_names(map(str, data), MOST_LISTED) if isinstance(data, dict) else shortened(str(data))
    raise DataError(
        f"{path}: expected a Data, or a dict of tensors with edge_index, found {shown}; pickles are never opened, since they can "
        "run code: load it where you trust it, and write it again, as in "
        f"torch.save({{'edge_index': data.edge_index, 'x': data.x}}, {str(path)!r})"
    )
