"""Files, SQL queries and built-in datasets, read into a `Graph`.

`formats` reads files, a module each; `links` reads the links of a file or a query; `datasets` are graphs that exist already;
`writing` writes features. Here links and features meet: which node is which row, how columns become features, and what may be
missing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from os import PathLike
from pathlib import Path

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.errors import DataError, LatentlinkError
from latentlink.models.evaluation.structure import structure_notes
from latentlink.models.graph.graph import Graph
from latentlink.models.sources.datasets import load_dataset
from latentlink.models.sources.encoding import Encoded, encode, without_features
from latentlink.models.sources.filter_columns import columns_of_features, columns_of_table, names_in
from latentlink.models.sources.formats import FORMATS
from latentlink.models.sources.formats.rows import format_suffix, line_of_row
from latentlink.models.sources.formats.tables import EdgeColumns, EdgeTable, NodeTable
from latentlink.models.sources.formats.unread import conversion
from latentlink.models.sources.ids import checked_nodes
from latentlink.models.sources.links import read_links
from latentlink.models.sources.node_columns import prepared
from latentlink.models.sources.node_types import Beside, require_two, typed_by_column
from latentlink.models.sources.relations import loop_notes, parts_of, relations_of, require_relational
from latentlink.models.sources.report import of_links, of_nodes
from latentlink.models.wording import listed_names


def load_graph(
    *,
    edges: str | PathLike[str] | None = None,
    sql: str | None = None,
    features: str | PathLike[str] | None = None,
    dataset: str | None = None,
    root: str | PathLike[str] | None = None,
    source: str = "source",
    target: str = "target",
    weight: str | None = None,
    time: str | None = None,
    header: bool = True,
    directed: bool = False,
    one_kind: bool = False,
    strip_ids: bool = False,
    categories: Sequence[str] = (),
    filter_columns: str | None = None,
    source_type: str | None = None,
    target_type: str | None = None,
    type_column: str | None = None,
    relation_column: str | None = None,
    split_column: str | None = None,
    missing: bool = False,
) -> Graph:
    """Read a graph from exactly one of `edges`, `sql` and `dataset`, and say how, in `Graph.readings` and `Graph.notes`.

    With a feature table the nodes stand in its order, and those without links stay; without one they stand in the
    order in which the links name them, or a graph file lists them. The table takes precedence over attributes in a graph file.

    Args:
        edges: a .csv, .tsv or .tab file with one link a row, or a .graphml, .gml or .json file, all also with .gz
            behind the name; or a .parquet, .arrow or .feather file.
        sql: one SELECT over local files, see `read_sql_edges`.
        features: a .csv, .tsv, .tab (.gz), .parquet, .arrow, .feather, .npz or .npy file with one node a row; goes with `edges`
            or `sql`.
        dataset: "karate", "movies", "films" or "planetoid:<Name>".
        root: the folder with the files of Planetoid.
        source: column of `edges`, see `read_edges`; so are target, weight, time and header.
        target: the other end.
        weight: the weights; None takes the column "weight" if there is one.
        time: when each edge came to be: its column; "year" of the dataset "movies".
        header: whether the first row of `edges` names its columns; without one, columns are called by their places from 1.
        directed: whether a link leads from its source to its target, and not back.
        one_kind: whether an id is the same node in both columns of links, though their names say two kinds.
        strip_ids: whether blanks around ids are removed; else they are an error.
        categories: columns of the node table whose numbers are codes of categories.
        filter_columns: names of columns of the node table, with commas between them, by which searches filter.
        source_type: the type of the nodes at the first end of links, such as "user"; an id at the other end is another node.
        target_type: the type of those at the other end.
        type_column: column of the node table with the type of each node; types that have links may be linked.
        relation_column: column of `edges` with the relation of each link, which then is directed.
        split_column: column of `edges` with the part of the split, train, valid or test, that each link is of.
        missing: whether a feature may be missing, NaN; models of the graph take none, models of features complete it.

    Raises:
        DataError: the arguments contradict each other, a file can't be used, an id stands for nodes of two kinds, a linked node
            has no features, a feature is missing, or no edge is left.
    """
    edges, features, root = map(_path, (edges, features, root))
    filtered = [] if filter_columns is None else names_in(filter_columns)
    if dataset is not None:
        others = {
            "--edges": edges,
            "--sql": sql,
            "--features": features,
            "--category": categories,
            "--directed": directed,
            "--source-type": source_type,
            "--target-type": target_type,
            "--type-column": type_column,
            "--relation-column": relation_column,
            "--split-column": split_column,
        }
        if found := [option for option, given in others.items() if given]:
            raise DataError(f"graph: expected --dataset alone, found {', '.join(found)} beside it; drop one of them")
        graph = load_dataset(dataset, root, time)
        return _described(replace(graph, columns=columns_of_features(dataset, graph, filtered)))
    what = edges or "--sql"
    with _teaching(str(what) if features is None else f"{what} and {features}"):
        columns = EdgeColumns(source, target, weight, time, relation_column, split_column)
        require_relational(relation_column, source_type, type_column, weight, time)
        leading = directed or relation_column is not None
        beside = Beside(leading, type_column is not None, features is not None)
        types = require_two(source_type, target_type, beside)
        links = read_links(
            edges, sql, columns, header=header, one_kind=one_kind, strip_ids=strip_ids, types=types, beside=beside
        )
        nodes = NodeTable(
            links.ids,
            links.columns,
            form=links.layout.form,
            left_out=links.left_out,
            booleans=links.booleans,
        )
        if features is not None:
            nodes = checked_nodes(str(features), _features(features), strip=strip_ids)
            links = replace(links, pairs=_rows_among(nodes, links, what, header=header))
        table = str(features or what)
        filters = columns_of_table(table, nodes, filtered)
        if type_column is not None:
            nodes, types_of = typed_by_column(table, nodes, type_column, links.pairs)
            links = replace(links, types=types_of)
        nodes = prepared(table, nodes, categories)
        encoded = encode(nodes)
        if relation_column is not None:
            encoded = without_features(encoded)
        if not missing:
            _require_all(features or edges, nodes, encoded)
        return _described(replace(_joined(str(what), links, table, nodes, encoded, directed=directed), columns=filters))


def _path(given: str | PathLike[str] | None) -> Path | None:
    """The readers tell a file, a `Path`, from a query, a `str`."""
    return None if given is None else Path(given)


def _described(graph: Graph) -> Graph:
    """With notes on what its structure means."""
    return replace(graph, notes=(*graph.notes, *structure_notes(graph)))


def _joined(
    what: str, links: EdgeTable, table: str, nodes: NodeTable, encoded: Encoded, *, directed: bool = False
) -> Graph:
    """The links of `what` between the rows of the node table `table`, with its features, and how both were read."""
    try:
        graph = Graph.from_pairs(
            nodes.ids,
            links.pairs,
            links.weights,
            encoded.features,
            links.times,
            links.types,
            directed=directed,
            relations=relations_of(links),
            parts=parts_of(what, links.labels.get("split")),
        )
    except DataError as error:
        raise DataError(f"{what}: {error}") from None
    return replace(
        graph,
        notes=(*links.notes, *loop_notes(links), *nodes.notes, *encoded.notes),
        preprocessing=encoded.preprocessing,
        readings=(
            of_links(what, replace(links, ids=nodes.ids), typed=nodes.typed_by is None),
            *of_nodes(table, nodes, encoded),
        ),
    )


@contextmanager
def _teaching(what: str) -> Iterator[None]:
    """No error of Python's reaches the user: a file may be wrong in a way that no reader knows."""
    try:
        yield
    except (LatentlinkError, ImportError):
        raise
    except MemoryError:
        raise DataError(f"{what}: expected a graph that fits into memory, found a larger one; read a part") from None
    except OSError as error:
        raise DataError(f"{what}: expected readable files, found {error.strerror!r}; check the paths") from error
    except Exception as error:
        raise DataError(
            f"{what}: expected data as the documentation of its format describes them, found something that the reader does not "
            "know; write the links as CSV with the columns source and target, and report the file"
        ) from error


