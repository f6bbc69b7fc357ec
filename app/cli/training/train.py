"""`latentlink train`: from a graph to a published checkpoint."""

from pathlib import Path
from typing import Annotated, Any

import typer

from latentlink.app.cli.config_file import read_config
from latentlink.app.cli.data_options import Data
from latentlink.app.cli.options import path_of, with_options_of
from latentlink.app.cli.progress import progress
from latentlink.app.cli.training.job import Job, read_task
from latentlink.app.cli.training.options import RUN, with_training_options
from latentlink.app.cli.training.processes import leader_of
from latentlink.app.cli.training.run import run
from latentlink.models.errors import DataError

Config = Annotated[
    Path | None,
    typer.Option(
        help="TOML file of these options; options on the command line take precedence.",
        parser=path_of("--config"),
        callback=read_config,
        is_eager=True,
        rich_help_panel=RUN,
    ),
]


def _require_pca(method: str) -> None:
    if method != "pca":
        raise DataError(
            f"--map: expected pca, found {method!r}; --map umap is no longer here: lay out GET …/embeddings with umap-learn"
        )


@with_training_options
@with_options_of(data=Data, job=Job)
def train(
    data: Data,
    job: Job,
    map_method: Annotated[str, typer.Option("--map", hidden=True)] = "pca",
    config: Config = None,  # noqa: ARG001 - read by its callback, before the others
    *,
    context: typer.Context,
    **settings: Any,
) -> None:
    """Train an autoencoder on a graph and publish a checkpoint.

    Edges come from --edges, --sql or --dataset; metrics are of a leak-free split.
    """
    _require_pca(map_method)
    with progress(bar=not job.as_json) as watcher:
        run(read_task(data, job, settings, watcher), job, watcher, leader_of(context))
