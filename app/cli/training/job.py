"""The training job of `latentlink train`: plan, train, report, publish."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from latentlink.app.cli.console import say
from latentlink.app.cli.progress import Watcher
from latentlink.app.cli.report import print_epoch, print_result, summary
from latentlink.app.cli.training.requirements import Requirement
from latentlink.models.checkpoint.publish import forget_unused, locked
from latentlink.models.checkpoint.store import activation
from latentlink.models.config import TrainingConfig
from latentlink.models.recipes import code_file
from latentlink.models.training.resume import FileSaver, facts_of, kept_fact
from latentlink.models.training.steps import Step

if TYPE_CHECKING:
    from latentlink.models.evaluation.splits import Split
    from latentlink.models.graph.graph import Graph
    from latentlink.models.training.fit import Epoch
    from latentlink.models.training.plan import Plan
    from latentlink.models.training.trained import Trained


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
        activate: whether the new version is served if it meets the requirements.
        requirements: what it must reach on the test.
    """

    store: Path
    name: str
    device: str
    threads: int | None
    resume: bool
    log_dir: Path | None
    as_json: bool
    store_features: bool
    activate: bool
    requirements: Sequence[Requirement]

    def say(self, text: str) -> None:
        """Print for a person."""
        say(text, err=self.as_json)


def run(graph: "Graph", config: TrainingConfig, job: Job, watcher: Watcher, split: "Split | None" = None) -> None:
    """Train, publish, and report both.

    Args:
        graph: what is trained on.
        config: the hyperparameters.
        job: where and how it runs.
        watcher: hears of steps and epochs.
        split: of the graph's edges, None for one that is drawn.

    Raises:
        typer.Exit: with 3, a requirement is missed; the version is published then, but not activated.
        DataError: the graph, the device, the event file's directory or the state to resume can't be used.
        CheckpointError: the store can't be written to.
    """
    with locked(job.store, job.name) as home:  # fail before hours of training, not after, if it can't be written
        pass
    try:
        from latentlink.models.training.plan import make_plan

        plan = make_plan(graph, _resumed(config, job, home), job.device, job.threads)
        saver = _saver(graph, plan, job, home, split)
        with plan.limits():
            trained = _train(graph, plan, job, saver, watcher, split)
            watcher.step(Step("writing the checkpoint"))
            job.say(summary(graph, plan.config, trained))
            missed = [text for one in job.requirements if (text := one.missed(trained.metrics))]
            activate = job.activate and not missed
            path = _publish(graph, plan, job, trained, activate=activate)
    except BaseException:
        forget_unused(home)
        raise
    saver.clear()
    job.say(f"published  {path}")
    if job.as_json:
        print_result(path, trained, activated=activate, missed=missed)
    if not activate:
        _explain_inactive(path, job, missed)


def _resumed(config: TrainingConfig, job: Job, home: Path) -> TrainingConfig:
    """The config with neighbor sampling as the training to resume had it, where the options leave it open."""
    if not job.resume or config.neighbor_sampling != "auto":
        return config
    return config.model_copy(update={"neighbor_sampling": kept_fact(home, "sampled") or "auto"})


def _publish(graph: "Graph", plan: "Plan", job: Job, trained: "Trained", *, activate: bool) -> Path:
    from latentlink.models.publishing.export import export

    kept = {"store_features": job.store_features, "activate": activate}
    return export(job.store, job.name, graph, plan.config, trained, **kept)


def _explain_inactive(path: Path, job: Job, missed: Sequence[str]) -> None:
    """Say how to serve a version that is published alone, and end with 3 if that is for a requirement."""
    command = activation(path.parent, path.name)
    if not missed:
        job.say(f"inactive   to serve it: {command}")
        return
    text = f"{job.name}@{path.name}: published, but not activated: {'; '.join(missed)}; to serve it all the same: {command}"
    typer.secho(f"error: {text}", fg="red", err=True)
    raise typer.Exit(3)


def _saver(graph: "Graph", plan: "Plan", job: Job, home: Path, split: "Split | None") -> FileSaver:
    saver = FileSaver(home, facts_of(graph, plan.config, plan.device.type, split), resume=job.resume, warn=warn)
    if job.resume:
        job.say("resuming a training that was interrupted" if saver.found else "nothing to resume, beginning anew")
    return saver


def _train(
    graph: "Graph", plan: "Plan", job: Job, saver: FileSaver, watcher: Watcher, split: "Split | None"
) -> "Trained":
    from latentlink.models.training.protocol import train
    from latentlink.models.training.tensorboard import TensorBoard
    from latentlink.models.training.trackers import tracked

    if (code := code_file(plan.config.encoder)) is not None:
        job.say(f"{'encoder':<10} {code} is run as Python code")
    job.say(f"training {plan}{plan.sampling}")

    def on_epoch(epoch: "Epoch") -> None:
        watcher.epoch(epoch)
        if job.as_json:
            print_epoch(epoch)

    training = partial(train, graph, plan.config, saver=saver, device=plan.device, split=split, on_step=watcher.step)
    trackers = [] if job.log_dir is None else [TensorBoard(job.log_dir)]
    return tracked(training, trackers, plan.config, on_epoch)


def warn(text: str) -> None:
    """Print a warning, which does not end the command."""
    say(f"warning: {text}", fg="yellow", err=True)
