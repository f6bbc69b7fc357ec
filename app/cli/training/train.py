"""`latentlink train`: from a graph to a published checkpoint."""

from pathlib import Path
from typing import Annotated, Any

import typer

from latentlink.app.cli.config_file import read_config
from latentlink.app.cli.data_options import DATA, Data, with_data_options
from latentlink.app.cli.options import STORE, Store, json_lines
from latentlink.app.cli.progress import progress
from latentlink.app.cli.report import describe, reading_lines
from latentlink.app.cli.training.job import Job, run, warn
from latentlink.app.cli.training.options import RUN, with_training_options
from latentlink.app.cli.training.requirements import BEATS_HEURISTICS, METRICS, read_requirements
from latentlink.models.checkpoint.publish import require_name
from latentlink.models.errors import DataError
from latentlink.models.training.options import (
    require_features,
    require_one_split,
    require_relations,
    valid_config,
)
from latentlink.models.training.steps import Step


def _require_pca(method: str) -> None:
    if method != "pca":
        raise DataError(
            f"--map: expected pca, found {method!r}; --map umap is no longer here: lay out GET …/embeddings with umap-learn"
        )


@with_training_options
@with_data_options
def train(
    data: Data,
    split: Annotated[
        str | None,
        typer.Option(
            help="Split to train and test on: a split.safetensors, or a model (NAME, NAME@VERSION, directory) that has one.",
            rich_help_panel=DATA,
        ),
    ] = None,
    store_features: Annotated[
        bool,
        typer.Option(
            "--store-features/--no-store-features",
            help="Whether the checkpoint holds the features.",
            rich_help_panel=RUN,
        ),
    ] = True,
    activate: Annotated[
        bool,
        typer.Option("--activate/--no-activate", help="Whether the new version is served.", rich_help_panel=RUN),
    ] = True,
    require: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Serve it only if its test has METRIC=NUMBER at least ({', '.join(METRICS)}) or {BEATS_HEURISTICS}; "
            "else exit with 3. Repeatable.",
            rich_help_panel=RUN,
        ),
    ] = None,
    map_method: Annotated[str, typer.Option("--map", hidden=True)] = "pca",
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
    as_json: Annotated[bool, json_lines("one line of JSON per epoch and one for the result", RUN)] = False,
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
    _require_pca(map_method)
    training_config = valid_config(settings, of_relations=data.relational)
    requirements = read_requirements(require or ())
    name = name or data.name
    require_name(name, "give one with --name")
    divided = [
        option for option, given in (("--split", split), ("--split-column", data.split_column)) if given is not None
    ]
    require_one_split(settings, training_config, divided)
    require_relations(settings, training_config, of_relations=data.relational)
    job = Job(
        store=checkpoints,
        name=name,
        device=device,
        threads=threads,
        resume=resume,
        log_dir=log_dir,
        as_json=as_json,
        store_features=store_features,
        activate=activate,
        requirements=requirements,
    )
    with progress(bar=not as_json) as watcher:
        watcher.step(Step("reading"))
        from latentlink.models.training.given_split import load_split

        graph = data.load(training_config.time_column, missing=not training_config.sees_graph)
        job.say("\n".join((describe(name, graph), *reading_lines(graph))))
        for note in (*graph.notes, *require_features(settings, graph)):
            warn(note)
        watcher.step(Step("preparing the training"))
        given = None if split is None else load_split(checkpoints, split, graph)
        run(graph, training_config, job, watcher, given)
