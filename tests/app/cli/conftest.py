"""A folder with a small graph, and the command line run in it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from latentlink.models.checkpoint import Checkpoint, open_checkpoint
from tests.command import Outcome, run_command

RING = "source,target\n" + "".join(f"{i},{(i + s) % 30}\n" for i in range(30) for s in (1, 4))

Command = Callable[..., Outcome]


@pytest.fixture
def latentlink(tmp_path: Path) -> Command:
    """Run `latentlink` with the given arguments in `tmp_path`, which holds the graph `ring.csv`: 30 nodes, 60 links."""
    (tmp_path / "ring.csv").write_text(RING)
    return partial(run_command, folder=tmp_path)


def published(folder: Path, name: str = "ring") -> Checkpoint:
    """The newest version of a model in the folder's store, verified."""
    return open_checkpoint(max((folder / "checkpoints" / name).glob("2*")))
