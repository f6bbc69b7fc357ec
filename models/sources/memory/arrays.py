"""Arrays of NumPy and lists: of links, pairs of ids; of nodes, rows of numbers, or ids alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from arro3.core import Array as Cells
from arro3.core import Table as ArrowTable

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.arrays import read_arrays
from latentlink.models.sources.formats.tables import EdgeColumns, EdgeTable, NodeTable
from latentlink.models.sources.memory.cells import of_array, of_list, texts_of
from latentlink.models.sources.memory.frames import Frame
from latentlink.models.sources.memory.objects import InMemory
from latentlink.models.wording import shortened


class Array(InMemory):
    """An array: links, (E, 2) ids; or nodes, (N, F) numbers or (N,) ids."""

    content: npt.NDArray[Any]

    def read_edges(self, columns: EdgeColumns) -> EdgeTable:
        """The links, (E, 2).

        Raises:
            DataError: it is of another shape, or ids can't be used.
        """
        shape = self.content.shape
        if len(shape) != 2 or shape[1] != 2:
            way = "transpose it" if len(shape) == 2 and shape[0] == 2 else "give links with more columns as a frame"
            raise DataError(f"{self}: expected an array (E, 2) of ids, found shape {shape}; {way}")
        return _links(self, {end: of_array(self.name, self.content[:, at]) for at, end in enumerate(ENDS)}, columns)

    def read_nodes(self) -> NodeTable:
        """The features, (N, F), of nodes that are called by their rows from 0; or ids, (N,), alone.

        Raises:
            DataError: it is of another shape or dtype, or ids are not distinct.
        """
        if self.content.ndim == 1:
            return NodeTable(texts_of(self.name, self.content.tolist()), {}, form=self.form)
        return read_arrays(self.name, {"ids": rows(len(self.content)), "x": self.content}, self.form)


class Listing(InMemory):
    """A list: of links, pairs of ids or, with a weight each, triples; or of the ids of nodes."""

    content: Sequence[Any]

    def read_edges(self, columns: EdgeColumns) -> EdgeTable:
        """The links.

        Raises:
            DataError: an entry is no pair or triple like the first, or an id is neither text nor whole number.
        """
        first = next(iter(self.content), ())
        width = len(first) if isinstance(first, tuple | list) and len(first) == 3 else 2
        for at, link in enumerate(self.content):
            if not isinstance(link, tuple | list) or len(link) != width:
                expected = (
                    "two ids, and a weight where all have one" if at == 0 else f"{width} entries, as the first has"
                )
                raise DataError(f"{self.row(at)}: expected {expected}, found {shortened(repr(link))}; correct it")
        cells = {
            name: of_list(self.name, [link[at] for link in self.content])
            for at, name in enumerate((*ENDS, "weight")[:width])
        }
        return _links(self, cells, columns)

    def read_nodes(self) -> NodeTable:
        """Nodes without features.

        Raises:
            DataError: an id is neither text nor whole number, or stands twice.
        """
        return NodeTable(texts_of(self.name, self.content), {}, form=self.form)


ENDS = ("source", "target")


def rows(n: int) -> npt.NDArray[np.str_]:
    """What n nodes are called by their places from 0, (n,) texts."""
    return np.arange(n).astype(np.str_)


def _links(given: InMemory, cells: Mapping[str, Cells], columns: EdgeColumns) -> EdgeTable:
    return Frame(given.name, ArrowTable.from_pydict(dict(cells)), given.form).read_edges(columns)
