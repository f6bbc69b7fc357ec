"""Sparse matrices of SciPy, and the names of the rows and columns of any matrix whose entries are links."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.arrays import read_arrays
from latentlink.models.sources.formats.matrices.from_sparse import from_sparse
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, EdgeTable, NodeTable
from latentlink.models.sources.memory.arrays import rows
from latentlink.models.sources.memory.objects import InMemory
from latentlink.models.sources.origins import Origin, Unit


@dataclass(frozen=True, eq=False)
class Sparse(InMemory):
    """A sparse matrix: links, its entries; or nodes, its rows, (N, F).

    Attributes:
        sources: the node table that names the rows, or None: they are called by their numbers.
        targets: that of the columns.
    """

    sources: Origin | None = None
    targets: Origin | None = None

    @property
    def unit(self) -> Unit:
        """An entry is a link."""
        return "link"

    def named(self, sources: Origin | None, targets: Origin | None) -> Origin:
        """With names of rows and columns."""
        return replace(self, sources=sources, targets=targets)

    def read_edges(self, columns: EdgeColumns) -> EdgeTable:
        """The entries, with their values as weights.

        Raises:
            DataError: entries are no weights, columns are named, or there are more or fewer names than rows.
        """
        if columns != COLUMNS:
            raise DataError(f"{self}: expected no names of columns beside a matrix, found some; leave them out")
        return with_names(from_sparse(self.name, self.content, self.form), str(self), self.sources, self.targets)

    def read_nodes(self) -> NodeTable:
        """The features, which stay as they are, of nodes that are called by their rows from 0.

        Raises:
            DataError: they are no finite numbers.
        """
        csr = sparse.csr_array(self.content)
        parts = {name: getattr(csr, name) for name in ("data", "indices", "indptr")}
        return read_arrays(self.name, {"ids": rows(csr.shape[0]), "shape": np.array(csr.shape), **parts}, self.form)


def with_names(links: EdgeTable, what: str, sources: Origin | None, targets: Origin | None) -> EdgeTable:
    """The links between rows and columns of a matrix, called as node tables say.

    Args:
        links: with ids that are the numbers of rows and columns, from 0.
        what: the object, for errors.
        sources: the node table of the rows, in their order, or None.
        targets: that of the columns.

    Raises:
        DataError: a table has more or fewer nodes than there are rows or columns.
    """
    matrix = links.layout.matrix
    if matrix is None or (sources is None and targets is None):
        return links
    ends = _names(what, sources, matrix.rows, "row"), _names(what, targets, matrix.columns, "column")
    place_of = {node: place for place, node in enumerate(dict.fromkeys([*ends[0], *ends[1]]))}
    numbers = np.array(links.ids, np.int64)[links.pairs].T
    pairs = [np.array([place_of[node] for node in end], np.int64)[of] for end, of in zip(ends, numbers, strict=True)]
    return replace(links, ids=list(place_of), pairs=np.stack(pairs, axis=1))


def _names(what: str, table: Origin | None, n: int, unit: str) -> Sequence[str]:
    """What n rows or columns are called."""
    if table is None:
        return list(map(str, rows(n)))
    ids = table.read_nodes().ids
    if len(ids) != n:
        raise DataError(
            f"{table}: expected a node for each {unit} of {what}, {n:,}, found {len(ids):,}; give one of each, in order"
        )
    return ids
