"""The options of `latentlink train` and `latentlink check` that say what is read, and how."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from latentlink.app.cli.named_files import by_name, stem_of
from latentlink.app.cli.options import path_of
from latentlink.models.errors import DataError
from latentlink.models.file_formats import edge_formats, is_query, node_formats

if TYPE_CHECKING:
    from latentlink.models.graph.graph import Graph

DATA = "Data"


@dataclass(frozen=True)
class Data:
    """What a command reads, and how: each field is an option of its name."""

    edges: Annotated[
        list[str] | None,
        typer.Option(
            "--edges",
            help=f"Edges: {edge_formats()}; `-` is standard input; or RELATION=FILE for each relation.",
            show_default=False,
            rich_help_panel=DATA,
        ),
    ] = None
    sql: Annotated[
        str | None,
        typer.Option(help="Edges: a SELECT over local files (DuckDB), or over --database.", rich_help_panel=DATA),
    ] = None
    database: Annotated[
        str | None,
        typer.Option(
            help="URL of a database, such as sqlite:///links.db, in which queries of --sql and --features run.",
            rich_help_panel=DATA,
        ),
    ] = None
    features: Annotated[
        list[str] | None,
        typer.Option(
            "--features",
            help=f"Nodes: {node_formats()}, tables with a column `node` or `id`; a SELECT; or TYPE=FILE for each type.",
            show_default=False,
            rich_help_panel=DATA,
        ),
    ] = None
    dataset: Annotated[
        str | None,
        typer.Option(help="`movies`, `films`, `karate` (embedded) or `planetoid:NAME`.", rich_help_panel=DATA),
    ] = None
    root: Annotated[
        Path | None,
        typer.Option(help="Local root of Planetoid's files.", parser=path_of("--root"), rich_help_panel=DATA),
    ] = None
    source: Annotated[
        str, typer.Option(help="Column of an edge's first node; without a header, its place.", rich_help_panel=DATA)
    ] = "source"
    target: Annotated[str, typer.Option(help="Column of its second node.", rich_help_panel=DATA)] = "target"
    weight: Annotated[
        str | None, typer.Option(help="Column of weights; `weight` if there is one.", rich_help_panel=DATA)
    ] = None
    header: Annotated[
        bool | None,
        typer.Option(
            "--header/--no-header",
            help="Whether the first row names the columns; by default it shows.",
            show_default=False,
            rich_help_panel=DATA,
        ),
    ] = None
    delimiter: Annotated[
        str | None,
        typer.Option(
            help="Between the fields of text: comma, tab, semicolon, bar, blanks or a character; by default it shows.",
            rich_help_panel=DATA,
        ),
    ] = None
    encoding: Annotated[
        str | None,
        typer.Option(help="Encoding of text that is not UTF-8, such as latin-1 or cp1252.", rich_help_panel=DATA),
    ] = None
    format: Annotated[
        str | None,
        typer.Option(
            help="Format of --edges, as a suffix such as csv, tsv.gz or parquet; by default that of the file.",
            rich_help_panel=DATA,
        ),
    ] = None
    directed: Annotated[
        bool,
        typer.Option(
            "--directed", help="A link leads from its source to its target, and not back.", rich_help_panel=DATA
        ),
    ] = False
    one_kind: Annotated[
        bool,
        typer.Option(
            "--one-kind", help="An id is the same node in both columns, whatever their names.", rich_help_panel=DATA
        ),
    ] = False
    strip_ids: Annotated[bool, typer.Option("--strip-ids", help="Remove blanks around ids.", rich_help_panel=DATA)] = (
        False
    )
    category: Annotated[
        list[str] | None,
        typer.Option(
            "--category",
            help="Column of the node table whose numbers are codes of categories; may be repeated.",
            show_default=False,
            rich_help_panel=DATA,
        ),
    ] = None
    numeric: Annotated[
        list[str] | None,
        typer.Option(
            "--numeric",
            help="Column of the node table whose texts or codes are numbers; may be repeated.",
            show_default=False,
            rich_help_panel=DATA,
        ),
    ] = None
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            "--ignore",
            help="Column of the node table that is no feature; may be repeated.",
            show_default=False,
            rich_help_panel=DATA,
        ),
    ] = None
    filter_columns: Annotated[
        str | None,
        typer.Option(
            help="Columns of the node table by which searches filter, separated by commas.", rich_help_panel=DATA
        ),
    ] = None

    source_type: Annotated[
        str | None,
        typer.Option(
            help="Type of the first nodes of edges, such as user; links then go to nodes of the other type alone.",
            rich_help_panel=DATA,
        ),
    ] = None
    target_type: Annotated[
        str | None, typer.Option(help="Type of the second nodes, such as item.", rich_help_panel=DATA)
    ] = None
    type_column: Annotated[
        str | None,
        typer.Option(help="Column of the node table with the type of each node.", rich_help_panel=DATA),
    ] = None

    relation_column: Annotated[
        str | None,
        typer.Option(help="Column of the relation of each edge, which then is directed.", rich_help_panel=DATA),
    ] = None
    split_column: Annotated[
        str | None,
        typer.Option(help="Column that divides the edges into train, valid and test.", rich_help_panel=DATA),
    ] = None

    @property
    def name(self) -> str:
        """What a model of the data is called.

        Raises:
            DataError: no data are given.
        """
        files = self._files
        given = [files] if isinstance(files, str) else [*(files or {}).values()]
        others = (self.dataset or "").rpartition(":")[2] or ("sql" if self.sql else "")
        name = "-".join(map(stem_of, given)) or others
        if not name:
            raise DataError("data: expected --edges FILE, --sql QUERY or --dataset NAME, found none of them")
        return name.lower()

    def load(self, time: str | None, *, missing: bool) -> "Graph":
        """The graph.

        Args:
            time: column with the time of each edge.
            missing: whether a feature may be missing.

        Raises:
            DataError: as `load_graph`.
        """
        from latentlink.models.sources import load_graph

        given = {field.name: getattr(self, field.name) for field in fields(self)}
        given |= {"categories": given.pop("category"), "edges": self._files, "features": self._tables}
        given |= {name: given[name] or () for name in ("categories", "numeric", "ignore")}
        return load_graph(**given, time=time, missing=missing)

    @property
    def relational(self) -> bool:
        """Whether links have relations."""
        return self.relation_column is not None or isinstance(self._files, dict)

    @property
    def _files(self) -> str | dict[str, str] | None:
        """The file of all links, or those of relations: RELATION=FILE, unless this is a path that exists."""

        def named(text: str) -> tuple[str, str] | None:
            relation, mark, file = text.partition("=")
            return (
                (relation, file)
                if mark and relation and file and not is_query(text) and not Path(text).exists()
                else None
            )

        expected = "one FILE, or RELATION=FILE once for each relation"
        return by_name("--edges", self.edges, named, expected, "name relations, or join the links in one --sql")

    @property
    def _tables(self) -> str | dict[str, str] | None:
        """The node table of all nodes, or those of types: TYPE=FILE, where TYPE is one of both types of the ends of links."""
        ends = [kind for kind in (self.source_type, self.target_type) if kind]

        def named(text: str) -> tuple[str, str] | None:
            return next(((kind, text[len(kind) + 1 :]) for kind in ends if text.startswith(f"{kind}=")), None)

        expected = "one FILE, or TYPE=FILE once for each type of --source-type and --target-type"
        return by_name("--features", self.features, named, expected, "correct --features, or name both types")
