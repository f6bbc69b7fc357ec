"""The training of `latentlink train`: plan, train, report, publish."""

import shlex
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from latentlink.app.cli.progress import Watcher
from latentlink.app.cli.report import print_epoch, print_result, summary
from latentlink.app.cli.stores.remote import push_version
from latentlink.app.cli.training.job import Job, Task, warn
from latentlink.models.checkpoint.manifest import read_manifest
from latentlink.models.checkpoint.publish import forget_unused, locked
from latentlink.models.checkpoint.store import activation
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import LatentlinkError
from latentlink.models.recipes import code_file
from latentlink.models.training.launch import ONE_PROCESS
from latentlink.models.training.resume import FileSaver, facts_of, kept_fact
from latentlink.models.training.steps import Step

if TYPE_CHECKING:
    from latentlink.models.training.distributed.leading import Leader
    from latentlink.models.training.fit import Epoch
    from latentlink.models.training.planning.plan import Plan
    from latentlink.models.training.trained import Trained


def run(
    task: Task,
    job: Job,
    watcher: Watcher,
    leader: "Leader | None" = None,
    on_published: Callable[[Path], object] = lambda _: None,
) -> None:
    """Train, publish, and report both.

    Args:
        task: what is trained.
        job: where and how it runs.
        watcher: hears of steps and epochs.
        leader: of the processes that train together; None for this one alone.
        on_published: hears of the version's directory.

    Raises:
        typer.Exit: with 3, a requirement is missed; the version is published then, but not activated.
        DataError: the graph, the device, the event file's directory or the state to resume can't be used.
        CheckpointError: the store can't be written to.
    """
    if job.publish is not None and job.publish.directory is None:  # fail before hours of training, if it can't be read
        job.publish.open().folders()
    with locked(job.checkpoints, task.name) as home:  # or the directory can't be written to
        pass
    try:
        from latentlink.models.training.planning.plan import make_plan

        launch = ONE_PROCESS if leader is None else leader.group.launch
        plan = make_plan(task.graph, _resumed(task.config, job, home), job.device, job.threads, launch)
        saver = _saver(task, plan, job, home)
        with plan.limits():
            trained = _train(task, plan, job, saver, watcher, leader)
            watcher.step(Step("writing the checkpoint"))
            job.say(summary(task.graph, plan.config, trained))
            missed = [text for one in job.requirements if (text := one.missed(trained.metrics))]
            activate = job.activate and not missed
            path = _publish(task, plan, job, trained, activate=activate)
    except BaseException:
        forget_unused(home)
        raise
    saver.clear()
    on_published(path)
    job.say(f"published  {path}")
    push_published(path, job, activate=activate)
    if job.as_json:
        print_result(path, read_manifest(path), activated=activate, missed=missed)
    if not activate:
        explain_inactive(path, job, missed)


def push_published(path: Path, job: Job, *, activate: bool) -> None:
    """Push a version to where the job says, if it does; the error says how to push it again.

    Raises:
        CheckpointError, DataError: as `push_version`.
    """
    if job.publish is None:
        return
    try:
        push_version(path, job.publish, activate=activate, err=job.as_json)
    except LatentlinkError as error:
        again = f"`latentlink push {shlex.quote(str(path))} {job.publish}{'' if activate else ' --no-activate'}`"
        raise type(error)(f"{error}; the version is in {path}; to push it again: {again}") from None


def _resumed(config: TrainingConfig, job: Job, home: Path) -> TrainingConfig:
    """The config with neighbor sampling as the training to resume had it, where the options leave it open."""
    if not job.resume or config.neighbor_sampling != "auto":
        return config
    return config.model_copy(update={"neighbor_sampling": kept_fact(home, "sampled") or "auto"})


def _publish(task: Task, plan: "Plan", job: Job, trained: "Trained", *, activate: bool) -> Path:
    from latentlink.models.publishing.export import export

    kept = {"store_features": job.store_features, "activate": activate}
    return export(job.checkpoints, task.name, task.graph, plan.config, trained, **kept)


def explain_inactive(path: Path, job: Job, missed: Sequence[str]) -> None:
    """Say how to serve a version that is published alone, and end with 3 if that is for a requirement."""
    command = activation(path.parent, path.name)
    if not missed:
        job.say(f"inactive   to serve it: {command}")
        return
    model = f"{path.parent.name}@{path.name}"
    text = f"{model}: published, but not activated: {'; '.join(missed)}; to serve it all the same: {command}"
    typer.secho(f"error: {text}", fg="red", err=True)
    raise typer.Exit(3)


def _saver(task: Task, plan: "Plan", job: Job, home: Path) -> FileSaver:
    facts = facts_of(task.graph, plan.config, plan.device.type, task.split, plan.processes)
    saver = FileSaver(home, facts, resume=job.resume, warn=warn)
    if job.resume:
        job.say("resuming a training that was interrupted" if saver.found else "nothing to resume, beginning anew")
    return saver


def _train(
    task: Task, plan: "Plan", job: Job, saver: FileSaver, watcher: Watcher, leader: "Leader | None"
) -> "Trained":
    from latentlink.models.training.protocol import train
    from latentlink.models.training.trackers import tracked
    from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer

    if (code := code_file(plan.config.encoder)) is not None:
        job.say(f"{'encoder':<10} {code} is run as Python code")
    job.say(f"training {plan}{plan.sampling}")

    def on_epoch(epoch: "Epoch") -> None:
        watcher.epoch(epoch)
        if job.as_json:
            print_epoch(epoch)

    training = partial(
        train, task.graph, plan.config, saver=saver, device=plan.device, split=task.split, on_step=watcher.step
    )
    training = partial(training, sampling=NeighborSamplingTrainer if leader is None else leader.trainer)
    return tracked(training, job.trackers, plan.config, on_epoch)
