"""`latentlink check`: how data are read, without a training."""

from pathlib import Path
from typing import Annotated

import typer

from latentlink.app.cli.data_options import (
    DATA,
    Categories,
    Dataset,
    Features,
    Header,
    OneKind,
    Root,
    Source,
    Sql,
    StripIds,
    Target,
    Weight,
    data_name,
)
from latentlink.app.cli.report import describe, reading_lines
from latentlink.app.cli.training.job import extra_train, warn


def check(
    file: Annotated[Path | None, typer.Argument(help="Edges, as --edges of `latentlink train`.")] = None,
    sql: Sql = None,
    features: Features = None,
    dataset: Dataset = None,
    root: Root = None,
    source: Source = "source",
    target: Target = "target",
    weight: Weight = None,
    time_column: Annotated[
        str | None, typer.Option(help="Column with the time of each edge.", rich_help_panel=DATA)
    ] = None,
    header: Header = True,
    one_kind: OneKind = False,
    strip_ids: StripIds = False,
    category: Categories = None,
) -> None:
    """Read data as `latentlink train` does, and print how: columns, weights, the first link, and what is dropped.

    Values may be missing, as for `--model ae`.
    """
    name = data_name(file, sql, dataset)
    with extra_train():
        from latentlink.models.sources import load_graph

        graph = load_graph(
            edges=file,
            sql=sql,
            features=features,
            dataset=dataset,
            root=root,
            source=source,
            target=target,
            weight=weight,
            time=time_column,
            header=header,
            one_kind=one_kind,
            strip_ids=strip_ids,
            categories=category or (),
            missing=True,
        )
    typer.echo("\n".join((describe(name, graph), *reading_lines(graph))))
    for note in graph.notes:
        warn(note)
