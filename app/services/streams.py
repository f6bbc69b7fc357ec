"""Embeddings and maps of many nodes as bytes, block by block: a table of any size takes the memory of one block."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import nanoarrow as na
import numpy as np
import numpy.typing as npt
import orjson
from nanoarrow.c_array import CArray

from latentlink.app.services.arrow_writing import ArrowStream, bits, texts
from latentlink.app.services.scorer import Scorer
from latentlink.models.arrays import Float32, Int64

AS_TEXT, AS_ARROW, AS_BYTES = 100, 12, 1  # operations that take as long as to write a number
_BLOCK_NUMBERS = 131_072  # 512 KiB of float32
_MAP_ROWS = 65_536


class Vectors(NamedTuple):
    """Which vectors are written.

    Attributes:
        source: whether as sources of logits; else as targets.
        shared_links: whether with the weights of known neighbours, their sparse part.
    """

    source: bool = False
    shared_links: bool = False

    def leaves_out(self, model: Scorer) -> list[str]:
        """The parts of logits that inner products of these vectors lack."""
        return [] if self.shared_links else model.leaves_out


class Block(NamedTuple):
    """A part of the answer.

    Attributes:
        nodes: m ids, None where a row is −1.
        found: bool (m,), where it isn't.
        vectors: float32 (m, D), 0 where it is.
        rows: int64 (m,).
    """

    nodes: list[str | None]
    found: npt.NDArray[np.bool_]
    vectors: Float32
    rows: Int64


_TARGETS = Vectors()


def write_json(model: Scorer, rows: Int64 | range, which: Vectors = _TARGETS) -> Iterator[bytes]:
    """One object with the columns `nodes`, `embeddings` and perhaps `types` and `shared_links`; null for rows that are −1."""
    head: dict[str, object] = {"model": model.name, "version": model.version, "dim": model.dim}
    if left_out := which.leaves_out(model):
        head["leaves_out"] = left_out
    if model.relation is not None:
        head["relation"] = model.relation
    yield orjson.dumps(head)[:-1] + b',"nodes":['
    yield from joined(block.nodes for block in _blocks(model, rows, which))
    if model.types is not None:
        yield b'],"types":['
        yield from joined(_types(model, block.rows) for block in _blocks(model, rows, which))
    yield b'],"embeddings":['
    yield from joined(_nullable(block) for block in _blocks(model, rows, which))
    if which.shared_links:
        yield b'],"shared_links":['
        yield from joined(_shared_links(model, block) for block in _blocks(model, rows, which))
    yield b"]}"


def write_ndjson(model: Scorer, rows: Int64 | range, which: Vectors = _TARGETS) -> Iterator[bytes]:
    """A line `{"node": …, "embedding": […]}` for each row, perhaps with `shared_links`; null for rows that are −1."""
    option = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
    for block in _blocks(model, rows, which):
        lines: list[dict[str, object]] = [
            {"node": node, "embedding": vector} for node, vector in zip(block.nodes, _nullable(block), strict=True)
        ]
        if model.types is not None:
            for line, kind in zip(lines, _types(model, block.rows), strict=True):
                line["type"] = kind
        if which.shared_links:
            for line, weights in zip(lines, _shared_links(model, block), strict=True):
                line["shared_links"] = weights
        yield b"".join(orjson.dumps(line, option=option) for line in lines)


def write_arrow(model: Scorer, rows: Int64 | range, which: Vectors = _TARGETS) -> Iterator[bytes]:
    """An Arrow IPC stream: `node` utf8, `embedding` a list of D float32; null for rows that are −1.

    Perhaps with `shared_links`, a list of structs of `node` utf8 and `weight` float32.
    """
    vector = na.fixed_size_list(na.float32(), model.dim)
    columns = {"node": na.string(), "embedding": vector} | ({"shared_links": _WEIGHTS} if which.shared_links else {})
    columns |= {} if model.types is None else {"type": na.string()}
    stream = ArrowStream(columns)
    for block in _blocks(model, rows, which):
        size, valid = len(block.nodes), bits(block.found)
        numbers = na.c_array_from_buffers(na.float32(), block.vectors.size, [None, block.vectors.ravel()])
        arrays = [texts(block.nodes), na.c_array_from_buffers(vector, size, [valid], children=[numbers])]
        if which.shared_links:
            arrays.append(_weights_array(model, block, valid))
        if model.types is not None:
            arrays.append(texts(_types(model, block.rows)))
        yield stream.batch(arrays, size)
    yield stream.end()


_WEIGHT = na.struct({"node": na.string(), "weight": na.float32()})
_WEIGHTS = na.list_(_WEIGHT)


def _weights_array(model: Scorer, block: Block, valid: npt.NDArray[np.uint8]) -> CArray:
    """The column `shared_links` of a block."""
    listed = [([], []) if row < 0 else model.neighbor_weights(row) for row in block.rows.tolist()]
    ends = np.cumsum([0, *(len(ids) for ids, _ in listed)]).astype(np.int32)
    ids = na.c_array([name for names, _ in listed for name in names], na.string())
    numbers = np.concatenate([np.empty(0, np.float32), *(weights for _, weights in listed)])
    weights = na.c_array_from_buffers(na.float32(), len(numbers), [None, numbers.astype(np.float32)])
    entries = na.c_array_from_buffers(_WEIGHT, len(numbers), [None], children=[ids, weights])
    return na.c_array_from_buffers(_WEIGHTS, len(block.rows), [valid, ends], children=[entries])


def _blocks(model: Scorer, rows: Int64 | range, which: Vectors) -> Iterator[Block]:
    """At least one block, so that an empty answer has its columns."""
    size = max(1, _BLOCK_NUMBERS // model.dim)
    for start in range(0, max(1, len(rows)), size):
        part = np.asarray(rows[start : start + size], np.int64)
        found = part >= 0
        ids = iter(model.nodes.ids(part[found].tolist()))
        vectors = np.zeros((len(part), model.dim), np.float32)
        vectors[found] = model.embeddings(part[found], source=which.source)
        yield Block([next(ids) if known else None for known in found.tolist()], found, vectors, part)


def _types(model: Scorer, rows: Int64) -> list[str | None]:
    """The type of each row of a typed model, None where it is −1."""
    types = model.types
    return [] if types is None else [None if row < 0 else types.name(row) for row in rows.tolist()]


def _nullable(block: Block) -> list[Float32 | None]:
    return [vector if known else None for vector, known in zip(block.vectors, block.found.tolist(), strict=True)]


def _shared_links(model: Scorer, block: Block) -> list[dict[str, float] | None]:
    return [None if row < 0 else shared_links(model, row) for row in block.rows.tolist()]


def shared_links(model: Scorer, row: int) -> dict[str, float]:
    """The sparse part of the vector of a row, as JSON has it."""
    ids, weights = model.neighbor_weights(row)
    return dict(zip(ids, weights.tolist(), strict=True))


def joined(blocks: Iterable[object]) -> Iterator[bytes]:
    """The items of lists, as JSON, with commas between, and no brackets around."""
    for i, block in enumerate(blocks):
        yield b"," * (i > 0) + orjson.dumps(block, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]


def write_map_json(model: Scorer, points: Float32) -> Iterator[bytes]:
    """One object with the method, and the columns `nodes`, `x` and `y` of `points`, float32 (N, 2)."""
    types = model.types
    columns: dict[str, Callable[[slice], object]] = {
        "nodes": lambda block: model.nodes.ids(range(block.start, min(block.stop, len(points)))),
        **({} if types is None else {"types": lambda block: types.names_of(slice(block.start, block.stop))}),
        "x": lambda block: np.ascontiguousarray(points[block, 0]),
        "y": lambda block: np.ascontiguousarray(points[block, 1]),
    }
    method = model.checkpoint.manifest.map_method
    yield orjson.dumps({"model": model.name, "version": model.version, "method": method})[:-1]
    for name, values in columns.items():
        yield f',"{name}":['.encode()
        yield from joined(values(block) for block in _map_blocks(points))
        yield b"]"
    yield b"}"


def write_map_bytes(_model: Scorer, points: Float32) -> Iterator[bytes]:
    """float32, little-endian: x and y of each row in turn."""
    return (points[block].astype("<f4", copy=False).tobytes() for block in _map_blocks(points))


def _map_blocks(points: Float32) -> Iterator[slice]:
    return (slice(start, start + _MAP_ROWS) for start in range(0, len(points), _MAP_ROWS))
