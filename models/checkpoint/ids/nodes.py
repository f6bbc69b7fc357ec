"""The table of node ids: N strings in mapped memory with a hash index, without a Python object per node."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

import numpy as np
from typing_extensions import Buffer

from latentlink.models.arrays import Array, Int64
from latentlink.models.checkpoint.ids.hashing import Buckets, Texts, bucket_of, find_all, make_buckets

_FEW = 64  # up to so many ids, single lookups are faster than a batch


def encode_nodes(ids: Sequence[str]) -> dict[str, Array]:
    """The tensors of `nodes.safetensors` for N distinct strings.

    Returns:
        `bytes` uint8, the concatenated ids in UTF-8; `offsets` int64 (N+1), where each starts; `order` int64 (N,),
        rows sorted by their UTF-8; `bucket_starts` and `bucket_rows`, the `Buckets` of the ids.
    """
    encoded = [node.encode() for node in ids]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(node) for node in encoded], out=offsets[1:])
    content = np.frombuffer(b"".join(encoded), np.uint8)
    buckets = make_buckets(Texts(content, offsets[:-1], offsets[1:]))
    return {
        "bytes": content,
        "offsets": offsets,
        "order": np.array(sorted(range(len(encoded)), key=encoded.__getitem__), np.int64),
        "bucket_starts": buckets.starts,
        "bucket_rows": buckets.rows,
    }


def stored_texts(tensors: Mapping[str, Array]) -> Texts:
    """The ids by row."""
    return Texts(tensors["bytes"], tensors["offsets"][:-1], tensors["offsets"][1:])


class NodeTable:
    """Node ids by row and rows by node id.

    Args:
        tensors: as written by `encode_nodes`; older checkpoints lack the buckets, which are then computed.
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

    def row(self, node: str) -> int:
        """The row of an id, in [0, N).

        Raises:
            KeyError: no node has this id.
        """
        row = self._find(node)
        if row < 0:
            raise KeyError(node)
        return row

    def rows(self, nodes: Sequence[str] | Texts) -> Int64:
        """int64 (m,): the row of each id, −1 where no node has it."""
        if not isinstance(nodes, Texts):
            if len(nodes) <= _FEW:
                return np.array([self._find(node) for node in nodes], np.int64)
            nodes = Texts.of(nodes)
        # A text longer than every id is cut to one byte more than the longest: enough to find that it is unknown.
        shortened = nodes._replace(ends=np.minimum(nodes.ends, nodes.starts + self._longest + 1))
        return find_all(self._buckets, self._texts, shortened)

    def sorted_ids(self, low: int, high: int) -> Iterator[str]:
        """The ids at places [low, high) of the order of their UTF-8."""
        return (self.id(self._order[place]) for place in range(low, high))

    def place(self, encoded: bytes, low: int, high: int) -> int:
        """The first place in [low, high] of that order whose id, in UTF-8, is not below `encoded`."""
        return bisect_left(self._order, encoded, low, high, key=self._encoded)

    def _encoded(self, row: int) -> bytes:
        return bytes(self._bytes[self._offsets[row] : self._offsets[row + 1]])

    def _find(self, node: str) -> int:
        """The row of an id, or −1."""
        try:
            wanted = node.encode()
        except UnicodeEncodeError:  # a lone surrogate is no node's id
            return -1
        if len(wanted) > self._longest:
            return -1
        home = bucket_of(self._buckets.size, wanted)
        for at in range(self._bucket_starts[home], self._bucket_starts[home + 1]):
            row: int = self._bucket_rows[at]
            if self._encoded(row) == wanted:
                return row
        return -1
