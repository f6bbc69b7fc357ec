"""One of several processes that a launcher starts, with what a test needs: `python -m tests.e2e.ranked HOW train … STORE`.

HOW is `lose`, which keeps the state after each epoch, and kills rank 1 of the first start in its twelfth step; `note`, which
prints digests of the gradients and weights of each step; or `fail`, where ranks but 0 can't read their features.
"""

import hashlib
import json
import os
import signal
import sys
from collections.abc import Iterable
from functools import partial
from itertools import count
from pathlib import Path

from torch import Tensor

from latentlink.app.cli import main
from latentlink.app.cli.training import run as training_job
from latentlink.models.errors import DataError
from latentlink.models.training.distributed import following
from latentlink.models.training.distributed.group import Group
from latentlink.models.training.resume import FileSaver
from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer


def _lose() -> None:
    setattr(training_job, "FileSaver", partial(FileSaver, interval=0))  # noqa: B010 - not a name to assign to, for mypy
    lost = Path(sys.argv[-1]) / "lost"
    if os.environ["RANK"] != "1" or lost.exists():
        return
    steps, step = count(1), NeighborSamplingTrainer.step

    def last_step(trainer: NeighborSamplingTrainer) -> float:
        if next(steps) == 12:
            lost.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return step(trainer)

    setattr(NeighborSamplingTrainer, "step", last_step)  # noqa: B010


def _note() -> None:
    add, step = Group.add, NeighborSamplingTrainer.step

    def noted_add(group: Group, loss: float, gradients: list[Tensor]) -> float:
        own = _digest(gradients)
        total = add(group, loss, gradients)
        _print(own=own, added=_digest(gradients))
        return total

    def noted_step(trainer: NeighborSamplingTrainer) -> float:
        loss = step(trainer)
        _print(weights=_digest(trainer.model.parameters()))
        return loss

    setattr(Group, "add", noted_add)  # noqa: B010
    setattr(NeighborSamplingTrainer, "step", noted_step)  # noqa: B010


def _digest(tensors: Iterable[Tensor]) -> str:
    return hashlib.sha256(b"".join(tensor.detach().numpy().tobytes() for tensor in tensors)).hexdigest()


def _print(**digests: str) -> None:
    line = json.dumps({"rank": int(os.environ["RANK"]), **digests})
    sys.stderr.write(f"noted {line}\n")


def _fail() -> None:
    def unreadable(*_: object) -> None:
        raise DataError("x.npy: expected the features that rank 0 maps, found none")

    setattr(following, "unpacked", unreadable)  # noqa: B010 - not a name to assign to, for mypy


HOW = {"lose": _lose, "note": _note, "fail": _fail}

if __name__ == "__main__":
    HOW[sys.argv.pop(1)]()
    main()
