"""Frames of pandas, polars, pyarrow, DuckDB and any other library that exports Arrow's C streams: read as Parquet is.

DuckDB reads pandas itself, without pyarrow; other frames are handed over by Arrow's PyCapsule interface.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arro3.core import Table as ArrowTable

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.columnar import read_table_edges, read_table_features
from latentlink.models.sources.formats.duck import Where
from latentlink.models.sources.formats.tables import EdgeColumns, EdgeTable, NodeTable
from latentlink.models.sources.memory.objects import InMemory, form_of


@dataclass(frozen=True, eq=False)
class Frame(InMemory):
    """A table, of pandas or Arrow, with one link or one node a row.

    Attributes:
        kind: the library and the class of what was given.
    """

    kind: str

    @classmethod
    def of_pandas(cls, name: str, frame: Any) -> "Frame":
        """A frame of pandas; an index with a name is a column, as in a Parquet file that pandas writes, and others are not read.

        Raises:
            DataError: two columns have one name.
        """
        levels = [level for level in frame.index.names if level is not None]
        names = _distinct(name, [*levels, *frame.columns])
        table = (frame.reset_index() if levels else frame).set_axis(names, axis="columns")
        return cls(name, table, form_of(frame))

    @classmethod
    def of_arrow(cls, name: str, frame: Any) -> "Frame":
        """A frame that exports a C stream of Arrow; the stream is read once, since some can't be read again.

        Raises:
            DataError: two columns have one name.
        """
        table = ArrowTable.from_arrow(frame)
        _distinct(name, table.column_names)
        return cls(name, table, form_of(frame))

    @property
    def form(self) -> str:
        """What was given."""
        return self.kind

    def read_edges(self, columns: EdgeColumns) -> EdgeTable:
        """The links, by the names of the columns."""
        return read_table_edges(Where(self.name, first=0), self.form, self.content, columns)

    def read_nodes(self) -> NodeTable:
        """The nodes, with the ids in the column `node` or `id`."""
        return read_table_features(Where(self.name, first=0), self.form, self.content)


def _distinct(name: str, columns: Sequence[object]) -> list[str]:
    """The names of columns as texts."""
    names = [str(column) for column in columns]
    commonest, times = Counter(names).most_common(1)[0] if names else ("", 0)
    if times > 1:
        raise DataError(
            f"{name}: columns: expected distinct names, found {commonest!r} {times} times; rename all but one"
        )
    return names
