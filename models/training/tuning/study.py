"""`search`: Optuna's trials of a space, each a training without its test, compared on validation."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latentlink.extras import how_to_install
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.evaluation.splits import Split
from latentlink.models.graph.graph import Graph
from latentlink.models.training.fit import Epoch, quality
from latentlink.models.training.options import Check, Options, require_features
from latentlink.models.training.planning.plan import make_plan
from latentlink.models.training.protocol import validate
from latentlink.models.training.resume import facts_of, require_same
from latentlink.models.training.trainers.module_source import Encoder
from latentlink.models.training.tuning.space import Choices, Space, Value, combinations_of, first_values
from latentlink.models.training.tuning.storage import opened
from latentlink.models.training.tuning.trials import Heard, Trial

if TYPE_CHECKING:
    from optuna import Study
    from optuna import Trial as Asked
    from optuna.trial import FrozenTrial

_WHOLE = 5  # trials that end before one is pruned
_WARM = 10  # the part of a fit's epochs, one in so many, before which no trial is pruned
_SECOND = 1_000_000  # added to the epochs of a fit with node embeddings, which may be the second one


@dataclass(frozen=True)
class Tuning:
    """What is tuned, and on what.

    Attributes:
        graph: all trials are trained on.
        options: of all trials.
        space: of the hyperparameters that differ.
        check: makes a config of `options` and those.
        split: of the graph's edges, None for one that is drawn by the seed, the same for all.
        device: auto, cpu or cuda.
        threads: CPU threads, or None for a number by the size of each training.
        encoder: as of `train`.
    """

    graph: Graph
    options: Options
    space: Space
    check: Check
    split: Split | None = None
    device: str = "auto"
    threads: int | None = None
    encoder: Encoder | None = None

    def config(self, params: Mapping[str, Value]) -> TrainingConfig:
        """The config of a trial."""
        return self.check({**self.options, **params})

    @property
    def first(self) -> TrainingConfig:
        """The config of the first values."""
        return self.config(first_values(self.space))

    def facts(self) -> dict[str, object]:
        """All that decides the trials but their number."""
        from optuna import __version__

        searched = dict.fromkeys(self.space)
        decided = {**facts_of(self.graph, self.first, self.device, self.split), **searched}
        return {**decided, "space": {name: str(part) for name, part in self.space.items()}, "optuna": __version__}


def search(tuning: Tuning, trials: int, heard: Heard, journal: Path | None = None) -> list[Trial]:
    """Train until so many trials have ended; fewer where the space has no more combinations, which are then tried once each.

    No trial scores a test link. After five trials that are complete, those are pruned that are worse than the median of the
    others at the same epoch. The same arguments and machine give the same trials, also when a search was killed in between.

    Args:
        tuning: what is tuned.
        trials: how many, of which those in the journal are some.
        heard: hears of all.
        journal: file from which a search goes on that was killed; made if absent.

    Raises:
        DataError: all trials failed, or the journal is of another tuning, damaged, or can't be written to; Optuna is not
            installed.
    """
    _require_optuna()
    with _quiet(), opened(journal) as storage:
        study = _study(storage, tuning, journal)
        done = [_trial(at, found) for at, found in enumerate(_ended(study), 1)]
        for trial in done:
            heard.trial(trial)
        trials = min(trials, combinations_of(tuning.space) or trials)
        while (at := len(done)) < trials:
            asked = _ask(study, tuning, trials, done)
            _train(study, asked, tuning, heard.within(f"trial {at + 1:,} of {trials:,}"))
            done.append(_trial(at + 1, study.trials[asked.number]))
            heard.trial(done[-1])
    return done


def _study(storage: Any, tuning: Tuning, journal: Path | None) -> "Study":
    """A new study, or the one in the journal, whose trials that were killed have failed."""
    from optuna import create_study, get_all_study_names, load_study
    from optuna.pruners import MedianPruner
    from optuna.trial import TrialState

    pruner = MedianPruner(n_startup_trials=_WHOLE)
    if get_all_study_names(storage):
        study = load_study(study_name=None, storage=storage, pruner=pruner)
    else:
        study = create_study(study_name="latentlink", storage=storage, pruner=pruner, direction="maximize")
    if journal is not None and (kept := study.user_attrs.get("facts")):
        require_same(journal, kept, tuning.facts(), "a tuning", "or begin another one")
    else:
        study.set_user_attr("facts", tuning.facts())
    for killed in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(killed.number, state=TrialState.FAIL)
    return study


def _ended(study: "Study") -> Iterator["FrozenTrial"]:
    from optuna.trial import TrialState

    yield from study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))


def _ask(study: "Study", tuning: Tuning, trials: int, done: Sequence[Trial]) -> "Asked":
    """The next trial, which depends on those that have ended and the seed alone: a search that goes on asks for the same."""
    from optuna.samplers import TPESampler
    from optuna.trial import TrialState

    seed = tuning.first.seed
    if combinations_of(tuning.space) == trials:
        if not study.get_trials(states=(TrialState.WAITING,)):
            tried = [one.params for one in done]
            study.enqueue_trial(next(one for one in _grid(tuning.space, seed) if one not in tried))
    else:
        study.sampler = TPESampler(seed=int(np.random.SeedSequence([seed, len(done)]).generate_state(1)[0]))
    return study.ask()


def _grid(space: Space, seed: int) -> Iterator[dict[str, Value]]:
    """All combinations, shuffled, so that the first ones differ in everything."""
    every = list(product(*(part.values for part in space.values() if isinstance(part, Choices))))
    yield from (dict(zip(space, every[at], strict=True)) for at in np.random.default_rng(seed).permutation(len(every)))


def _train(study: "Study", asked: "Asked", tuning: Tuning, heard: Heard) -> None:
    """Train, and tell the study the outcome; a config that can't be trained is pruned, so that its like are avoided."""
    from optuna import TrialPruned
    from optuna.trial import TrialState

    try:
        study.tell(asked, _quality(asked, tuning, heard))
    except TrialPruned:
        study.tell(asked, state=TrialState.PRUNED)
    except DataError as error:
        asked.set_user_attr("error", str(error))
        study.tell(asked, state=TrialState.PRUNED)


