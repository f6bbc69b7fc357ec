"""How far a list is, kept in a file: whoever finds the same list goes on from there after a crash."""

import hashlib
import os
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from latentlink.app.services.link_lists.finding import Finder
from latentlink.app.services.scorer import Scorer
from latentlink.models.arrays import Array
from latentlink.models.errors import DataError
from latentlink.models.inference.top_links.whole_graph import Advance

EVERY = 10.0  # seconds between two states that are kept
_KEY = "key"


def key_of(model: Scorer, question: bytes) -> str:
    """The key of a list: the same for the same question to the same version of a model."""
    made = model.checkpoint.manifest
    named = f"{made.name}@{made.version} {made.files['embeddings.safetensors'].sha256} "
    return hashlib.sha256(named.encode() + question).hexdigest()


@dataclass(frozen=True)
class State:
    """The file of the state of one list.

    Attributes:
        path: of the file.
        key: of the list, as `key_of` has it.
        every: seconds between two states.
    """

    path: Path
    key: str
    every: float = EVERY

    def load(self) -> Mapping[str, Array] | None:
        """The state of the list; None where none is kept.

        Raises:
            DataError: what is there is of another list, or damaged.
        """
        try:
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                state = dict(stored)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise self._refused(f"what can't be read: {error}") from None
        if state.pop(_KEY, np.array("")).item() != self.key:
            raise self._refused("that of another one, or of another version of the model")
        return state

    def keep(self, state: Mapping[str, Array]) -> None:
        """Replace the state: the file holds the old one or the new one at any moment."""
        temporary = self.path.with_name(f"{self.path.name}.part")
        with temporary.open("wb") as file:
            np.savez(file, **{**state, _KEY: np.array(self.key)})  # type: ignore[arg-type]  # one of them is no option
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)

    def forget(self) -> None:
        """Remove the state."""
        self.path.unlink(missing_ok=True)

    def _refused(self, found: str) -> DataError:
        return DataError(f"{self.path}: expected the state of this list, found {found}; delete the file to begin again")


def find(
    finder: Finder, state: State, *, resume: bool, clock: Callable[[], float] = time.monotonic
) -> Iterator[Advance]:
    """Find all links of a list, and keep how far it is.

    Args:
        finder: of the links.
        state: the file to go on from and to keep the state in.
        resume: whether to go on from what is kept, if anything is.
        clock: returns seconds.

    Raises:
        DataError: as `State.load`.
    """
    if resume and (kept := state.load()) is not None:
        finder.restore(kept)
    due = clock() + state.every
    for advance in finder.steps():
        if clock() >= due:
            state.keep(finder.state())
            due = clock() + state.every
        yield advance
