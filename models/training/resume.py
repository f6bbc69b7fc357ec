"""The state of a training, saved every few seconds, so that a killed one can be resumed.

The steps of `latentlink.models.training.fit` decide what is saved; the file appears whole or not at all, and holds no pickle.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from latentlink.models.arrays import Array
from latentlink.models.checkpoint.publish import fsync
from latentlink.models.checkpoint.tensors import map_tensors, write_tensors
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import CheckpointError, DataError
from latentlink.models.evaluation.splits import Split
from latentlink.models.graph.graph import Graph
from latentlink.models.host import installed
from latentlink.models.recipes import code_file

State = dict[str, Array]
"""Arrays by name; other values are packed as JSON, see `pack`."""

FOLDER, FILE = ".resume", "state.safetensors"
_FACTS, _DIGEST = "facts", "sha256"
_HINT = "or leave out --resume to begin again"


class Saver(Protocol):
    """Saves the state of each phase of a training."""

    def recall(self, phase: str) -> State | None:
        """The state of a phase at its last save, or None."""

    def offer(self, phase: str, state: Callable[[], State]) -> None:
        """Save `state()` of a running phase, if the last save is long enough ago."""

    def finish(self, phase: str, state: State) -> None:
        """Keep the outcome of a phase in all later saves."""


class NoSaver:
    """Saves nothing."""

    def recall(self, phase: str) -> State | None:  # noqa: ARG002
        """None."""
        return None

    def offer(self, phase: str, state: Callable[[], State]) -> None:
        """Do nothing."""

    def finish(self, phase: str, state: State) -> None:
        """Do nothing."""


class PartSaver:
    """Saves the phases of one part of a training under names that begin with `part`."""

    def __init__(self, saver: Saver, part: str) -> None:
        self._saver, self._part = saver, part

    def recall(self, phase: str) -> State | None:
        """As in `Saver`."""
        return self._saver.recall(f"{self._part} {phase}")

    def offer(self, phase: str, state: Callable[[], State]) -> None:
        """As in `Saver`."""
        self._saver.offer(f"{self._part} {phase}", state)

    def finish(self, phase: str, state: State) -> None:
        """As in `Saver`."""
        self._saver.finish(f"{self._part} {phase}", state)


class FileSaver:
    """Saves the state of a training in the directory of its model.

    Args:
        home: the model's directory.
        facts: of `facts_of`; a state with other facts is refused.
        resume: whether to start from the saved state, if there is one.
        warn: called once with a sentence if the state can't be saved; the training then continues without saves.
        interval: least number of seconds between two saves; saves take at most a tenth of the time.
        clock: returns seconds.

    Attributes:
        found: whether there is a saved state to resume.

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
        """The state of a phase at its last save, or None."""
        return self._phases.get(phase)

    def offer(self, phase: str, state: Callable[[], State]) -> None:
        """Save `state()` of a running phase, if the last save is long enough ago."""
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
        """Keep the outcome of a phase in all later saves."""
        self._phases[phase] = state

    def clear(self) -> None:
        """Remove the saved state, once the model is published."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, phases: Mapping[str, State]) -> None:
        state = {f"{phase}/{name}": array for phase, arrays in phases.items() for name, array in arrays.items()}
        state[_FACTS] = self._facts
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f"{os.getpid()}.safetensors"  # not the file of another training of this name
        write_tensors(temporary, {**state, _DIGEST: _digest(state)})
        fsync(temporary)
        temporary.rename(self._folder / FILE)
        fsync(self._folder)


def facts_of(
    graph: Graph, config: TrainingConfig, device: str, split: Split | None = None, processes: int = 1
) -> dict[str, object]:
    """All that decides the bytes of a training: data, config, a given split, device, number of processes and software."""
    modules = ("torch-geometric",) if config.of_module else ()
    software = {package: installed(package) for package in ("latentlink", "numpy", "torch", *modules)}
    path = code_file(config.encoder)
    code = {} if path is None or not path.is_file() else {"code": hashlib.sha256(path.read_bytes()).hexdigest()}
    parts = None if graph.parts is None else hashlib.sha256(graph.parts.tobytes()).hexdigest()
    given = parts if split is None else split.fingerprint()
    place = {"device": device, "processes": processes}
    return {**config.model_dump(), "data": graph.fingerprint(), "split": given, **place, **code, **software}


def kept_fact(home: Path, name: str) -> Any:
    """One fact of the saved state in a model's directory, None if there is none; the state is not checked as by `FileSaver`."""
    try:
        return unpack(map_tensors(home / FOLDER / FILE)[_FACTS]).get(name)
    except (CheckpointError, KeyError, ValueError, AttributeError):
        return None


def pack(value: object) -> Array:
    """A JSON value as a uint8 array; integers may have any size."""
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


def unpack(array: Array) -> Any:
    """The JSON value that `pack` was given."""
    return json.loads(array.tobytes())


def _read(path: Path, facts: Mapping[str, object]) -> dict[str, State]:
    """The state of each phase; empty without a file."""
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
    require_same(path, kept, facts, "the state of a training", _HINT)
    phases: dict[str, State] = {}
    for name, array in state.items():
        phase, _, name = name.partition("/")
        phases.setdefault(phase, {})[name] = array
    return phases


def require_same(path: Path, kept: Mapping[str, object], facts: Mapping[str, object], what: str, hint: str) -> None:
    """Refuse a file that was begun with other facts.

    Args:
        path: of the file.
        kept: the facts in it.
        facts: the present ones.
        what: the file is, in words.
        hint: what to do else.

    Raises:
        DataError: some differ.
    """
    facts = unpack(pack(facts))
    differing = [name for name in {**kept, **facts} if kept.get(name) != facts.get(name)]
    if differing:
        here, there = ({name: f"{name} {side.get(name)}" for name in differing} for side in (facts, kept))
        raise DataError(
            f"{path}: expected {what} with {', '.join(here.values())}, found one with "
            f"{', '.join(there.values())}; resume with the data and settings it was begun with, {hint}"
        )


def _digest(state: State) -> Array:
    """sha256 over names, dtypes, shapes and bytes, uint8 (32,)."""
    digest = hashlib.sha256()
    for name, array in sorted(state.items()):
        digest.update(f"{name}{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return np.frombuffer(digest.digest(), np.uint8)
