"""Graphs of networkx: nodes and links with their attributes, as a graph file has them."""

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.networks.from_networkx import from_networkx
from latentlink.models.sources.formats.networks.table import edge_table
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, EdgeTable
from latentlink.models.sources.memory.objects import InMemory
from latentlink.models.sources.origins import Unit


class Network(InMemory):
    """A Graph, DiGraph, MultiGraph or MultiDiGraph."""

    @property
    def unit(self) -> Unit:
        """It lists its nodes beside its links."""
        return "link"

    def read_edges(self, columns: EdgeColumns) -> EdgeTable:
        """The links, and the nodes with their attributes.

        Raises:
            DataError: the ends are named, or an attribute can't be used.
        """
        if columns[:2] != COLUMNS[:2]:
            raise DataError(f"{self}: expected a table beside --source and --target, found {self.form}; drop them")
        return edge_table(self.name, from_networkx(self.name, self.content), columns, self.form)
