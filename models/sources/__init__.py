"""Files, SQL queries and built-in datasets, read into a `Graph`.

`formats` reads files, a module each; `links` reads the links of a file or a query; `datasets` are graphs that exist already;
`writing` writes features. Here links and features meet: which node is which row, how columns become features, and what may be
missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from os import PathLike
from pathlib import Path

from latentlink.models.errors import DataError, LatentlinkError
from latentlink.models.evaluation.structure import structure_notes
from latentlink.models.graph.graph import Graph
from latentlink.models.sources.datasets import load_dataset
from latentlink.models.sources.encoding import Encoded, encode, without_features
from latentlink.models.sources.filter_columns import columns_of_features, columns_of_parts, names_in
from latentlink.models.sources.formats.tables import EdgeColumns, EdgeTable
from latentlink.models.sources.kinds import require_kinds_apart
from latentlink.models.sources.links import read_links
from latentlink.models.sources.node_columns import prepared
from latentlink.models.sources.node_tables import Part, joined, linked, named_in, read_parts, require_all, require_one
from latentlink.models.sources.node_types import Beside, require_two, typed_by_column
from latentlink.models.sources.relations import parts_of, relations_of, require_relational, triple_notes
from latentlink.models.sources.report import of_links, of_nodes
from latentlink.models.sources.several_files import together


def load_graph(
    *,
    edges: str | PathLike[str] | Mapping[str, str | PathLike[str]] | None = None,
    sql: str | None = None,
    features: str | PathLike[str] | Mapping[str, str | PathLike[str]] | None = None,
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
    With tables of types the nodes of the source type stand before those of the target type.

    Args:
        edges: a .csv, .tsv or .tab file with one link a row, or a .graphml, .gml or .json file, all also with .gz
            behind the name; or a .parquet, .arrow or .feather file. Or a table for each relation, by its name.
        sql: one SELECT over local files, see `read_sql_edges`.
        features: a .csv, .tsv, .tab (.gz), .parquet, .arrow, .feather, .npz or .npy file with one node a row; goes with `edges`
            or `sql`. Or such a file for each of some types, by the names of `source_type` and `target_type`: features are then
            those of a type, and 0 on nodes of the other.
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
    files, tables, root = _by_name(edges), _by_name(features), None if root is None else Path(root)
    filtered = [] if filter_columns is None else names_in(filter_columns)
    if dataset is not None:
        others = {
            "--edges": files,
            "--sql": sql,
            "--features": tables,
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
        return _described(replace(graph, columns=columns_of_features(dataset, graph, filtered), time_column=time))
    by_file = any(relation is not None for relation in files)
    what = " and ".join(map(str, files.values())) if by_file else files.get(None, "--sql")
    with _teaching(" and ".join(map(str, (what, *tables.values())))):
        columns = EdgeColumns(source, target, weight, time, relation_column, split_column)
        require_relational(relation_column, by_file, source_type, type_column, weight, time)
        relational = by_file or relation_column is not None
        leading = directed or relational
        beside = Beside(leading, type_column is not None, None in tables)
        types = require_two(source_type, target_type, beside, [kind for kind in tables if kind is not None])
        require_one(tables, missing=missing)

        def read(path: Path | None, relation: str | None = None) -> EdgeTable:
            given = (path, sql, columns, types, beside, relation)
            return read_links(*given, header=header, one_kind=one_kind, strip_ids=strip_ids)

        several = [(path, read(path, relation)) for relation, path in files.items() if by_file]
        if not one_kind:
            require_kinds_apart(several)
        links = together(several) if several else read(files.get(None))
        parts = read_parts(links, what, tables, strip=strip_ids)
        links = linked(links, parts, what, header=header) if tables else links
        filters = columns_of_parts(parts, filtered)
        if type_column is not None:
            [part] = parts
            nodes, types_of = typed_by_column(str(part.what), part.nodes, type_column, links.pairs)
            links, parts = replace(links, types=types_of), [replace(part, nodes=nodes)]
        parts = [
            replace(part, nodes=prepared(str(part.what), part.nodes, named))
            for part, named in named_in(parts, categories, "--category")
        ]
        encoded = [encode(part.nodes) for part in parts]
        if relational:
            encoded = [without_features(one) for one in encoded]
        if not missing:
            for part, features_of in zip(parts, encoded, strict=True):
                require_all(part, features_of)
        graph = _joined(str(what), links, parts, encoded, directed=directed)
        return _described(replace(graph, columns=filters, time_column=time))


def _by_name(
    given: str | PathLike[str] | Mapping[str, str | PathLike[str]] | None,
) -> Mapping[str | None, Path]:
    """The files by relation, or by the type of their nodes; one of all under None."""
    if isinstance(given, Mapping):
        return {name: Path(path) for name, path in given.items()}
    return {} if given is None else {None: Path(given)}


def _described(graph: Graph) -> Graph:
    """With notes on what its structure means."""
    return replace(graph, notes=(*graph.notes, *structure_notes(graph)))


def _joined(
    what: str, links: EdgeTable, parts: Sequence[Part], encoded: Sequence[Encoded], *, directed: bool = False
) -> Graph:
    """The links of `what` between the nodes of the parts, with their features, and how all were read."""
    features, preprocessing = joined(parts, encoded)
    try:
        graph = Graph.from_pairs(
            links.ids,
            links.pairs,
            links.weights,
            features,
            links.times,
            links.types,
            directed=directed,
            relations=relations_of(links),
            parts=parts_of(links.labels.get("split")),
        )
    except DataError as error:
        raise DataError(f"{what}: {error}") from None
    both = [*zip(parts, encoded, strict=True)]
    return replace(
        graph,
        notes=(*links.notes, *triple_notes(links), *(note for part, own in both for note in _notes(part, own))),
        preprocessing=preprocessing,
        readings=(
            *of_links(what, links, typed=parts[0].nodes.typed_by is None),
            *(reading for part, own in both for reading in of_nodes(part, own)),
        ),
    )


def _notes(part: Part, encoded: Encoded) -> Iterator[str]:
    """Those on a node table; of several, each with its file."""
    for note in (*part.nodes.notes, *encoded.notes):
        yield note if part.kind is None else f"{part.what}: {note}"


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
