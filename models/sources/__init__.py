"""From the files and names of a command line to a `Graph`; each source has its module.

`delimited` reads CSV and TSV, `arrays` .npz, `columnar` Parquet and SQL, `networks` GraphML, GML and JSON; `movies` and
`planetoid` are graphs that exist already.
Here links and features meet: which node is which row, and what may be missing.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from models.csr import CSR, Float32, Int64
from models.errors import DataError
from models.graph import Graph
from models.sources.arrays import read_npz_features
from models.sources.columnar import read_parquet_edges, read_parquet_features, read_sql_edges
from models.sources.delimited import read_edges, read_features
from models.sources.movies import load_movies
from models.sources.networks import NETWORKS, read_network
from models.sources.planetoid import load_planetoid
from models.sources.rows import DELIMITERS, format_suffix, line_of_row
from models.sources.tables import EdgeTable, NodeTable

_PARQUET = ".parquet"
_FEATURE_READERS = {
    _PARQUET: read_parquet_features,
    ".npz": read_npz_features,
    **dict.fromkeys(DELIMITERS, read_features),
}


def load_graph(
    *,
    edges: Path | None = None,
    sql: str | None = None,
    features: Path | None = None,
    dataset: str | None = None,
    root: Path | None = None,
    source: str = "source",
    target: str = "target",
    weight: str | None = None,
    header: bool = True,
) -> Graph:
    """Read a graph from exactly one of `edges`, `sql` and `dataset`.

    With a feature table the nodes stand in its order, and those without links stay; without one they stand in the
    order in which the links name them, or a graph file lists them. The table goes before numbers in a graph file.

    Args:
        edges: a .csv, .tsv or .tab file with one link a row, or a .graphml, .gml or .json file, all also with .gz
            behind the name; or a .parquet file.
        sql: one SELECT over local files, see `read_sql_edges`.
        features: a .csv, .tsv, .tab (.gz), .parquet or .npz file with one node a row; goes with `edges` or `sql`.
        dataset: "movies" or "planetoid:<Name>".
        root: the folder with the files of Planetoid.
        source: column of `edges`, see `read_edges`; so are target, weight and header.
        target: the other end.
        weight: the weights; None takes the column "weight" if there is one.
        header: whether the first row of `edges` names its columns.

    Raises:
        DataError: the arguments contradict each other, a file can't be used, a linked node has no features, or no
            edge is left.
    """
    if dataset is not None:
        if edges is not None or sql is not None or features is not None:
            raise DataError(
                "graph: expected --dataset alone, found --edges, --sql or --features beside it; drop one of them"
            )
        return _dataset(dataset, root)
    links = _links(edges, sql, source, target, weight, header=header)
    what = edges or "--sql"
    ids, pairs = links.ids, links.pairs
    x: Float32 | CSR | None = links.features
    if features is not None:
        nodes = _features(features)
        ids, pairs, x = nodes.ids, _rows_among(nodes.ids, links, what, header=header), nodes.features
    try:
        return replace(Graph.from_pairs(ids, pairs, links.weights, x), notes=links.notes)
    except DataError as error:
        raise DataError(f"{what}: {error}") from None


def _dataset(dataset: str, root: Path | None) -> Graph:
    """A graph that has a name."""
    kind, _, name = dataset.partition(":")
    if dataset == "movies":
        return load_movies()
    if kind != "planetoid":
        raise DataError(f"--dataset: expected 'movies' or 'planetoid:<Name>', found {dataset!r}; mend the name")
    if root is None:
        raise DataError(f"--root: expected the folder that holds the files of {dataset!r}, found none; give --root")
    return load_planetoid(name, root)


def _links(
    edges: Path | None, sql: str | None, source: str, target: str, weight: str | None, *, header: bool
) -> EdgeTable:
    """The links of whichever is given."""
    if edges is not None and sql is None:
        return _file_links(edges, source, target, weight, header=header)
    if sql is None or edges is not None:
        found = "neither" if sql is None else "both --edges and --sql"
        raise DataError(f"graph: expected one of --edges, --sql and --dataset, found {found}; give one of them")
    if not header:
        raise DataError("--sql: expected named columns, found --no-header; drop it and name them with AS")
    return read_sql_edges(sql, source=source, target=target, weight=weight)


def _file_links(path: Path, source: str, target: str, weight: str | None, *, header: bool) -> EdgeTable:
    """The links, by the suffix of the file's name."""
    suffix = format_suffix(path)
    if not header and suffix in (_PARQUET, *NETWORKS):
        raise DataError(f"{path}: expected .csv, .tsv or .tab beside --no-header, found {suffix!r}; drop it")
    if suffix == _PARQUET:
        return read_parquet_edges(path, source=source, target=target, weight=weight)
    if suffix in NETWORKS:
        if (source, target) != ("source", "target"):
            raise DataError(f"{path}: expected a table beside --source and --target, found {suffix!r}; drop them")
        return read_network(path, weight=weight)
    if suffix not in DELIMITERS:
        legal = ", ".join([*DELIMITERS, _PARQUET, *NETWORKS])
        raise DataError(f"{path}: expected a name that ends in {legal}, found {suffix!r}; rename it")
    return read_edges(path, source=source, target=target, weight=weight, header=header)


def _features(path: Path) -> NodeTable:
    """The feature table, by the suffix of its name."""
    read = _FEATURE_READERS.get(format_suffix(path))
    if read is None:
        legal = ", ".join(_FEATURE_READERS)
        raise DataError(f"{path}: expected a name that ends in {legal}, found {format_suffix(path)!r}; rename it")
    return read(path)


def _rows_among(ids: list[str], links: EdgeTable, edges: Path | str, *, header: bool) -> Int64:
    """`links.pairs` as rows of `ids`, int64 (m, 2)."""
    row_of = {node: row for row, node in enumerate(ids)}
    rows = np.array([row_of.get(node, -1) for node in links.ids], np.int64)
    pairs = rows[links.pairs]
    linked = np.unique(links.pairs)
    unknown = [links.ids[node] for node in linked[rows[linked] < 0]]
    if unknown:
        place = _place(edges, int((pairs < 0).any(axis=1).argmax()), header=header)
        named = ", ".join(map(repr, unknown[:5])) + (", ..." if len(unknown) > 5 else "")
        raise DataError(
            f"{edges}, {place}: link: expected nodes with a row of features, "
            f"found {len(unknown):,} without: {named}; add their rows to --features"
        )
    return pairs


def _place(path: Path | str, row: int, *, header: bool) -> str:
    """Where link `row` (from 0) stands in its file or, for a str, in the result of a query."""
    if isinstance(path, str) or format_suffix(path) == _PARQUET:
        return f"row {row + 1}"
    if format_suffix(path) in DELIMITERS:
        return f"line {line_of_row(path, row, header=header)}"
    return f"link {row + 1}"
