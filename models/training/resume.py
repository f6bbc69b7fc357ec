"""Where a training stands, kept in a file every few seconds, so that one that was killed can go on.

`models.training.protocol` says what has to be kept; here it becomes a file that is whole or not there, and holds no pickle.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from latentlink.models.arrays import Array
from latentlink.models.checkpoint.publish import fsync
from latentlink.models.checkpoint.tensors import map_tensors, write_tensors
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import CheckpointError, DataError
from latentlink.models.graph.graph import Graph

State = dict[str, Array]
"""Arrays by name; what is no array is text in JSON, see `pack`."""

FOLDER, FILE = ".resume", "state.safetensors"
_FACTS, _DIGEST = "facts", "sha256"
_HINT = "or leave out --resume to begin again"


class Saver(Protocol):
    """What a training asks to be kept of each of its phases."""

    def recall(self, phase: str) -> State | None:
        """What was kept of a phase before the training was killed, or None."""

    def offer(self, phase: str, state: Callable[[], State]) -> None:
        """Keep `state()` of a phase that is under way, if it is time to."""

    def finish(self, phase: str, state: State) -> None:
        """Keep the outcome of a phase beside what is kept of the later ones."""


class NoSaver:
    """Keeps nothing."""

    def recall(self, phase: str) -> State | None:  # noqa: ARG002
        """None."""
        return None

    def offer(self, phase: str, state: Callable[[], State]) -> None:
        """Do nothing."""

    def finish(self, phase: str, state: State) -> None:
        """Do nothing."""


class PartSaver:
    """Keeps phases of one part of a training beside those of others: under names that begin with `part`."""

    def __init__(self, saver: Saver, part: str) -> None:
        self._saver, self._part = saver, part

    def recall(self, phase: str) -> State | None:
        """As of the whole."""
        return self._saver.recall(f"{self._part} {phase}")

    def offer(self, phase: str, state: Callable[[], State]) -> None:
        """As of the whole."""
        self._saver.offer(f"{self._part} {phase}", state)

    def finish(self, phase: str, state: State) -> None:
        """As of the whole."""
        self._saver.finish(f"{self._part} {phase}", state)


class FileSaver:
    """Keeps the state of a training in the directory of its model.

    Args:
        home: the model's directory.
        facts: what must be the same for the state to be of use, from `facts_of`.
        resume: whether to begin with the state that is there.
        warn: told once, in a sentence, if the state can't be kept; the training goes on without.
        interval: seconds between two savings, at least; never more than a tenth of the time is spent on them.
        clock: gives seconds.

    Attributes:
        found: whether there is a state to go on from.

    Raises:
        DataError: the state is of other data or settings, or damaged.
    """

    def __init__(
        self,
        home: Path,
        facts: Mapping[str, object],
        *,
        resume: bool,
        warn: Callable[[str], None],
        interval: float = 10,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._facts, self._warn = home / FOLDER, pack(facts), warn
        self._interval, self._clock = interval, clock
        self._phases = _read(self._folder / FILE, facts) if resume else {}
        self.found = bool(self._phases)
        self._due: float | None = clock() + interval

    def recall(self, phase: str) -> State | None:
        """What was kept of a phase before the training was killed, or None."""
        return self._phases.get(phase)

    def offer(self, phase: str, state: Callable[[], State]) -> None:
        """Keep `state()` of a phase that is under way, if it is time to."""
        began = self._clock()
        if self._due is None or began < self._due:
            return
        try:
            self._write({**self._phases, phase: state()})
        except (OSError, CheckpointError) as error:
            self._due = None
            self._warn(f"this training can't be resumed: {error}")
            return
        now = self._clock()
        self._due = now + max(self._interval, 10 * (now - began))

    def finish(self, phase: str, state: State) -> None:
        """Keep the outcome of a phase beside what is kept of the later ones."""
        self._phases[phase] = state

    def clear(self) -> None:
        """Remove the state: what it led to is published."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, phases: Mapping[str, State]) -> None:
        state = {f"{phase}/{name}": array for phase, arrays in phases.items() for name, array in arrays.items()}
        state[_FACTS] = self._facts
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f"{os.getpid()}.safetensors"  # two trainings of one name don't write into one file
        write_tensors(temporary, {**state, _DIGEST: _digest(state)})
        fsync(temporary)
        temporary.rename(self._folder / FILE)
        fsync(self._folder)


def facts_of(graph: Graph, config: TrainingConfig, device: str) -> dict[str, object]:
    """What decides the bytes of a training: its data, settings, device and software."""
    software = {package: installed(package) for package in ("latentlink", "numpy", "torch")}
    return {**config.model_dump(), "data": graph.fingerprint(), "device": device, **software}


def kept_fact(home: Path, name: str) -> Any:
    """One of the facts of the state in a model's directory, or None where there is no such state; `FileSaver` checks it all."""
    try:
        return unpack(map_tensors(home / FOLDER / FILE)[_FACTS]).get(name)
    except (CheckpointError, KeyError, ValueError, AttributeError):
        return None


def pack(value: object) -> Array:
    """A JSON value as a uint8 array; integers may be of any size."""
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


def unpack(array: Array) -> Any:
    """The JSON value that `pack` made an array of."""
    return json.loads(array.tobytes())


def _read(path: Path, facts: Mapping[str, object]) -> dict[str, State]:
    """The state of each phase, none where nothing was kept."""
    if not path.exists():
        return {}
    try:
        state = map_tensors(path)
        digest = state.pop(_DIGEST)
        intact = digest.tobytes() == _digest(state).tobytes()
        kept = unpack(state.pop(_FACTS)) if intact else None
    except (CheckpointError, KeyError, ValueError):
        kept = None
    if not isinstance(kept, dict):
        raise DataError(f"{path}: expected the whole state of a training, found a damaged file; delete it {_HINT}")
    _require_same(path, kept, unpack(pack(facts)))
    phases: dict[str, State] = {}
    for name, array in state.items():
        phase, _, name = name.partition("/")
        phases.setdefault(phase, {})[name] = array
    return phases


def _require_same(path: Path, kept: Mapping[str, object], facts: Mapping[str, object]) -> None:
    differing = [name for name in {**kept, **facts} if kept.get(name) != facts.get(name)]
    if differing:
        here, there = ({name: f"{name} {side.get(name)}" for name in differing} for side in (facts, kept))
        raise DataError(
            f"{path}: expected the state of a training with {', '.join(here.values())}, found one with "
            f"{', '.join(there.values())}; resume with the data and settings it was begun with, {_HINT}"
        )


def _digest(state: State) -> Array:
    """sha256 over names, dtypes, shapes and bytes, uint8 (32,)."""
    digest = hashlib.sha256()
    for name, array in sorted(state.items()):
        digest.update(f"{name}{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return np.frombuffer(digest.digest(), np.uint8)
