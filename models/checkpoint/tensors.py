"""Safetensors files as read-only views of mapped memory, without a copy: all processes share the page cache.

The library `safetensors` writes the files; its numpy reader is not used because it copies every tensor.
"""

import json
import math
from collections.abc import Iterable, Mapping
from io import BufferedReader
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save_file

from latentlink.models.arrays import Array
from latentlink.models.checkpoint.disk.files import open_regular, reason
from latentlink.models.checkpoint.disk.mapping import map_file
from latentlink.models.errors import CheckpointError

_DTYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "I64": np.int64,
    "I32": np.int32,
    "I16": np.int16,
    "U16": np.uint16,
    "U8": np.uint8,
}


def write_tensors(path: Path, tensors: Mapping[str, Array]) -> None:
    """Write contiguous copies of `tensors` (float64, float32, int64, int32, int16, uint16 or uint8) to a safetensors file.

    Raises:
        CheckpointError: the file can't be written, for example because the disk is full.
    """
    try:
        save_file({name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}, path)
    except (OSError, SafetensorError) as error:
        raise unwritable(path, error) from error


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8.

    Raises:
        CheckpointError: the file can't be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: Exception) -> CheckpointError:
    """The error for a file that can't be written."""
    return CheckpointError(f"{path}: expected a disk with room to write to, found: {reason(error)}")


def map_tensors(path: Path, file: BufferedReader | None = None) -> dict[str, Array]:
    """The tensors of a safetensors file, each a read-only view of the mapped file.

    Args:
        path: of the file.
        file: the same, if it is open already; it is closed.

    Raises:
        CheckpointError: the file is missing, or not a safetensors file of the dtypes that checkpoints use.
    """
    with file or open_regular(path) as opened:
        mapped = map_file(opened, path)
    try:
        start = 8 + int.from_bytes(mapped[:8].tobytes(), "little")
        header = json.loads(mapped[8:start].tobytes())
        header.pop("__metadata__", None)
        _require_apart(header.values())
        return {name: _view(mapped, start, entry) for name, entry in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise CheckpointError(f"{path}: expected a safetensors file, found a damaged header: {error}") from None


def _require_apart(entries: Iterable[Mapping[str, Any]]) -> None:
    """Raise ValueError if two tensors share bytes: what verifies one of them would say nothing of the other."""
    for one, other in pairwise(sorted(tuple(entry["data_offsets"]) for entry in entries)):
        if other[0] < one[1]:
            raise ValueError(f"tensors overlap at offset {other[0]}")


def _view(mapped: Array, start: int, entry: Mapping[str, Any]) -> Array:
    dtype, shape = np.dtype(_DTYPES[entry["dtype"]]), tuple(entry["shape"])
    begin, end = entry["data_offsets"]
    if min(begin, *shape, 0) < 0 or end - begin != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"offsets {begin}–{end} don't fit shape {shape}")
    if (start + begin) % dtype.itemsize:
        raise ValueError(f"offset {begin} is not aligned to {dtype}")
    return np.frombuffer(mapped, dtype, math.prod(shape), start + begin).reshape(shape)
