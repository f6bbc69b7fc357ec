"""Readers of one file format each. A new format is a module here and a line in `FORMATS`.

`delimited` reads CSV, TSV and other tables in text, `columnar` Parquet, Arrow and SQL, `networks` GraphML, GML and JSON, `arrays`
.npz and .npy.
They share `tables` (what they return), `numbers`, `moments` and, where DuckDB reads, `duck` and `mapping`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from latentlink.models.sources.formats import arrays, columnar, delimited, networks
from latentlink.models.sources.formats.arrow import ARROW
from latentlink.models.sources.formats.packing import format_suffix
from latentlink.models.sources.formats.rows import DELIMITERS
from latentlink.models.sources.formats.tables import EdgeColumns, EdgeTable, NodeTable


class Format(NamedTuple):
    """How files of one format are read.

    Attributes:
        read_edges: the links of a file, or None where the format holds none.
        read_features: the node table of a file, or None where the format holds none.
        unit: what messages call a row of the file.
    """

    read_edges: Callable[[Path, EdgeColumns], EdgeTable] | None
    read_features: Callable[[Path], NodeTable] | None
    unit: Literal["line", "row", "link"]


def format_of(path: Path) -> str:
    """The format in `FORMATS` of a file, by its name, also of one of KONECT's, which are called `out.NAME`; else its suffix."""
    suffix = format_suffix(path)
    return "out.*" if suffix not in FORMATS and path.name.lower().startswith("out.") else suffix


FORMATS: dict[str, Format] = {
    **dict.fromkeys(DELIMITERS, Format(delimited.read_edges, delimited.read_features, "line")),
    **dict.fromkeys((".parquet", *ARROW), Format(columnar.read_parquet_edges, columnar.read_parquet_features, "row")),
    **dict.fromkeys(networks.NETWORKS, Format(networks.read_network, None, "link")),
    ".npz": Format(None, arrays.read_npz_features, "row"),
    ".npy": Format(None, arrays.read_npy_features, "row"),
}
