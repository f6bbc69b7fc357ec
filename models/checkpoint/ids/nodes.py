"""The table of node ids: N strings in mapped memory with a hash index, without a Python object per node."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import cast

import numpy as np
from typing_extensions import Buffer

from latentlink.models.arrays import Array, Bool, Int64, Ints, UInt16
from latentlink.models.checkpoint.ids.hashing import Buckets, Texts, bucket_of, find_all, make_buckets, same_texts

_FEW = 64  # up to so many ids, single lookups are faster than a batch


def encode_nodes(ids: Sequence[str], types: Ints | UInt16 | None = None) -> dict[str, Array]:
    """The tensors of `nodes.safetensors` for N strings, distinct or, with `types`, distinct within a type.

    Args:
        ids: N strings.
        types: int (N,), the type of each node by its place in the manifest; None where all are of one type.

    Returns:
        `bytes` uint8, the concatenated ids in UTF-8; `offsets` int64 (N+1), where each starts; `order` int64 (N,),
        rows sorted by their UTF-8, then by type; `bucket_starts` and `bucket_rows`, the `Buckets` of the ids; with types
        also `type` uint16 (N,).
    """
    encoded = [node.encode() for node in ids]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(node) for node in encoded], out=offsets[1:])
    content = np.frombuffer(b"".join(encoded), np.uint8)
    buckets = make_buckets(Texts(content, offsets[:-1], offsets[1:]))
    rows = range(len(encoded)) if types is None else np.argsort(types, kind="stable").tolist()
    tensors: dict[str, Array] = {
        "bytes": content,
        "offsets": offsets,
        "order": np.array(sorted(rows, key=encoded.__getitem__), np.int64),
        "bucket_starts": buckets.starts,
        "bucket_rows": buckets.rows,
    }
    return tensors if types is None else {**tensors, "type": types.astype(np.uint16)}


def stored_texts(tensors: Mapping[str, Array]) -> Texts:
    """The ids by row."""
    return Texts(tensors["bytes"], tensors["offsets"][:-1], tensors["offsets"][1:])


class NodeTable:
    """Node ids by row and rows by node id.

    Args:
        tensors: as written by `encode_nodes`; older checkpoints lack the buckets, which are then computed.

    Attributes:
        types: uint16 (N,), the type of each node by its place in the manifest; None where all are of one type.
    """

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        self._texts = stored_texts(tensors)
        self._longest = int(np.max(self._texts.lengths()))
        self._buckets = (
            Buckets(tensors["bucket_starts"], tensors["bucket_rows"])
            if "bucket_starts" in tensors
            else make_buckets(self._texts)
        )
        # Indexing a memoryview gives Python integers, several times faster than an array's scalars.
        self._bytes, self._offsets, self._order = (
            memoryview(cast(Buffer, tensors[name])) for name in ("bytes", "offsets", "order")
        )
        self._bucket_starts, self._bucket_rows = (memoryview(cast(Buffer, array)) for array in self._buckets)
        self.types: UInt16 | None = tensors.get("type")

    @property
    def texts(self) -> Texts:
        """The ids by row, in UTF-8."""
        return self._texts

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, node: object) -> bool:
        return isinstance(node, str) and self._find(node) >= 0

    def id(self, row: int) -> str:
        """The id of a row in [0, N)."""
        return self._encoded(row).decode()

    def ids(self, rows: Iterable[int]) -> list[str]:
        """The ids of several rows."""
        return [self._encoded(row).decode() for row in rows]

    def row(self, node: str, kind: int | None = None) -> int:
        """The row of an id, in [0, N); with `kind` of a node of this type, else of any node that has the id.

        Raises:
            KeyError: no node has this id.
        """
        row = self._find(node, kind)
        if row < 0:
            raise KeyError(node)
        return row

    def rows(self, nodes: Sequence[str] | Texts, kind: int | None = None) -> Int64:
        """int64 (m,): the row of each id, as in `row`; −1 where no node has it."""
        if not isinstance(nodes, Texts):
            if len(nodes) <= _FEW:
                return np.array([self._find(node, kind) for node in nodes], np.int64)
            nodes = Texts.of(nodes)
        # A text longer than every id is cut to one byte more than the longest: enough to find that it is unknown.
        shortened = nodes._replace(ends=np.minimum(nodes.ends, nodes.starts + self._longest + 1))
        kinds = None if kind is None or self.types is None else (self.types, np.full(len(nodes.starts), kind))
        return find_all(self._buckets, self._texts, shortened, kinds)

    @cached_property
    def repeated(self) -> Bool:
        """Whether a node of another type has the id of each row, too, bool (N,)."""
        found = np.zeros(len(self), np.bool_)
        if self.types is not None:
            order = np.asarray(self._order)
            pairs = np.flatnonzero(same_texts(self._texts.take(order[1:]), self._texts.take(order[:-1])))
            found[order[pairs]] = found[order[pairs + 1]] = True
        return found

    def sorted_ids(self, low: int, high: int) -> Iterator[str]:
        """The ids at places [low, high) of the order of their UTF-8."""
        return (self.id(self._order[place]) for place in range(low, high))

    def place(self, encoded: bytes, low: int, high: int) -> int:
        """The first place in [low, high] of that order whose id, in UTF-8, is not below `encoded`."""
        return bisect_left(self._order, encoded, low, high, key=self._encoded)

    def _encoded(self, row: int) -> bytes:
        return bytes(self._bytes[self._offsets[row] : self._offsets[row + 1]])

    def _find(self, node: str, kind: int | None = None) -> int:
        """The row of an id, of a node of this type or of any; or −1."""
        try:
            wanted = node.encode()
        except UnicodeEncodeError:  # a lone surrogate is no node's id
            return -1
        if len(wanted) > self._longest:
            return -1
        home = bucket_of(self._buckets.size, wanted)
        for at in range(self._bucket_starts[home], self._bucket_starts[home + 1]):
            row: int = self._bucket_rows[at]
            if self._encoded(row) == wanted and (kind is None or self.types is None or self.types[row] == kind):
                return row
        return -1
