"""The nodes of a `Data`, or those of a type of a `HeteroData`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.preprocessing import SPARSE
from latentlink.models.sources.formats.arrays import as_given
from latentlink.models.sources.formats.tables import NodeTable
from latentlink.models.sources.memory.arrays import rows
from latentlink.models.sources.memory.cells import texts_of
from latentlink.models.sources.memory.geometric.stores import READ, array_of, is_of_links
from latentlink.models.sources.memory.objects import InMemory
from latentlink.models.sources.origins import Unit
from latentlink.models.wording import listed_names


@dataclass(frozen=True, eq=False)
class Nodes(InMemory):
    """The nodes of a graph, or those of a type; `content` is their storage.

    Attributes:
        size: their number.
        prefix: of the ids, which tells nodes of several types apart.
    """

    size: int
    prefix: str = ""

    @property
    def unit(self) -> Unit:
        """They stand beside links."""
        return "link"

    @property
    def form(self) -> str:
        """As the graph."""
        return "PyG"

    def read_nodes(self) -> NodeTable:
        """`x`, which stays as it is, of nodes called by `node_id`, or by their places from 0.

        Raises:
            DataError: `x` has infinite numbers or not one row for each node, or `node_id` is empty or no distinct ids.
        """
        ids, x = self.ids(), self.content.get("x")
        notes = (*self.unread(),)
        if x is None:
            return NodeTable(ids, {}, notes, self.form)
        features = array_of(x).astype(np.float32)
        if features.ndim != 2 or len(features) != self.size or not features.shape[1]:
            raise DataError(
                f"{self}, x: expected {self.size:,} rows of numbers, found shape {features.shape}; correct it"
            )
        table = as_given(f"{self}, x", ids, features, self.form)
        sparse = np.count_nonzero(features) < SPARSE * features.size and not np.isnan(features).any()
        return replace(
            table,
            features=CSR.from_dense(features) if sparse else features,
            notes=(*table.notes, *notes),
        )

    def ids(self) -> list[str]:
        """What the nodes are called."""
        names = self.content.get("node_id")
        if names is None:
            own = list(map(str, rows(self.size)))
        else:
            own = texts_of(f"{self}, node_id", names if isinstance(names, list | tuple) else array_of(names).tolist())
        return [f"{self.prefix}{node}" for node in own] if self.prefix else own

    def unread(self) -> Iterator[str]:
        """A note on attributes that are not read, if there are any."""
        if others := [name for name in self.content if name not in READ and not is_of_links(self.content, name)]:
            yield f"{self}: attributes of nodes beside x are not used: {listed_names(others)}."
