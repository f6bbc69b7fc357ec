"""`latentlink train`: from a graph to a published checkpoint."""

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from latentlink.app.cli.config_file import read_config
from latentlink.app.cli.data_options import (
    Categories,
    Dataset,
    Edges,
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
from latentlink.app.cli.options import STORE, Store
from latentlink.app.cli.report import describe, reading_lines
from latentlink.app.cli.training_job import Job, extra_train, run, warn
from latentlink.app.cli.training_options import RUN, with_training_options
from latentlink.app.http.fields import field_errors
from latentlink.models.checkpoint.publish import require_name
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError


def _require_pca(method: str) -> str:
    if method != "pca":
        raise DataError(
            f"--map: expected pca, found {method!r}; --map umap is no longer here: lay out GET …/embeddings with umap-learn"
        )
    return method


@with_training_options
def train(
    edges: Edges = None,
    sql: Sql = None,
    features: Features = None,
    dataset: Dataset = None,
    root: Root = None,
    source: Source = "source",
    target: Target = "target",
    weight: Weight = None,
    header: Header = True,
    one_kind: OneKind = False,
    strip_ids: StripIds = False,
    category: Categories = None,
    store_features: Annotated[
        bool,
        typer.Option(
            "--store-features/--no-store-features",
            help="Whether the checkpoint holds the features.",
            rich_help_panel=RUN,
        ),
    ] = True,
    map_method: Annotated[  # noqa: ARG001 - read by its callback
        str, typer.Option("--map", hidden=True, callback=_require_pca)
    ] = "pca",
    name: Annotated[
        str | None, typer.Option(help="Name of the model; by default that of the data.", rich_help_panel=RUN)
    ] = None,
    checkpoints: Store = STORE,
    device: Annotated[
        str,
        typer.Option(help="auto, cpu or cuda; auto: a GPU for a large graph, if there is one.", rich_help_panel=RUN),
    ] = "auto",
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="CPU threads.",
            show_default="1; for a large graph all of the cgroup's but one",
            rich_help_panel=RUN,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a killed training of this name.", rich_help_panel=RUN)
    ] = False,
    log_dir: Annotated[
        Path | None, typer.Option(help="Directory for an event file for TensorBoard.", rich_help_panel=RUN)
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one line of JSON per epoch and one for the result; text goes to standard error.",
            rich_help_panel=RUN,
        ),
    ] = False,
    config: Annotated[  # noqa: ARG001 - read by its callback, before the others
        Path | None,
        typer.Option(
            help="TOML file of these options; options on the command line take precedence.",
            callback=read_config,
            is_eager=True,
            rich_help_panel=RUN,
        ),
    ] = None,
    **settings: Any,
) -> None:
    """Train an autoencoder on a graph and publish a checkpoint.

    Edges come from --edges, --sql or --dataset; metrics are of a leak-free split.
    """
    training_config = _training_config({field: value for field, value in settings.items() if value is not None})
    name = name or data_name(edges, sql, dataset)
    require_name(name)
    with extra_train():
        from latentlink.models.sources import load_graph

        graph = load_graph(
            edges=edges,
            sql=sql,
            features=features,
            dataset=dataset,
            root=root,
            source=source,
            target=target,
            weight=weight,
            time=training_config.time_column,
            header=header,
            one_kind=one_kind,
            strip_ids=strip_ids,
            categories=category or (),
            missing=not training_config.sees_graph,
        )
    job = Job(checkpoints, name, device, threads, resume, log_dir, as_json, store_features)
    job.say("\n".join((describe(name, graph), *reading_lines(graph))))
    for note in graph.notes:
        warn(note)
    if settings["weight_decay"] and not graph.n_features:
        warn("--weight-decay: expected features, found none; without them the weights are node embeddings, not decayed")
    run(graph, training_config, job)


def _training_config(options: dict[str, object]) -> TrainingConfig:
    try:
        return TrainingConfig.model_validate(options)
    except ValidationError as error:
        first, *_ = field_errors(error.errors())
        option = first.field.replace("_", "-")
        raise DataError(f"--{option}: expected {first.expected}, found {first.found}") from None
