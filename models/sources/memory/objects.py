"""What all objects in memory share: the name of the argument is what messages call them, and rows are counted from 0."""

from dataclasses import dataclass
from typing import Any

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.tables import EdgeColumns, EdgeTable, NodeTable
from latentlink.models.sources.origins import Origin


@dataclass(frozen=True, eq=False)
class InMemory(Origin):
    """An object of Python's or of another library.

    Attributes:
        name: what messages call it.
        content: the object.
    """

    name: str
    content: Any  # of a library that may be absent

    def __str__(self) -> str:
        return self.name

    @property
    def form(self) -> str:
        """The library and the class."""
        return form_of(self.content)

    def read_edges(self, columns: EdgeColumns) -> EdgeTable:
        """Most hold links."""
        del columns
        raise DataError(f"{self}: expected links, found {self.form}, which holds nodes alone; give it as nodes")

    def read_nodes(self) -> NodeTable:
        """Many hold no node table."""
        raise DataError(f"{self}: expected a table of nodes, found {self.form}; give a frame, an array or a file")

    def row(self, at: int) -> str:
        """Counted from 0."""
        return f"{self}, {self.unit} {at}"


def form_of(content: object) -> str:
    """The library and the class of an object: `pandas DataFrame`."""
    kind = type(content)
    library = kind.__module__.strip("_").partition(".")[0]
    return kind.__name__ if library == "builtins" else f"{library} {kind.__name__}"
