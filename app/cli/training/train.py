"""`latentlink train`: from a graph to a published checkpoint."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from latentlink.app.cli.config_file import read_config
from latentlink.app.cli.data_options import DATA, Data, with_data_options
from latentlink.app.cli.options import STORE, Store, json_lines
from latentlink.app.cli.report import describe
from latentlink.app.cli.training.job import Job, run, warn
from latentlink.app.cli.training.options import RUN, with_training_options
from latentlink.app.cli.training.progress import progress
from latentlink.app.cli.training.requirements import BEATS_HEURISTICS, METRICS, read_requirements
from latentlink.app.http.fields import field_errors
from latentlink.models.checkpoint.publish import require_name
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.graph.description import reading_lines
from latentlink.models.training.steps import Step

if TYPE_CHECKING:
    from latentlink.models.graph.graph import Graph


_NOT_OF_RELATIONS = (
    *(
        "hidden",
        "hops",
        "edge_masking",
        "feature_dropout",
        "reversed_negatives",
        "node_embeddings",
        "neighbor_sampling",
    ),
    *("parts", "time_column", "evaluate_unseen"),
)


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
    if data.relational and settings["model"] is None:
        settings["model"] = "complex"
    training_config = valid_config({field: value for field, value in settings.items() if value is not None})
    requirements = read_requirements(require or ())
    name = name or data.name
    require_name(name, "give one with --name")
    divided = [
        option for option, given in (("--split", split), ("--split-column", data.split_column)) if given is not None
    ]
    _require_use(settings, training_config, divided)
    _require_relations(settings, training_config, data)
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
        job.say("\n".join((describe(name, graph), *reading_lines(graph.readings))))
        for note in graph.notes:
            warn(note)
        _require_features(settings, graph)
        watcher.step(Step("preparing the training"))
        given = None if split is None else load_split(checkpoints, split, graph)
        run(graph, training_config, job, watcher, given)


def valid_config(options: dict[str, object]) -> TrainingConfig:
    """The options of a training; a wrong one is a `DataError`."""
    try:
        return TrainingConfig.model_validate(options)
    except ValidationError as error:
        first, *_ = field_errors(error.errors())
        option = first.field.replace("_", "-")
        raise DataError(f"--{option}: expected {first.expected}, found {first.found}") from None


def _require_use(settings: Mapping[str, object], config: TrainingConfig, divided: Sequence[str]) -> None:
    """Refuse options that would be ignored; `divided` are those given that divide the edges."""
    if len(divided) > 1:
        raise DataError("--split-column: expected none beside --split, which divides the edges already; leave out one")
    if not config.sees_graph and settings["node_embeddings"] == "on":
        raise DataError(
            f"--node-embeddings: expected auto or off for a model of features ({config.model}), found 'on'; train a gae or vgae"
        )
    if divided and config.time_column is not None:
        raise DataError(
            f"--time-column: expected none beside {divided[0]}, which divides the edges already, found {config.time_column!r}; "
            "leave out one"
        )
    drawn = not divided or config.evaluate_unseen is not None or not config.sees_graph  # of edges, or of rows
    for option in ("validation", "test"):
        if not drawn and settings[option] is not None:
            raise DataError(
                f"--{option}: expected no share beside {divided[0]}, found {settings[option]}; leave out one"
            )


def _require_relations(settings: Mapping[str, object], config: TrainingConfig, data: Data) -> None:
    """Refuse a model of relations without any, any other model with some, and options that it would ignore."""
    if config.of_relations != data.relational:
        raise DataError(
            f"--model: expected complex for links with relations, and another one without, found {config.model!r}; "
            f"{'name the relations with --relation-column' if config.of_relations else 'leave out --model, or the relations'}"
        )
    ignored = (option for option in _NOT_OF_RELATIONS if settings[option] is not None)
    if config.of_relations and (option := next(ignored, None)) is not None:
        raise DataError(
            f"--{option.replace('_', '-')}: expected none for links with relations, found {settings[option]!r}; leave it out"
        )


def _require_features(settings: Mapping[str, object], graph: "Graph") -> None:
    """Refuse or warn of options that have no use without features."""
    if graph.n_features or graph.relations is not None:
        return
    if settings["node_embeddings"] == "off":
        raise DataError(
            "--node-embeddings: expected features to train on without node embeddings, found none; add --features, or leave "
            "it out"
        )
    if settings["weight_decay"]:
        warn("--weight-decay: expected features, found none; without them the weights are node embeddings, not decayed")
