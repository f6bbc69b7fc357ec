"""One fit, epoch by epoch: what is told of each, which is kept, and how it goes on after a kill."""

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Literal

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.inference.scoring import LARGEST
from latentlink.models.training.objectives import AnyTrainer, Task
from latentlink.models.training.resume import Saver, State, pack, unpack

Phase = Literal["fit", "fit with node rows", "refit", "unseen fit", "unseen fit with node rows"]


@dataclass(frozen=True)
class Epoch:
    """One epoch's numbers; `validation` is {"auc", "ap"} or, of features, {"loss"}; None where nothing was evaluated.

    A `node_rows` of "auto" fits twice, so that numbers begin again with each phase.
    """

    number: int
    loss: float
    validation: dict[str, float] | None
    phase: Phase


Progress = Callable[[Epoch], None]


@dataclass
class Fit:
    """How far a fit has come: the best weights on validation so far, the earliest of equals, and every epoch."""

    rows: bool
    best: State = field(default_factory=dict)
    quality: float = -sys.float_info.max
    epoch: int = 0
    curve: list[Epoch] = field(default_factory=list)

    def ended(self, config: TrainingConfig) -> bool:
        """At the last epoch, or at a look at validation that finds the best one `patience` epochs or more ago."""
        if not self.curve:
            return False
        last = self.curve[-1]
        stale = config.patience is not None and last.number - self.epoch >= config.patience
        return last.number == config.epochs or (last.validation is not None and stale)

    def state(self) -> State:
        """What `load_state` takes."""
        facts = {"quality": self.quality, "epoch": self.epoch, "curve": [asdict(epoch) for epoch in self.curve]}
        best = {f"best.{name}": weight for name, weight in self.best.items()}
        return {**best, "fit": pack(facts)}

    def load_state(self, state: State) -> None:
        """Go on to where `state` was taken."""
        facts = unpack(state["fit"])
        self.quality, self.epoch = facts["quality"], facts["epoch"]
        self.curve = [Epoch(**epoch) for epoch in facts["curve"]]
        self.best = {name.removeprefix("best."): state[name] for name in state if name.startswith("best.")}


def fit(task: Task, config: TrainingConfig, rows: bool, on_epoch: Progress, saver: Saver) -> tuple[Fit, Embeddings]:
    """Fit on what is trained on; the embeddings are those of the epoch that is best on validation."""
    run = task.begin(rows)
    phase: Phase = "fit with node rows" if rows else "fit"
    fitted = Fit(rows)
    if kept := saver.recall(phase):
        fitted.load_state(kept)
        if not fitted.ended(config):
            run.load_state(kept)
    while not fitted.ended(config):
        number, loss, scores = len(fitted.curve) + 1, run.step(), None
        if number % config.evaluate_every == 0 or number == config.epochs:
            scores = task.validate(_embed(run))
            if (quality := task.quality(scores)) > fitted.quality:
                fitted.best, fitted.quality, fitted.epoch = run.weights(), quality, number
        fitted.curve.append(Epoch(number, loss, scores, phase))
        on_epoch(fitted.curve[-1])
        saver.offer(phase, lambda: {**run.state(), **fitted.state()})
    if fitted.epoch == 0:
        raise DataError(
            f"training: expected a finite score on validation, found none in {len(fitted.curve):,} epochs; "
            "scale the features or lower --learning-rate"
        )
    saver.finish(phase, fitted.state())
    run.load_weights(fitted.best)
    return fitted, _embed(run)


def refit(run: AnyTrainer, epochs: int, on_epoch: Progress, saver: Saver) -> Embeddings:
    """The embeddings after so many epochs on all edges."""
    done = 0
    if kept := saver.recall("refit"):
        run.load_state(kept)
        done = unpack(kept["epoch"])
    for number in range(done + 1, epochs + 1):
        on_epoch(Epoch(number, run.step(), None, "refit"))
        saver.offer("refit", lambda: {**run.state(), "epoch": pack(number)})  # noqa: B023 - called at once
    return _embed(run)


def _embed(run: AnyTrainer) -> Embeddings:
    """What `run` gives, held to what a checkpoint may hold: at the first look, not after a whole training."""
    embeddings = run.embed()
    for name, part in (("mu", embeddings.mu), ("logvar", embeddings.logvar)):
        if part is not None and not (largest := max(part.max(), -part.min())) < LARGEST:  # nor does NaN pass
            raise DataError(
                f"training, {name}: expected embeddings below {LARGEST:.0e}, found {largest:.3g}; "
                "scale the features or lower --learning-rate"
            )
    return embeddings