def _quality(asked: "Asked", tuning: Tuning, heard: Heard) -> float:
    """The quality of a trial on validation; its epochs are reported, and end it where it is to be pruned."""
    from optuna import TrialPruned

    config = tuning.config({name: part.suggest(asked, name) for name, part in tuning.space.items()})
    require_features({**tuning.options, **asked.params}, tuning.graph)
    plan = make_plan(tuning.graph, config, tuning.device, tuning.threads)

    def on_epoch(epoch: Epoch) -> None:
        heard.epoch(epoch)
        if epoch.validation is not None:
            asked.report(quality(epoch.validation), epoch.number + _SECOND * (epoch.phase == "fit with node rows"))
            if epoch.number * _WARM >= config.epochs and asked.should_prune():
                raise TrialPruned

    training = partial(validate, split=tuning.split, encoder=tuning.encoder, on_step=heard.step)
    with plan.limits():
        return training(tuning.graph, plan.config, on_epoch, plan.device)


def _trial(number: int, found: "FrozenTrial") -> Trial:
    from optuna.trial import TrialState

    error = found.user_attrs.get("error")
    if found.state == TrialState.COMPLETE:
        return Trial(number, "complete", found.value, found.params, None)
    return Trial(number, "failed" if error else "pruned", None, found.params, error)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Optuna's own lines."""
    from optuna import logging

    before = logging.get_verbosity()
    logging.set_verbosity(logging.WARNING)
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _require_optuna() -> None:
    try:
        import optuna  # noqa: F401
    except ModuleNotFoundError as error:
        raise DataError(f"tuning: {how_to_install(error, 'latentlink[tune]')}") from None
