"""`latentlink tune`: hyperparameters searched on validation, and the best published as by `latentlink train`."""

import re
import shutil
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from latentlink.app.cli.data_options import Data
from latentlink.app.cli.options import with_options_of
from latentlink.app.cli.progress import progress
from latentlink.app.cli.report import print_result, print_trial
from latentlink.app.cli.training.job import Job, check_of, read_task
from latentlink.app.cli.training.options import RUN, with_training_options
from latentlink.app.cli.training.processes import require_one_process
from latentlink.app.cli.training.run import explain_inactive, push_published, run
from latentlink.app.cli.training.train import Config
from latentlink.models.checkpoint.manifest import MANIFEST, read_manifest
from latentlink.models.checkpoint.publish import locked
from latentlink.models.checkpoint.store import current_version
from latentlink.models.errors import CheckpointError, DataError
from latentlink.models.training.tuning.space import Given, first_values, read_space

if TYPE_CHECKING:
    from latentlink.models.training.tuning.trials import Trial

_FOLDER, _FILE = ".tune", "journal.jsonl"
_PUBLISHED = "published"  # beside the journal: the best trial, and its version
_WORD = re.compile(r"(?P<name>[\w-]+)=(?P<values>.+)")


@with_training_options
@with_options_of(data=Data, job=Job)
def tune(
    data: Data,
    job: Job,
    space: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUES",
            help="A hyperparameter to search: choices as dim=64,128, or a range as edge-masking=0.5..0.9. Repeatable.",
            rich_help_panel=RUN,
        ),
    ] = None,
    trials: Annotated[int, typer.Option(min=1, help="Trainings to compare, at most.", rich_help_panel=RUN)] = 30,
    config: Config = None,  # noqa: ARG001 - read by its callback, before the others
    **settings: Any,
) -> None:
    """Search hyperparameters on validation, then train the best and publish it as `latentlink train` does.

    All other options are those of each training; the test is read once, by the last one.
    """
    require_one_process("tune")
    with progress(bar=not job.as_json) as watcher:
        check = check_of(data, job)
        searched = read_space(_read(space or ()), settings, check)
        task = read_task(data, job, {**settings, **first_values(searched)}, watcher)
        from latentlink.models.training.tuning.study import Tuning, search
        from latentlink.models.training.tuning.trials import Heard, best_of

        def on_trial(trial: "Trial") -> None:
            job.say(str(trial))
            if job.as_json:
                print_trial(trial)

        tuning = Tuning(task.graph, settings, searched, check, task.split, job.device, job.threads)
        heard = Heard(watcher.step, watcher.epoch, on_trial)
        journal = _journal(job, task.name)
        best = best_of(search(tuning, trials, heard, journal))
        job.say(f"best       {best}")
        if (version := _published(journal, best)) is not None:
            _finish(version, job)
            return
        # Begun anew: a state may be left of another training, and all but this one is in the journal.
        winner = replace(task, config=tuning.config(best.params))
        run(winner, replace(job, resume=False), watcher, on_published=partial(_note, journal, best))


def _read(words: Iterable[str]) -> Given:
    """Choices and ranges in words such as `dim=64,128` and `edge-masking=0.5..0.9`.

    Raises:
        DataError: a word is none, or a name stands twice.
    """
    given: dict[str, list[str] | tuple[str, str]] = {}
    for word in words:
        found = _WORD.fullmatch(word)
        if found is None:
            raise DataError(f"--space: expected NAME=VALUES, as dim=64,128 or edge-masking=0.5..0.9, found {word!r}")
        if found["name"] in given:
            raise DataError(f"--space: expected {found['name']} once, found it again; give all its values at once")
        low, dots, high = found["values"].partition("..")
        given[found["name"]] = (low, high) if dots else low.split(",")
    return given


def _journal(job: Job, name: str) -> Path:
    """The journal of the model's tuning; without `--resume` an earlier one is removed.

    Raises:
        CheckpointError: the store can't be written to.
    """
    with locked(job.checkpoints, name) as home:
        folder = home / _FOLDER
        if not job.resume:
            shutil.rmtree(folder, ignore_errors=True)
        elif not folder.exists():
            job.say("nothing to resume, beginning anew")
        folder.mkdir(exist_ok=True)
    return folder / _FILE


def _note(journal: Path, best: "Trial", version: Path) -> None:
    """Keep which trial was published as which version."""
    journal.with_name(_PUBLISHED).write_text(f"{best.number} {version.name}\n")


def _published(journal: Path, best: "Trial") -> Path | None:
    """The version that the best trial was published as, if it is still there."""
    try:
        number, name = journal.with_name(_PUBLISHED).read_text().split()
    except (OSError, ValueError):
        return None
    version = journal.parents[1] / name
    return version if number == str(best.number) and (version / MANIFEST).is_file() else None


def _finish(version: Path, job: Job) -> None:
    """Report on a search that has ended, and whose best is published, as the training did.

    Raises:
        typer.Exit: with 3, a requirement is missed.
        CheckpointError: the version is damaged.
    """
    facts = read_manifest(version)
    missed = [text for one in job.requirements if (text := one.missed(facts.metrics))]
    job.say(f"finished   all trials have ended, and the best is published as {version}; for more give more --trials")
    if job.as_json:
        print_result(version, facts, activated=_is_current(version), missed=missed)
    push_published(version, job, activate=_is_current(version))  # the search may have ended with a push that failed
    if missed:
        explain_inactive(version, job, missed)


def _is_current(version: Path) -> bool:
    try:
        return current_version(version.parent) == version.name
    except CheckpointError:
        return False  # none is
