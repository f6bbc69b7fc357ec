"""The links of a `Data` or a `HeteroData`: `edge_index`, with attributes of one cell a link."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from arro3.core import Table as ArrowTable
from scipy.sparse import coo_array

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.tables import EdgeColumns, EdgeTable, Matrix
from latentlink.models.sources.memory.arrays import ENDS
from latentlink.models.sources.memory.cells import of_array
from latentlink.models.sources.memory.frames import Frame
from latentlink.models.sources.memory.geometric.nodes import Nodes
from latentlink.models.sources.memory.geometric.stores import Array, array_of, is_of_links
from latentlink.models.sources.memory.matrices import with_names
from latentlink.models.sources.memory.objects import InMemory
from latentlink.models.sources.origins import Origin, Unit

_WEIGHTS = ("edge_weight", "edge_attr")  # what PyG calls them


@dataclass(frozen=True, eq=False)
class Edges(InMemory):
    """The links of a graph; `content` has `edge_index` and the other attributes of links.

    Attributes:
        nodes: their ends: the nodes of a graph, twice, or those of two types.
        kinds: these types, or None.
        notes: what was left out.
        names: the node tables that name the ends.
    """

    nodes: tuple[Nodes, Nodes]
    kinds: tuple[str, str] | None = None
    notes: tuple[str, ...] = ()
    names: tuple[Origin | None, ...] = (None, None)

    @property
    def unit(self) -> Unit:
        """A graph lists its nodes."""
        return "link"

    @property
    def form(self) -> str:
        """The class."""
        return "PyG Data" if self.kinds is None else "PyG HeteroData"

    def tables(self) -> Mapping[str | None, Origin]:
        """The nodes."""
        return {None: self.nodes[0]} if self.kinds is None else dict(zip(self.kinds, self.nodes, strict=True))

    def types(self) -> tuple[str, str] | None:
        """Those of a HeteroData."""
        return self.kinds

    def named(self, sources: Origin | None, targets: Origin | None) -> Origin:
        """By the tables, but for nodes with ids of their own."""
        ends = zip(self.nodes, (sources, targets), strict=True)
        return replace(self, names=tuple(own if "node_id" in own.content else given for own, given in ends))

    def read_edges(self, columns: EdgeColumns) -> EdgeTable:
        """The links; `columns` names attributes; the weights are `edge_weight`, or an `edge_attr` of one column.

        Raises:
            DataError: an end is no node, or an attribute can't be used.
        """
        ends = array_of(self.content["edge_index"]).astype(np.int64)
        sizes = [nodes.size for nodes in self.nodes]
        if (ends < 0).any() or (ends.max(axis=1, initial=-1) >= sizes).any():
            raise DataError(
                f"{self}, edge_index: expected places of {sizes[0]:,} and {sizes[1]:,} nodes, found numbers from "
                f"{ends.min(initial=0)} to {ends.max(initial=0)}; correct it, or set num_nodes"
            )
        asked = {*columns} - {None}
        names = [name for name in self.content if name in asked or is_of_links(self.content, name)]
        cells = {name: column for name in names if (column := self._column(name, ends.shape[1])) is not None}
        if "edge_weight" in self.content and "edge_weight" not in cells:
            raise DataError(f"{self}, edge_weight: expected {ends.shape[1]:,} weights, found others; correct it")
        weight = columns.weight or next((name for name in _WEIGHTS if name in cells), None)
        table = ArrowTable.from_pydict(
            {
                **{name: of_array(f"{self}, {name}", column) for name, column in cells.items()},
                **{end: of_array(self.name, of) for end, of in zip(ENDS, ends, strict=True)},
            }
        )
        links = Frame(self.name, table, self.form).read_edges(columns._replace(weight=weight))
        symmetric = self.kinds is None and _is_symmetric(links)
        unread = [name for name in names if name not in cells and name != "edge_index"]
        layout = replace(
            links.layout, matrix=Matrix(sizes[0], sizes[1], symmetric), unused=(*links.layout.unused, *unread)
        )
        said = frozenset({not symmetric}) if self.kinds is None else frozenset[bool]()
        links = replace(links, notes=(*links.notes, *self.notes), layout=layout, directions=said)
        return with_names(links, str(self), *self.names)

    def _column(self, name: str, n: int) -> Array | None:
        """An attribute of n links, (n,), or None where it is none or has more numbers than one for each."""
        value = self.content[name]
        if isinstance(value, list) and len(value) == n and all(isinstance(cell, str) for cell in value):
            return np.array(value, object)
        cells = array_of(value) if hasattr(value, "shape") else np.empty(0)
        return cells.reshape(n) if cells.shape in ((n,), (n, 1)) else None


def _is_symmetric(links: EdgeTable) -> bool:
    """Whether each link stands in both directions, with one weight and one time."""
    n = len(links.ids)
    ones = np.ones(len(links.pairs), np.float32)
    for values in (ones, links.weights, links.times):
        if values is not None:
            matrix = coo_array((values, (links.pairs[:, 0], links.pairs[:, 1])), (n, n)).tocsr()
            if (matrix != matrix.T).nnz:
                return False
    return True
