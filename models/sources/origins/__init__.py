"""Where links and nodes come from: a file, a query or an object in memory, all read through one interface.

Objects in memory are in `latentlink.models.sources.memory`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from os import fspath
from pathlib import Path
from typing import Literal

from latentlink.models.errors import DataError
from latentlink.models.sources.formats import FORMATS, delimited, format_of, suffixes
from latentlink.models.sources.formats.columnar import read_sql_edges, read_sql_features
from latentlink.models.sources.formats.duck import literal, named_before
from latentlink.models.sources.formats.rows import DELIMITERS
from latentlink.models.sources.formats.tables import (
    COLUMNS,
    OPTIONS,
    EdgeColumns,
    EdgeTable,
    Layout,
    NodeTable,
    TextOptions,
)
from latentlink.models.sources.formats.unread import conversion

Unit = Literal["line", "row", "link"]


class Origin(ABC):
    """Links, nodes or both; its `str` is what messages call it."""

    @property
    def unit(self) -> Unit:
        """What messages call one of its rows; "link" where it lists nodes beside its links."""
        return "row"

    @abstractmethod
    def read_edges(self, columns: EdgeColumns) -> EdgeTable:
        """The links.

        Raises:
            DataError: it holds none, can't be read, or a row is no link.
        """

    @abstractmethod
    def read_nodes(self) -> NodeTable:
        """The node table.

        Raises:
            DataError: it holds none, can't be read, or a row is no node.
        """

    def tables(self) -> "Mapping[str | None, Origin]":
        """Node tables that come with the links: one of all nodes, under None, or one for each type."""
        return {}

    def relations(self) -> "Mapping[str | None, Origin]":
        """The links of each relation, by its name, where the links come apart by relations."""
        return {}

    def types(self) -> tuple[str, str] | None:
        """The types of both ends of the links, where the links come with them."""
        return None

    def named(self, sources: "Origin | None", targets: "Origin | None") -> "Origin":
        """The same beside the node tables of its ends: a matrix takes the ids of its rows and columns from there, in order."""
        del sources, targets
        return self

    def row(self, at: int) -> str:
        """What messages call the row at a place from 0."""
        return f"{self}, {self.unit} {at + 1}"

    def ends(self, layout: Layout) -> tuple[str, str]:
        """What the two columns of ids are called."""
        return layout.source, layout.target

    def in_sql(self, layout: Layout) -> str | None:
        """What a query selects from to read it; None where no query reads it."""
        del layout
        return None


@dataclass(frozen=True)
class File(Origin):
    """A file, whose format its name says.

    Attributes:
        path: its address.
        text: how it is to be read if it is delimited text.
    """

    path: Path
    text: TextOptions

    def __str__(self) -> str:
        return str(self.path)

    @property
    def unit(self) -> Unit:
        """By the format."""
        return FORMATS[format_of(self.path)].about.unit

    @property
    def delimited(self) -> bool:
        """Whether it is delimited text."""
        return format_of(self.path) in DELIMITERS

    def read_edges(self, columns: EdgeColumns) -> EdgeTable:
        """The links, by the format."""
        self._require_no_folder()
        if self.delimited:
            return delimited.read_edges(self.path, columns, self.text)
        suffix = format_of(self.path)
        known = FORMATS.get(suffix)
        if known is None or known.read_edges is None:
            way = conversion(self.path) or "write the links as one of these"
            raise DataError(f"{self}: expected a name that ends in {suffixes(edges=True)}, found {suffix!r}; {way}")
        for name, option in OPTIONS.items():
            if getattr(columns, name) != getattr(COLUMNS, name) and name not in known.about.columns:
                raise DataError(
                    f"{self}: expected a table beside --{option}, found {suffix!r}; drop --{option}, or write the "
                    "links as CSV"
                )
        if self.text.header is not None:
            option = "--header" if self.text.header else "--no-header"
            raise DataError(
                f"{self}: expected a table in text, such as .csv, beside {option}, found {suffix!r}; drop it"
            )
        return known.read_edges(self.path, columns)

    def read_nodes(self) -> NodeTable:
        """The node table, by the format."""
        self._require_no_folder()
        if self.delimited:
            return delimited.read_features(self.path, self.text)
        suffix = format_of(self.path)
        read = FORMATS[suffix].read_features if suffix in FORMATS else None
        if read is None:
            way = conversion(self.path) or "write the table as one of these"
            raise DataError(f"{self}: expected a name that ends in {suffixes(edges=False)}, found {suffix!r}; {way}")
        return read(self.path)

    def _require_no_folder(self) -> None:
        if self.path.is_dir():
            raise DataError(f"{self}: expected a readable file, found 'Is a directory'; name a file in it")

    def in_sql(self, layout: Layout) -> str | None:
        """DuckDB reads Parquet and most texts by name, but not what is called otherwise here."""
        if str(self.path) != fspath(self.path):
            return None
        if layout.delimiter is not None and layout.named:
            delimiter = literal(layout.delimiter.replace("\t", r"\t"))
            types = f"{{{literal(layout.source)}: 'VARCHAR', {literal(layout.target)}: 'VARCHAR'}}"  # 007 stays 007
            return f"read_csv({literal(self.path)}, header = true, delim = {delimiter}, types = {types})"
        return literal(self.path) if self.path.suffix.lower() == ".parquet" else None


@dataclass(frozen=True)
class Query(Origin):
    """The result of a SELECT over local files, or over the tables of a database.

    Attributes:
        option: that gives it.
        sql: the query.
        database: the URL of the database, or None.
    """

    option: str
    sql: str
    database: str | None = None

    def __str__(self) -> str:
        return self.option

    def read_edges(self, columns: EdgeColumns) -> EdgeTable:
        """The links."""
        return read_sql_edges(self.sql, columns, self.database)

    def read_nodes(self) -> NodeTable:
        """The nodes."""
        return read_sql_features(self.sql, self.database)

    def ends(self, layout: Layout) -> tuple[str, str]:
        """What they were called before the query renamed them."""
        return named_before(self.sql, super().ends(layout))

    def in_sql(self, layout: Layout) -> str | None:
        """A query in a query."""
        del layout
        return f"({self.sql.strip().rstrip(';')})"
