"""Two steps of the protocol: a fit, which keeps the epoch that is best on validation, and a refit of as many epochs."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.inference.scoring import LARGEST
from latentlink.models.training.objectives import Objective
from latentlink.models.training.resume import Saver, State, pack, unpack
from latentlink.models.training.trainers.base_trainer import BaseTrainer

Phase = Literal["fit", "fit with node rows", "refit", "unseen fit", "unseen fit with node rows"]
"""Names on disk and in `--json`: "node rows" are node embeddings, "unseen" are new nodes."""


@dataclass(frozen=True)
class Epoch:
    """One epoch's numbers.

    Attributes:
        number: from 1, in each phase anew.
        loss: of the training step, in nats.
        validation: {"auc", "ap"}, for models of features {"loss"}; None where nothing was evaluated.
        phase: of the protocol; where node embeddings are chosen on validation there are two fits.
    """

    number: int
    loss: float
    validation: dict[str, float] | None
    phase: Phase


Progress = Callable[[Epoch], None]


def quality(scores: Mapping[str, float]) -> float:
    """One number of an epoch's scores on validation, the larger the better: minus the loss, or the mean of all others."""
    return -scores["loss"] if "loss" in scores else sum(scores.values()) / len(scores)


@dataclass
class Selection:
    """The selection of an epoch on validation, as far as the fit has come.

    Attributes:
        node_embeddings: whether the fit has them.
        best: weights of the best epoch, the earliest of equals; none before the first evaluation.
        quality: of the best epoch.
        epoch: number of the best epoch, 0 for none.
        curve: all epochs.
    """

    node_embeddings: bool
    best: State = field(default_factory=dict)
    quality: float = -sys.float_info.max
    epoch: int = 0
    curve: list[Epoch] = field(default_factory=list)

    def ended(self, config: TrainingConfig) -> bool:
        """Whether this was the last epoch, or an evaluated one `patience` epochs or more after the best."""
        if not self.curve:
            return False
        last = self.curve[-1]
        stale = config.patience is not None and last.number - self.epoch >= config.patience
        return last.number == config.epochs or (last.validation is not None and stale)

    def state(self) -> State:
        """All that `load_state` restores."""
        facts = {"quality": self.quality, "epoch": self.epoch, "curve": [asdict(epoch) for epoch in self.curve]}
        best = {f"best.{name}": weight for name, weight in self.best.items()}
        return {**best, "fit": pack(facts)}

    def load_state(self, state: State) -> None:
        """Continue from the moment at which `state` was taken."""
        facts = unpack(state["fit"])
        self.quality, self.epoch = facts["quality"], facts["epoch"]
        self.curve = [Epoch(**epoch) for epoch in facts["curve"]]
        self.best = {name.removeprefix("best."): state[name] for name in state if name.startswith("best.")}


def fit(
    objective: Objective, node_embeddings: bool, config: TrainingConfig, on_epoch: Progress, saver: Saver
) -> tuple[Selection, Embeddings]:
    """Train on the training part; the embeddings are those of the epoch that is best on validation.

    Raises:
        DataError: no score on validation was finite, or the embeddings are too large to serve.
    """
    trainer, selection = objective.trainer(node_embeddings), Selection(node_embeddings)
    phase: Phase = "fit with node rows" if node_embeddings else "fit"
    if kept := saver.recall(phase):
        selection.load_state(kept)
        if not selection.ended(config):
            trainer.load_state(kept)
    while not selection.ended(config):
        number, loss, scores = len(selection.curve) + 1, trainer.step(), None
        if number % config.evaluate_every == 0 or number == config.epochs:
            scores = objective.validate(_embed(trainer))
            if (found := quality(scores)) > selection.quality:
                selection.best, selection.quality, selection.epoch = trainer.weights(), found, number
        selection.curve.append(Epoch(number, loss, scores, phase))
        on_epoch(selection.curve[-1])
        saver.offer(phase, lambda: {**trainer.state(), **selection.state()})
    if selection.epoch == 0:
        raise DataError(
            f"training: expected a finite score on validation, found none in {len(selection.curve):,} epochs; "
            "scale the features or lower --learning-rate"
        )
    saver.finish(phase, selection.state())
    trainer.load_weights(selection.best)
    return selection, _embed(trainer)


def refit(trainer: BaseTrainer, epochs: int, on_epoch: Progress, saver: Saver) -> Embeddings:
    """The embeddings after `epochs` epochs, without a look at validation."""
    done = 0
    if kept := saver.recall("refit"):
        trainer.load_state(kept)
        done = unpack(kept["epoch"])
    for number in range(done + 1, epochs + 1):
        on_epoch(Epoch(number, trainer.step(), None, "refit"))
        saver.offer("refit", lambda: {**trainer.state(), "epoch": pack(number)})  # noqa: B023 - called at once
    return _embed(trainer)


def _embed(trainer: BaseTrainer) -> Embeddings:
    """The trainer's embeddings, checked at the first evaluation already: a checkpoint refuses larger ones."""
    embeddings = trainer.embed()
    for name, part in (("mu", embeddings.mu), ("logvar", embeddings.logvar)):
        if part is not None and not (largest := max(part.max(), -part.min())) < LARGEST:  # NaN fails as well
            raise DataError(
                f"training, {name}: expected embeddings below {LARGEST:.0e}, found {largest:.3g}; "
                "scale the features or lower --learning-rate"
            )
    return embeddings
