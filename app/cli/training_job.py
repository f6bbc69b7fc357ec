"""The training job of `latentlink train`: plan, train, report, publish."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from latentlink.app.cli.console import say
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
class Job:
    """The options of a training beside its config: where and how it runs.

    Attributes:
        store: the directory of all checkpoints.
        name: the model's name.
        device: auto, cpu or cuda.
        threads: CPU threads, or None for a number by the size of the training.
        resume: whether to continue a training that was killed.
        log_dir: directory of the event file, or None for no such file.
        as_json: whether standard output is JSON; text then goes to standard error.
        store_features: whether the checkpoint holds the features.
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
        """Print for a person."""
        say(text, err=self.as_json)


@dataclass(frozen=True)
class Plan:
    """What is trained on which hardware.

    Attributes:
        config: with neighbor sampling decided, and no weight decay where there are no features.
        device: of the training.
        threads: CPU threads.
        memory: estimated bytes with and without neighbor sampling, where it is on; else None.
    """

    config: TrainingConfig
    device: "torch.device"
    threads: int
    memory: tuple[int, int] | None

    def __str__(self) -> str:
        config = self.config
        where = count(self.threads, "thread") if self.device.type == "cpu" else self.device.type
        return f"{config.model} ({config.encoder}, d = {config.dim}) on {where}"

    @property
    def sampling(self) -> str:
        """The estimates by which neighbor sampling was chosen, as the end of a sentence; empty where it is off."""
        if self.memory is None:
            return ""
        sampled, whole = (part / 2**30 for part in self.memory)
        return f", neighbor sampling: about {sampled:.1f} GiB, full batches {whole:.1f} GiB"


def run(graph: "Graph", config: TrainingConfig, job: Job) -> None:
    """Train, publish, and report both.

    Raises:
        DataError: the graph, the device, the event file's directory or the state to resume can't be used.
        CheckpointError: the store can't be written to.
    """
    with extra_train():
        from latentlink.models.publishing.export import export

    with locked(job.store, job.name) as home:  # fail before hours of training, not after, if it can't be written
        pass
    try:
        if job.resume and config.neighbor_sampling == "auto":
            config = config.model_copy(update={"neighbor_sampling": kept_fact(home, "sampled") or "auto"})
        plan = make_plan(graph, config, job.device, job.threads)
        saver = _saver(graph, plan, job, home)
        trained = _train(graph, plan, job, saver)
        job.say(summary(graph, plan.config, trained))
        path = export(job.store, job.name, graph, plan.config, trained, store_features=job.store_features)
    except BaseException:
        forget_unused(home)
        raise
    saver.clear()
    job.say(f"published  {path}")
    if job.as_json:
        print_result(path, trained)


def make_plan(graph: "Graph", config: TrainingConfig, device: str = "auto", threads: int | None = None) -> Plan:
    """Choose device, threads and neighbor sampling, and set torch's number of threads.

    Raises:
        DataError: the device is missing, or the training would not fit into memory.
    """
    with extra_train():
        import torch

        from latentlink.models.host import available_bytes
        from latentlink.models.training.cost import decide_sampling, step_work, training_bytes
        from latentlink.models.training.devices import choose_device

    chosen = choose_device(device, step_work(graph, config))
    config = decide_sampling(graph, config, available_bytes() if chosen.type == "cpu" else None)
    if not graph.n_features:
        config = config.model_copy(update={"weight_decay": 0.0})
    threads = threads or training_threads(step_work(graph, config), available_cpus())
    torch.set_num_threads(threads)
    sampled, whole = (
        training_bytes(graph, config.model_copy(update={"neighbor_sampling": way})) for way in ("on", "off")
    )
    return Plan(config, chosen, threads, (sampled, whole) if config.neighbor_sampling == "on" else None)


def _saver(graph: "Graph", plan: Plan, job: Job, home: Path) -> FileSaver:
    saver = FileSaver(home, facts_of(graph, plan.config, plan.device.type), resume=job.resume, warn=warn)
    if job.resume:
        job.say("resuming a training that was interrupted" if saver.found else "nothing to resume, beginning anew")
    return saver


def _train(graph: "Graph", plan: Plan, job: Job, saver: FileSaver) -> "Trained":
    with extra_train():
        from latentlink.models.training.protocol import train

    job.say(f"training {plan}{plan.sampling}")
    with ExitStack() as stack:
        on_epoch = stack.enter_context(epoch_lines() if job.as_json else progress_bar(plan.config.epochs))
        if job.log_dir is None:
            return train(graph, plan.config, on_epoch, saver, plan.device)
        with extra_train():
            events = stack.enter_context(event_file(job.log_dir, plan.config))
        trained = train(graph, plan.config, together(on_epoch, events.epoch), saver, plan.device)
        events.result(trained)
        return trained


def warn(text: str) -> None:
    """Print a warning, which does not end the command."""
    say(f"warning: {text}", fg="yellow", err=True)


@contextmanager
def extra_train() -> Iterator[None]:
    """Turn a missing package of the extra `train` into a message."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise DataError(
            f"training: expected the package {error.name}; install the extra `train`: pip install '.[train]'"
        ) from None
