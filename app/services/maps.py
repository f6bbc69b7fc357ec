"""The map of a model as bytes, block by block: one of any size takes the memory of one block."""

from collections.abc import Callable, Iterator

import numpy as np
import orjson

from app.services.scorer import Scorer
from app.services.vectors import joined
from models.csr import Float32

_BLOCK = 65_536  # rows


def write_json(model: Scorer, points: Float32) -> Iterator[bytes]:
    """One object with the method, and the columns `nodes`, `x` and `y` of `points`, float32 (N, 2)."""
    columns: dict[str, Callable[[slice], object]] = {
        "nodes": lambda block: model.nodes.ids(range(block.start, min(block.stop, len(points)))),
        "x": lambda block: np.ascontiguousarray(points[block, 0]),
        "y": lambda block: np.ascontiguousarray(points[block, 1]),
    }
    method = model.checkpoint.manifest.map_method
    yield orjson.dumps({"model": model.name, "version": model.version, "method": method})[:-1]
    for name, values in columns.items():
        yield f',"{name}":['.encode()
        yield from joined(values(block) for block in _blocks(points))
        yield b"]"
    yield b"}"


def write_bytes(_model: Scorer, points: Float32) -> Iterator[bytes]:
    """float32, little-endian: x and y of each row in turn."""
    return (points[block].astype("<f4", copy=False).tobytes() for block in _blocks(points))


def _blocks(points: Float32) -> Iterator[slice]:
    return (slice(start, start + _BLOCK) for start in range(0, len(points), _BLOCK))
