"""Files, SQL queries, objects in memory and built-in datasets, read into a `Graph`.

`formats` reads files, a module each, and `memory` objects of other libraries; `links` reads the links of any of them; `datasets`
are graphs that exist already; `writing` writes features. Here links and features meet: which node is which row, how columns
become features, and what may be missing.
"""

from collections.abc import Iterator, Sequence
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
from latentlink.models.sources.formats.names import found
from latentlink.models.sources.formats.tables import EdgeColumns, EdgeTable, TextOptions
from latentlink.models.sources.links import read_links
from latentlink.models.sources.links.kinds import require_kinds_apart
from latentlink.models.sources.links.several_files import together
from latentlink.models.sources.node_columns import OPTIONS, prepared
from latentlink.models.sources.node_tables import (
    Files,
    Part,
    joined,
    linked,
    named_in,
    read_parts,
    require_all,
    require_one,
)
from latentlink.models.sources.node_types import Beside, require_two, typed_by_column
from latentlink.models.sources.origins.given import origins
from latentlink.models.sources.relations import parts_of, relations_of, require_relational, triple_notes
from latentlink.models.sources.report import of_links, of_nodes


def load_graph(
    *,
    edges: object = None,
    sql: str | None = None,
    database: str | None = None,
    features: object = None,
    dataset: str | None = None,
    root: str | PathLike[str] | None = None,
    source: str = "source",
    target: str = "target",
    weight: str | None = None,
    time: str | None = None,
    header: bool | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    format: str | None = None,  # noqa: A002 - the option's name
    directed: bool = False,
    one_kind: bool = False,
    strip_ids: bool = False,
    categories: Sequence[str] = (),
    numeric: Sequence[str] = (),
    ignore: Sequence[str] = (),
    filter_columns: str | Sequence[str] | None = None,
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
        edges: a file of one of the formats of `models.file_formats` that hold links, or "-", standard input; or an object, see
            `read_graph`; or such a table for each relation, by its name.
        sql: one SELECT over local files, or over tables of `database`, see `read_sql_edges`.
        database: the URL of a database in which `sql`, and `features` that is a query, run.
        features: a file of one of these formats with one node a row, one SELECT, or an object; goes with `edges` or `sql`. Or
            such a table for each of some types, by the names of `source_type` and `target_type`: features are then those of a
            type, and 0 on nodes of the other.
        dataset: "karate", "movies", "films" or "planetoid:<Name>".
        root: the folder with the files of Planetoid.
        source: column of `edges`, see `read_edges`; so are target, weight, time and header.
        target: the other end.
        weight: the weights; None takes the column "weight" if there is one.
        time: when each edge came to be: its column; "year" of the dataset "movies".
        header: whether the first row of `edges` names its columns; without one, columns are called by their places from 1. None
            finds out.
        delimiter: what stands between the fields of texts; None finds out.
        encoding: that of texts; None is UTF-8.
        format: of `edges`, as the suffix of a file, such as "csv" or "tsv.gz"; None takes that of the path.
        directed: whether a link leads from its source to its target, and not back.
        one_kind: whether an id is the same node in both columns of links, though their names say two kinds.
        strip_ids: whether blanks around ids are removed; else they are an error.
        categories: columns of the node table whose numbers are codes of categories.
        numeric: columns of the node table whose texts are numbers.
        ignore: columns of the node table that are no features.
        filter_columns: names of columns of the node table by which searches filter; or a text with commas between them.
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
    filtered = names_in(filter_columns) if isinstance(filter_columns, str) else list(filter_columns or ())
    if dataset is not None:
        others = {
            "--edges": edges is not None,
            "--sql": sql,
            "--database": database,
            "--features": features is not None,
            "--category": categories,
            "--numeric": numeric,
            "--ignore": ignore,
            "--delimiter": delimiter,
            "--encoding": encoding,
            "--format": format,
            "--directed": directed,
            "--source-type": source_type,
            "--target-type": target_type,
            "--type-column": type_column,
            "--relation-column": relation_column,
            "--split-column": split_column,
        }
        if unused := [option for option, given in others.items() if given]:
            raise DataError(f"graph: expected --dataset alone, found {', '.join(unused)} beside it; drop one of them")
        graph = load_dataset(dataset, None if root is None else Path(root), time)
        return _described(replace(graph, columns=columns_of_features(dataset, graph, filtered), time_column=time))
    unread = tuple(name for name in ignore if found(name, filtered) is None)
    text = TextOptions(header, delimiter, encoding, unread)
    with (
        _teaching("graph"),
        origins(edges, sql, features, database, text, format) as (given, tables),
        _teaching(" and ".join(map(str, (*given.values(), *tables.values())))),
    ):
        by_file, what = None not in given, " and ".join(map(str, given.values()))
        if not by_file:
            tables = tables or given[None].tables()
            if source_type is None and target_type is None:
                source_type, target_type = given[None].types() or (None, None)
        columns = EdgeColumns(source, target, weight, time, relation_column, split_column)
        kinds = [kind for kind in tables if kind is not None]
        require_relational(relation_column, by_file, source_type, type_column, weight, time, kinds)
        relational = by_file or relation_column is not None
        leading = directed or relational
        beside = Beside(leading, type_column is not None, None in tables)
        types = require_two(source_type, target_type, beside, kinds)
        require_one(tables, missing=missing)
        ends = [tables.get(kind) for kind in types or (None, None)]
        several = [
            (origin, read_links(origin, columns, types, beside, relation, one_kind=one_kind, strip_ids=strip_ids))
            for relation, origin in ((relation, origin.named(*ends)) for relation, origin in given.items())
        ]
        if by_file and not one_kind:
            require_kinds_apart(several)
        [(origin, links), *_] = several
        links = together(several) if by_file else links
        parts = read_parts(links, what if by_file else origin, tables, strip=strip_ids)
        links = linked(links, parts, several) if tables else links
        filters = columns_of_parts(parts, filtered)
        if type_column is not None:
            [part] = parts
            nodes, types_of = typed_by_column(str(part.origin), part.nodes, type_column, links.pairs)
            links, parts = replace(links, types=types_of), [replace(part, nodes=nodes)]
        options = dict(zip(OPTIONS, (categories, numeric, ignore), strict=True))
        parts = [
            replace(part, nodes=prepared(str(part.origin), part.nodes, named))
            for part, named in named_in(parts, options)
        ]
        encoded = [encode(part.nodes) for part in parts]
        if relational:
            encoded = [without_features(one) for one in encoded]
        if not missing:
            for part, features_of in zip(parts, encoded, strict=True):
                require_all(part, features_of)
        several = several if by_file else [(origin, links)]
        graph = _joined(several, links, parts, encoded, directed=directed)
        return _described(replace(graph, columns=filters, time_column=time))


def _described(graph: Graph) -> Graph:
    """With notes on what its structure means."""
    return replace(graph, notes=(*graph.notes, *structure_notes(graph)))


def _joined(
    files: Files, links: EdgeTable, parts: Sequence[Part], encoded: Sequence[Encoded], *, directed: bool
) -> Graph:
    """The links of some files between the nodes of the parts, with their features, and how all were read."""
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
        raise DataError(f"{' and '.join(str(origin) for origin, _ in files)}: {error}") from None
    both = [*zip(parts, encoded, strict=True)]
    return replace(
        graph,
        notes=(*links.notes, *triple_notes(links), *(note for part, own in both for note in _notes(part, own))),
        preprocessing=preprocessing,
        readings=(
            *(of_links(str(origin), own, typed=parts[0].nodes.typed_by is None) for origin, own in files),
            *(reading for part, own in both for reading in of_nodes(part, own)),
        ),
    )


def _notes(part: Part, encoded: Encoded) -> Iterator[str]:
    """Those on a node table; of several, each with its file."""
    for note in (*part.nodes.notes, *encoded.notes):
        yield note if part.kind is None else f"{part.origin}: {note}"


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
