"""How a training is run: on which device and threads, from where it goes on, who is told, and what is published."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from latentlink.app.cli.events import event_file, together
from latentlink.app.cli.report import count, epoch_lines, print_result, progress_bar, summary
from latentlink.models.checkpoint.publish import forget_unused, locked
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.host import available_cpus, training_threads
from latentlink.models.training.resume import FileSaver, facts_of, kept_fact

if TYPE_CHECKING:
    import torch

    from latentlink.models.graph.graph import Graph
    from latentlink.models.training.protocol import Trained


@dataclass(frozen=True)
class Running:
    """What the command line asks for beside the config: where and how, not what.

    Attributes:
        store: the directory of all checkpoints.
        name: the model's name.
        device: auto, cpu or cuda.
        threads: CPU threads, or None for as many as the training is worth.
        resume: whether to go on from what a killed training left.
        log_dir: where an event file is written, or None.
        as_json: whether standard output is for a program.
        store_features: whether the checkpoint holds the features, too.
    """

    store: Path
    name: str
    device: str
    threads: int | None
    resume: bool
    log_dir: Path | None
    as_json: bool
    store_features: bool

    def say(self, text: str) -> None:
        """Tell a person."""
        typer.echo(text, err=self.as_json)


def run(graph: "Graph", config: TrainingConfig, running: Running) -> None:
    """Train, publish, and tell of both.

    Raises:
        DataError: the graph, the device, the event file's directory or the state to resume can't be used.
        CheckpointError: the store can't be written to.
    """
    with extra_train():
        from latentlink.models.publishing.export import export

    with locked(running.store, running.name) as home:  # fail now, not after hours of training, if it can't be written
        pass
    try:
        if running.resume and config.sampled == "auto":
            config = config.model_copy(update={"sampled": kept_fact(home, "sampled") or "auto"})
        placed = place(graph, config, running.device, running.threads)
        trained, saver = _train(graph, placed, running, home)
        running.say(summary(graph, placed.config, trained))
        path = export(
            running.store,
            running.name,
            graph,
            placed.config,
            trained,
            store_features=running.store_features,
        )
    except BaseException:
        forget_unused(home)
        raise
    saver.clear()
    running.say(f"published  {path}")
    if running.as_json:
        print_result(path, trained)


def _train(graph: "Graph", placed: "Place", running: Running, home: Path) -> tuple["Trained", FileSaver]:
    with extra_train():
        from latentlink.models.training.protocol import train

    config, device, where = placed
    saver = FileSaver(home, facts_of(graph, config, device.type), resume=running.resume, warn=warn)
    if running.resume:
        running.say("resuming a training that was interrupted" if saver.found else "nothing to resume, beginning anew")
    running.say(f"training {config.model} ({config.encoder}, d = {config.dim}) on {where}")
    with ExitStack() as stack:
        on_epoch = stack.enter_context(epoch_lines() if running.as_json else progress_bar(config.epochs))
        if running.log_dir is None:
            return train(graph, config, on_epoch, saver, device), saver
        with extra_train():
            events = stack.enter_context(event_file(running.log_dir, config))
        trained = train(graph, config, together(on_epoch, events.epoch), saver, device)
        events.result(trained)
        return trained, saver


class Place(NamedTuple):
    """Where a training computes, and what is decided by the memory that is there.

    Attributes:
        config: with `sampled` on or off, and no weight decay where there are no features to weigh.
        device: what torch computes on.
        where: both in words.
    """

    config: TrainingConfig
    device: "torch.device"
    where: str


def place(graph: "Graph", config: TrainingConfig, asked: str = "auto", threads: int | None = None) -> Place:
    """The device for a training and whether it is sampled; torch gets `threads`, or as many as the training is worth.

    Raises:
        DataError: the device is not there, or the training would not fit into memory.
    """
    with extra_train():
        import torch

        from latentlink.models.host import available_bytes
        from latentlink.models.training.cost import fitted, step_work
        from latentlink.models.training.devices import choose_device

    device = choose_device(asked, step_work(graph, config))
    config = fitted(graph, config, available_bytes() if device.type == "cpu" else None)
    if not graph.n_features:
        config = config.model_copy(update={"weight_decay": 0.0})
    threads = threads or training_threads(step_work(graph, config), available_cpus())
    torch.set_num_threads(threads)
    where = count(threads, "thread") if device.type == "cpu" else device.type
    return Place(config, device, where + (_sampled(graph, config) if config.sampled == "on" else ""))


def _sampled(graph: "Graph", config: TrainingConfig) -> str:
    """How a training is told of that takes a part of the graph in each step, with the estimates that decide it."""
    from latentlink.models.training.cost import training_bytes

    sampled, whole = (
        training_bytes(graph, config.model_copy(update={"sampled": way})) / 2**30 for way in ("on", "off")
    )
    return f", sampled: about {sampled:.1f} GiB, all at once {whole:.1f} GiB"


def warn(text: str) -> None:
    """Tell a person of something that does not end the command."""
    typer.secho(f"warning: {text}", fg="yellow", err=True)


@contextmanager
def extra_train() -> Iterator[None]:
    """Turn a missing package of the extra `train` into a message."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise DataError(
            f"training: expected the package {error.name}; install the extra `train`: pip install '.[train]'"
        ) from None
