"""`read_graph`: what Python calls to read a graph of anything."""

from collections.abc import Sequence
from os import PathLike

from latentlink.models.errors import python_names
from latentlink.models.graph.graph import Graph
from latentlink.models.option_names import READ_GRAPH
from latentlink.models.sources import load_graph


def read_graph(
    links: object = None,
    *,
    nodes: object = None,
    sql: str | None = None,
    database: str | None = None,
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
    source_type: str | None = None,
    target_type: str | None = None,
    type_column: str | None = None,
    relation_column: str | None = None,
    split_column: str | None = None,
    categories: Sequence[str] = (),
    numeric: Sequence[str] = (),
    ignore: Sequence[str] = (),
    filter_columns: Sequence[str] = (),
    missing: bool = False,
) -> Graph:
    """Read a graph of links in memory or in a file, by the rules and with the checks of `latentlink check`.

    Links are one of

    - a path, as of `--edges`;
    - a frame of pandas, polars, pyarrow or DuckDB, or any object with `__arrow_c_stream__`, with one link a row;
    - a list of pairs, or of triples with a weight each; an array (E, 2) of ids, texts or whole numbers;
    - a graph of networkx, with attributes of nodes and links;
    - a sparse matrix of SciPy, whose entries are weights; `nodes` may name its rows;
    - a `Data` of PyTorch Geometric: `edge_index`, `edge_weight` or a 1-d `edge_attr` as weights, `x` as features, taken as they
      are, and `node_id`; or a `HeteroData`: of edges of one type a graph of two types of nodes, of several a relation of each;
    - a dict of one of these for each relation.

    Row i of a matrix, a `Data` or an array of nodes is called "i" where nothing names it. Messages count rows in memory from 0.

    Args:
        links: the links; or give `sql`, one SELECT over local files, or `dataset`, the name of a built-in graph.
        nodes: the node table: a path, a query, or a frame with the ids in the column `node` or `id`; an array or a sparse matrix
            (N, F) of numbers; a list of ids; or one of these for each type of nodes, as a dict.
        sql: the links as the result of a query, such as `SELECT a AS source, b AS target FROM 'trips.parquet'`.
        database: the URL of a database in which `sql`, and `nodes` that is a query, run.
        dataset: "karate", "movies", "films" or "planetoid:<Name>".
        root: the folder with the files of Planetoid.
        source: column of one end of each link.
        target: column of the other end.
        weight: column or attribute of the weights, numbers > 0; None takes "weight" if there is one.
        time: column or attribute of the times: numbers, or dates, which become seconds since 1970.
        header: whether the first row of a text of links names its columns; None finds out.
        delimiter: what stands between the fields of texts; None finds out.
        encoding: that of texts; None is UTF-8.
        format: of a file of links, as a suffix such as "csv" or "tsv.gz"; None takes that of the path.
        directed: whether a link leads from its source to its target, and not back.
        one_kind: whether an id is the same node in both columns, though their names say two kinds.
        strip_ids: whether blanks around ids are removed; else they are an error.
        source_type: the type of the nodes at the first end of links, such as "user"; an id at the other end is another node.
        target_type: the type of those at the other end.
        type_column: column of the node table, or attribute of nodes, with their types.
        relation_column: column of the relation of each link, which then is directed.
        split_column: column with the part of the split that each link is of: train, valid or test.
        categories: columns of the node table whose numbers are codes of categories.
        numeric: columns of the node table whose texts or codes are numbers.
        ignore: columns of the node table that are no features.
        filter_columns: columns of the node table by which searches filter.
        missing: whether a feature may be missing, NaN, as models of features alone, "ae" and "vae", allow.

    Returns:
        The graph, with its nodes in the order of the node table, or of what lists them beside the links, or else in the order
        of the links. `Graph.readings` and `Graph.notes` say how all was read.

    Raises:
        DataError: something can't be used; the message says where, as in `links, row 5: weight: …`, and what to do.

    Examples:
        >>> read_graph([("ann", "bob"), ("bob", "cem")], nodes=["ann", "bob", "cem", "dan"]).ids
        ['ann', 'bob', 'cem', 'dan']
    """
    with python_names(READ_GRAPH):
        return load_graph(
            edges=links,
            features=nodes,
            sql=sql,
            database=database,
            dataset=dataset,
            root=root,
            source=source,
            target=target,
            weight=weight,
            time=time,
            header=header,
            delimiter=delimiter,
            encoding=encoding,
            format=format,
            directed=directed,
            one_kind=one_kind,
            strip_ids=strip_ids,
            source_type=source_type,
            target_type=target_type,
            type_column=type_column,
            relation_column=relation_column,
            split_column=split_column,
            categories=categories,
            numeric=numeric,
            ignore=ignore,
            filter_columns=filter_columns,
            missing=missing,
        )
