"""Cora, CiteSeer and PubMed from local files, through `torch_geometric.datasets.Planetoid`; nothing is downloaded.

The raw files are pickles, which can run any code when they are opened. So they are opened here first by an unpickler
that knows six names only; what it found is written again to a temporary folder, and PyG reads that. The user's folder is
never written to, and nothing that an earlier run left there (processed/*.pt, pickles again) is ever loaded.
"""

import contextlib
import io
import pickle
import shutil
import warnings
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph

NAMES = {"cora": "Cora", "citeseer": "CiteSeer", "pubmed": "PubMed"}
PICKLED = ("x", "tx", "allx", "y", "ty", "ally", "graph")
INDEX = "test.index"

# What the files name, as Python 2 wrote it, and where that lives today.
_ALLOWED = {
    ("numpy", "dtype"): ("numpy", "dtype"),
    ("numpy", "ndarray"): ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"): ("numpy._core.multiarray", "_reconstruct"),
    ("scipy.sparse.csr", "csr_matrix"): ("scipy.sparse", "csr_matrix"),
    ("collections", "defaultdict"): ("collections", "defaultdict"),
    ("__builtin__", "list"): ("builtins", "list"),
}


def load_planetoid(name: str, root: Path) -> Graph:
    """Read one of the three citation graphs.

    Args:
        name: Cora, CiteSeer or PubMed, in any case.
        root: the folder that holds <Name>/raw/ind.<name>.*, eight files.

    Returns:
        A graph with ids "0" to "N-1", undirected and unweighted edges, and the features as they are, CSR (N, F).

    Raises:
        DataError: the name is unknown, a file is missing, or one isn't what Planetoid wrote.
    """
    known = NAMES.get(name.lower())
    if known is None:
        raise DataError(f"planetoid: expected one of {', '.join(NAMES.values())}, found {name!r}; correct the name")
    raw = root / known / "raw"
    prefix = f"ind.{known.lower()}."
    missing = [prefix + part for part in (*PICKLED, INDEX) if not (raw / (prefix + part)).is_file()]
    if missing:
        raise DataError(f"{raw}: expected the 8 raw files of {known}, found no {', '.join(missing)}; check --root")
    with TemporaryDirectory() as temporary:
        copy = Path(temporary) / known / "raw"
        copy.mkdir(parents=True)
        for part in PICKLED:
            (copy / (prefix + part)).write_bytes(pickle.dumps(_read(raw / (prefix + part))))
        shutil.copyfile(raw / (prefix + INDEX), copy / (prefix + INDEX))
        return _process(raw, known, temporary)


class _Unpickler(pickle.Unpickler):
    """Builds arrays, sparse matrices and lists of neighbours; refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"the name {module}.{name}")
        return super().find_class(*_ALLOWED[module, name])


def _read(path: Path) -> Any:
    """What one raw file holds: an array, a `scipy.sparse.csr_matrix`, or a dict of lists."""
    try:
        # Python 2 strings: arrays of bytes and their dtypes.
        value = _Unpickler(io.BytesIO(path.read_bytes()), encoding="latin1").load()
        return _sound(value)
    except Exception as error:  # Damaged pickles raise anything.
        raise DataError(
            f"{path}: expected a pickle of numbers as Planetoid wrote it, found {error}; fetch the file again"
        ) from None


def _sound(value: Any) -> Any:
    """The same value; a sparse matrix is built and checked by SciPy, as columns beyond its shape would crash readers."""
    if isinstance(value, dict):
        if min(chain(value, *value.values()), default=0) < 0:
            raise ValueError("a node below 0")  # PyG drops its links without a message.
        return value
    if isinstance(value, np.ndarray):
        return value
    matrix = type(value)((value.data, value.indices, value.indptr), shape=value.shape)
    matrix.check_format(full_check=True)
    return matrix


def _process(raw: Path, name: str, root: str) -> Graph:
    """Let PyG put the parts in `root` together."""
    # PyG reports its progress, uses torch.jit while it is imported, and adds a warning filter of its own.
    with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"`torch\.jit", category=DeprecationWarning)
        from torch_geometric.datasets import Planetoid

        try:
            data = Planetoid(root, name)[0]
        except (AttributeError, IndexError, RuntimeError, TypeError, ValueError) as error:
            raise DataError(f"{raw}: expected parts that fit together, found {error}; fetch the files again") from error
    n, edges = data.num_nodes, data.edge_index.numpy()
    beyond = edges[(edges < 0) | (edges >= n)]
    if beyond.size:
        raise DataError(f"{raw}: expected links between {n:,} nodes, found node {beyond[0]}; fetch the files again")
    # PyG stores both directions of an edge; they are no duplicates of the data.
    pairs = np.unique(np.sort(edges.T, axis=1), axis=0)
    return Graph.from_pairs([str(node) for node in range(n)], pairs, features=CSR.from_dense(data.x.numpy()))
