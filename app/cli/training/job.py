"""What `latentlink train` and `latentlink tune` are given beside data and hyperparameters, and what they train."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from latentlink.app.cli.console import say
from latentlink.app.cli.data_options import DATA, Data
from latentlink.app.cli.options import STORE, Store, json_lines, path_of
from latentlink.app.cli.progress import Watcher
from latentlink.app.cli.report import describe
from latentlink.app.cli.stores.remote import read_url
from latentlink.app.cli.training.options import RUN
from latentlink.app.cli.training.requirements import BEATS_HEURISTICS, METRICS, Requirement, read_requirements
from latentlink.models.checkpoint.publish import require_name
from latentlink.models.checkpoint.remote.location import StoreURL
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.description import reading_lines
from latentlink.models.training.options import Check, checked_config, require_features
from latentlink.models.training.steps import Step

if TYPE_CHECKING:
    from latentlink.models.evaluation.splits import Split
    from latentlink.models.graph.graph import Graph
    from latentlink.models.training.trackers import Tracker


@dataclass(frozen=True)
class Job:
    """Where and how a training runs, and what becomes of it: each field is an option of its name."""

    split: Annotated[
        str | None,
        typer.Option(
            help="Split to train and test on: a split.safetensors, or a model (NAME, NAME@VERSION, directory) that has one.",
            rich_help_panel=DATA,
        ),
    ] = None
    store_features: Annotated[
        bool,
        typer.Option(
            "--store-features/--no-store-features",
            help="Whether the checkpoint holds the features.",
            rich_help_panel=RUN,
        ),
    ] = True
    activate: Annotated[
        bool,
        typer.Option("--activate/--no-activate", help="Whether the new version is served.", rich_help_panel=RUN),
    ] = True
    require: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Serve it only if its test has METRIC=NUMBER at least ({', '.join(METRICS)}) or {BEATS_HEURISTICS}; "
            "else exit with 3. Repeatable.",
            rich_help_panel=RUN,
        ),
    ] = None
    name: Annotated[
        str | None, typer.Option(help="Name of the model; by default that of the data.", rich_help_panel=RUN)
    ] = None
    checkpoints: Store = STORE
    publish: Annotated[
        StoreURL | None,
        typer.Option(
            metavar="URL",
            help="URL of a store, such as s3://bucket/prefix, that the version is pushed to.",
            parser=read_url,
            rich_help_panel=RUN,
        ),
    ] = None
    device: Annotated[
        str,
        typer.Option(help="auto, cpu or cuda; auto: a GPU for a large graph, if there is one.", rich_help_panel=RUN),
    ] = "auto"
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="CPU threads.",
            show_default="1; for a large graph all of the cgroup's but one",
            rich_help_panel=RUN,
        ),
    ] = None
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a killed training, or tuning, of this name.", rich_help_panel=RUN)
    ] = False
    log_dir: Annotated[
        Path | None,
        typer.Option(
            help="Directory for an event file for TensorBoard.", parser=path_of("--log-dir"), rich_help_panel=RUN
        ),
    ] = None
    mlflow: Annotated[
        str | None,
        typer.Option(
            metavar="EXPERIMENT",
            help="Experiment of MLflow to log to, in the store of MLFLOW_TRACKING_URI.",
            rich_help_panel=RUN,
        ),
    ] = None
    as_json: Annotated[bool, json_lines("one line of JSON per epoch, per trial of `tune`, and for the result", RUN)] = (
        False
    )

    @cached_property
    def requirements(self) -> Sequence[Requirement]:
        """What the model must reach on the test.

        Raises:
            DataError: one is not understood.
        """
        return read_requirements(self.require or ())

    @property
    def trackers(self) -> "list[Tracker]":
        """Who keeps the numbers of the training elsewhere."""
        from latentlink.models.training.trackers.mlflow import MLflow
        from latentlink.models.training.trackers.tensorboard import TensorBoard

        given: list[Tracker] = [] if self.log_dir is None else [TensorBoard(self.log_dir)]
        return given if self.mlflow is None else [*given, MLflow(self.mlflow)]

    def say(self, text: str) -> None:
        """Print for a person."""
        say(text, err=self.as_json)


@dataclass(frozen=True)
class Task:
    """What is trained.

    Attributes:
        name: of the model.
        graph: what is trained on.
        config: the hyperparameters.
        split: of the graph's edges, None for one that is drawn.
    """

    name: str
    graph: "Graph"
    config: TrainingConfig
    split: "Split | None"


def check_of(data: Data, job: Job) -> Check:
    """What makes a config of options, and refuses those that these data and the split leave without an effect."""
    beside = (("--split", job.split), ("--split-column", data.split_column))
    divided = [option for option, given in beside if given is not None]
    return partial(checked_config, of_relations=data.relational, divided=divided)


def read_task(data: Data, job: Job, options: Mapping[str, object], watcher: Watcher) -> Task:
    """Check all options, then read the data, report what they are, and warn of what is ignored.

    Raises:
        DataError: an option is wrong, or the data can't be read.
    """
    config, _ = check_of(data, job)(options), job.requirements
    name = job.name or data.name
    require_name(name, "give one with --name")
    watcher.step(Step("reading"))
    from latentlink.models.training.given_split import load_split

    graph = data.load(config.time_column, missing=not config.sees_graph)
    job.say("\n".join((describe(name, graph), *reading_lines(graph.readings))))
    for note in (*graph.notes, *require_features(options, graph)):
        warn(note)
    watcher.step(Step("preparing the training"))
    return Task(name, graph, config, None if job.split is None else load_split(job.checkpoints, job.split, graph))


def warn(text: str) -> None:
    """Print a warning, which does not end the command."""
    say(f"warning: {text}", fg="yellow", err=True)
