"""`latentlink check`: how data are read, without a training."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from latentlink.app.cli.data_options import DATA, Data
from latentlink.app.cli.options import path_of, with_options_of
from latentlink.app.cli.report import describe
from latentlink.app.cli.training.job import warn
from latentlink.models.errors import DataError
from latentlink.models.graph.description import reading_lines
from latentlink.models.training.options import valid_config


@with_options_of(data=Data)
def check(
    data: Data,
    file: Annotated[Path | None, typer.Argument(help="Edges, as --edges.", parser=path_of("file"))] = None,
    time_column: Annotated[
        str | None, typer.Option(help="Column with the time of each edge.", rich_help_panel=DATA)
    ] = None,
    model: Annotated[
        str, typer.Option(help="ae, vae, gae or vgae, as for `latentlink train`: ae and vae take missing values.")
    ] = "vgae",
) -> None:
    """Read data as `latentlink train` does, and print how: columns, weights, the first link, and what is dropped.

    Exit with an error where `latentlink train` can't read them. What a training needs, as 10 edges to split, is not checked.
    """
    if file is not None:
        if data.edges is not None:
            raise DataError(f"--edges: expected none beside the file {file}, found {data.edges[0]}; leave out one")
        data = replace(data, edges=[str(file)])
    name = data.name
    graph = data.load(time_column, missing=not valid_config({"model": model}).sees_graph)
    typer.echo("\n".join((describe(name, graph), *reading_lines(graph.readings))))
    for note in graph.notes:
        warn(note)