def _features(path: Path) -> NodeTable:
    """The feature table, by the suffix of its name."""
    suffix = format_suffix(path)
    read = FORMATS[suffix].read_features if suffix in FORMATS else None
    if read is None:
        legal = ", ".join(name for name, kind in FORMATS.items() if kind.read_features)
        way = conversion(path) or "write the table as one of these"
        raise DataError(f"{path}: expected a name that ends in {legal}, found {suffix!r}; {way}")
    return read(path)


def _require_all(table: Path | None, nodes: NodeTable, encoded: Encoded) -> None:
    """No cell of a column that is used is empty."""
    if table is not None and (cell := encoded.first_missing()):
        row, column = cell
        links = FORMATS[format_suffix(table)].unit == "link"
        place = f"node {nodes.ids[row]!r}" if links else _place(table, row, header=True)
        raise DataError(
            f"{table}, {place}: {column}: expected a value, found none; fill it, or train with --model ae or --model vae, "
            "which complete missing values"
        )


def _rows_among(nodes: NodeTable, links: EdgeTable, edges: Path | str, *, header: bool) -> Int64:
    """`links.pairs` as rows of `nodes`, int64 (m, 2)."""
    row_of = {node: row for row, node in enumerate(nodes.ids)}
    rows = np.array([row_of.get(node, -1) for node in links.ids], np.int64)
    pairs = rows[links.pairs]
    linked = np.unique(links.pairs)
    unknown = [links.ids[node] for node in linked[rows[linked] < 0]]
    if unknown:
        place = _place(edges, int((pairs < 0).any(axis=1).argmax()), header=header)
        named = listed_names(unknown)
        way = "" if nodes.key in (None, "node") else f", or name the column of ids 'node' if it isn't {nodes.key!r}"
        raise DataError(
            f"{edges}, {place}: link: expected nodes with a row of features, "
            f"found {len(unknown):,} without: {named}; add their rows to --features{way}"
        )
    return pairs


def _place(path: Path | str, row: int, *, header: bool) -> str:
    """Where row `row` (from 0) stands in its file or, for a str, in the result of a query."""
    unit = "row" if isinstance(path, str) else FORMATS[format_suffix(path)].unit
    number = line_of_row(Path(path), row, header=header) if unit == "line" else row + 1
    return f"{unit} {number}"
