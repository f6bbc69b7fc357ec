"""Links and nodes in memory: frames, arrays, lists, and the graphs of other libraries.

An object is known by its class, without an import of its library: whoever has made one has imported it.
"""

import sys
from collections.abc import Callable

from latentlink.models.errors import DataError
from latentlink.models.sources.memory.arrays import Array, Listing
from latentlink.models.sources.memory.frames import Frame
from latentlink.models.sources.memory.geometric import of_data, of_hetero_data
from latentlink.models.sources.memory.matrices import Sparse
from latentlink.models.sources.memory.networks import Network
from latentlink.models.sources.memory.objects import form_of
from latentlink.models.sources.origins import Origin

# The first class that fits.
_CLASSES: tuple[tuple[str, str, Callable[[str, object], Origin]], ...] = (
    ("pandas", "DataFrame", Frame.of_pandas),
    ("networkx", "Graph", Network),
    ("torch_geometric.data", "Data", of_data),
    ("torch_geometric.data", "HeteroData", of_hetero_data),
    ("scipy.sparse", "sparray", Sparse),
    ("scipy.sparse", "spmatrix", Sparse),
    ("numpy", "ndarray", Array),
    ("builtins", "list", Listing),
    ("builtins", "tuple", Listing),
)


def origin_of(given: object, name: str) -> Origin:
    """Where links or nodes come from, by the class of what is given.

    Args:
        given: a frame, an array, a list, a matrix, or a graph, see `read_graph`.
        name: what messages call an object.

    Raises:
        DataError: it is nothing that can be read.
    """
    for module, kind, origin in _CLASSES:
        if (loaded := sys.modules.get(module)) is not None and isinstance(given, getattr(loaded, kind)):
            return origin(name, given)
    if hasattr(given, "__arrow_c_stream__"):
        return Frame.of_arrow(name, given)
    raise DataError(
        f"{name}: expected a path, a frame (pandas, polars, pyarrow, DuckDB), a graph of networkx or PyG, a matrix of SciPy, an "
        f"array or a list, found {form_of(given)}; convert it to one of these"
    )
