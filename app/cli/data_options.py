"""The options of `latentlink train` and `latentlink check` that say what is read, and how."""

from pathlib import Path
from typing import Annotated

import typer

from latentlink.models.errors import DataError

DATA = "Data"

Edges = Annotated[
    Path | None, typer.Option(help="Edges: CSV, TSV, Parquet, Arrow, GraphML, GML or JSON.", rich_help_panel=DATA)
]
Sql = Annotated[str | None, typer.Option(help="Edges: a SELECT over local files (DuckDB).", rich_help_panel=DATA)]
Features = Annotated[
    Path | None,
    typer.Option(help="Nodes: CSV, TSV, Parquet or Arrow with a column `node`, .npz or .npy.", rich_help_panel=DATA),
]
Dataset = Annotated[
    str | None, typer.Option(help="`movies`, `karate` (embedded) or `planetoid:NAME`.", rich_help_panel=DATA)
]
Root = Annotated[Path | None, typer.Option(help="Local root of Planetoid's files.", rich_help_panel=DATA)]
Source = Annotated[
    str, typer.Option(help="Column of an edge's first node; without a header, its place.", rich_help_panel=DATA)
]
Target = Annotated[str, typer.Option(help="Column of its second node.", rich_help_panel=DATA)]
Weight = Annotated[str | None, typer.Option(help="Column of weights; `weight` if there is one.", rich_help_panel=DATA)]
Header = Annotated[
    bool,
    typer.Option("--header/--no-header", help="Whether the first row names the columns.", rich_help_panel=DATA),
]
OneKind = Annotated[
    bool,
    typer.Option(
        "--one-kind", help="An id is the same node in both columns, whatever their names.", rich_help_panel=DATA
    ),
]
StripIds = Annotated[bool, typer.Option("--strip-ids", help="Remove blanks around ids.", rich_help_panel=DATA)]
Categories = Annotated[
    list[str] | None,
    typer.Option(
        "--category",
        help="Column of the node table whose numbers are codes of categories; may be repeated.",
        show_default=False,
        rich_help_panel=DATA,
    ),
]


def data_name(edges: Path | None, sql: str | None, dataset: str | None) -> str:
    """What a model of the data is called.

    Raises:
        DataError: no data are given.
    """
    if edges:
        name = Path(edges.name.lower().removesuffix(".gz")).stem
    else:
        name = (dataset or "").rpartition(":")[2] or ("sql" if sql else "")
    if not name:
        raise DataError("data: expected --edges FILE, --sql QUERY or --dataset NAME, found none of them")
    return name.lower()
