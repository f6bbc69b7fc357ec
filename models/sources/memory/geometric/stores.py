"""The attributes of nodes and links as PyTorch Geometric keeps them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Store = Mapping[str, Any]  # attributes of nodes, of links or, in a `Data`, of both
READ = {"x", "node_id", "num_nodes"}  # of nodes


def is_of_links(store: Store, name: str) -> bool:
    """Whether an attribute is one of links: `Data` keeps those of nodes beside them, and tells both apart by names and sizes."""
    if "edge_index" not in store or name in READ:
        return False
    value, n = store[name], store["edge_index"].shape[1]
    return "edge" in name or (hasattr(value, "shape") and value.shape[:1] == (n,) and n != size_of(store))


def size_of(store: Store) -> int:
    """The number of nodes, as far as their attributes say."""
    if "num_nodes" in store:
        return int(store["num_nodes"])
    return next((len(store[name]) for name in ("x", "node_id") if name in store), 0)


def array_of(tensor: Any) -> Array:
    """A tensor, sparse or on a device, as an array; an array as it is."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu()
        tensor = tensor if str(tensor.layout) == "torch.strided" else tensor.to_dense()
    return np.asarray(tensor)
