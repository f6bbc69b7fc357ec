"""Forged checkpoints: a true one with one fact, one tensor or one column changed, and right digests."""

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from latentlink.models.arrays import Array
from latentlink.models.checkpoint.tensors import map_tensors, write_tensors
from tests.models.checkpoint.helpers import edit_manifest, replace_file

Forgery = Callable[[Path], object]

_READ = (  # by answers other than the one that shows all facts
    *(("model",), ("encoder",), ("config", "hops"), ("counts",), ("thresholds",), ("index",), ("parts",)),
    *(("relations",), ("relation_probabilities",)),
    *(("calibration", number) for number in ("slope", "intercept", "bend", "prior")),
)
_FACTS = (None, -1, 1e308, 2**62, "x")
_FLOATS = (np.nan, np.inf, -3e38, 1e14, 0)
_INTEGERS = (-1, 2**31 - 1, 0)


def forgeries(path: Path) -> Iterator[tuple[str, Forgery]]:
    """Name and change of each forgery of the version in `path`; a change is applied to a copy of it."""
    manifest = json.loads((path / "manifest.json").read_bytes())
    for at in (place for place in _places(manifest) if any(place[: len(read)] == read for read in _READ)):
        for fact in _FACTS:
            yield f"{'.'.join(map(str, at))} = {fact!r}", _fact(at, fact)
    for file in sorted(path.glob("*.safetensors")):
        for name, tensor in map_tensors(file).items():
            for change, changed in _tensors(np.array(tensor)):
                yield f"{file.name}: {name} {change}", _tensor(file.name, name, changed)
    if (path / "preprocessing.json").exists():
        columns = json.loads((path / "preprocessing.json").read_bytes())
        for at in _places(columns):
            for fact in _FACTS:
                yield f"preprocessing.json: {'.'.join(map(str, at))} = {fact!r}", _column(columns, at, fact)


def forge_copy(path: Path, copied: Path, forgery: Forgery) -> Path:
    """A copy of a version, forged."""
    shutil.rmtree(copied, ignore_errors=True)
    shutil.copytree(path, copied)
    forgery(copied)
    return copied


def _places(document: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every member; of a list the first item stands for all."""
    if at:
        yield at
    items = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document[:1])
        if isinstance(document, list)
        else ()
    )
    for key, value in items:
        yield from _places(value, (*at, key))


def _put(document: Any, at: tuple[str | int, ...], value: object) -> None:
    *parents, last = at
    for key in parents:
        document = document[key]
    document[last] = value


def _fact(at: tuple[str | int, ...], fact: object) -> Forgery:
    return lambda copied: edit_manifest(copied, lambda manifest: _put(manifest, at, fact))


def _column(columns: Any, at: tuple[str | int, ...], fact: object) -> Forgery:
    forged = copy.deepcopy(columns)
    _put(forged, at, fact)
    return lambda copied: replace_file(copied, "preprocessing.json", json.dumps(forged).encode())


def _tensor(file: str, name: str, changed: Array | None) -> Forgery:
    def forge(copied: Path) -> None:
        tensors = {other: tensor for other, tensor in map_tensors(copied / file).items() if other != name}
        new = copied / "new"
        write_tensors(new, tensors if changed is None else {**tensors, name: changed})
        new.replace(copied / file)
        replace_file(copied, file, (copied / file).read_bytes())

    return forge


def _tensors(tensor: Array) -> Iterator[tuple[str, Array | None]]:
    """What a tensor is changed to, in shape, type or numbers; None to leave it out."""
    yield "is missing", None
    yield "is shorter", tensor[:-1]
    yield "is empty", tensor[:0]
    yield "has another axis", tensor[..., None]
    yield "is of integers or of float32", np.ones_like(tensor, np.int32 if tensor.dtype.kind == "f" else np.float32)
    if tensor.ndim == 2:
        yield "is narrower", tensor[:, :-1]
    for number in _FLOATS if tensor.dtype.kind == "f" else _INTEGERS:
        changed = tensor.copy()
        changed.reshape(-1)[:1] = np.array(number).astype(tensor.dtype)
        yield f"begins with {number}", changed
        yield f"is all {number}", np.full_like(tensor, changed.reshape(-1)[0])
