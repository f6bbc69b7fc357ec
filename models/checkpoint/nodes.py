"""The node-id table: N strings in mapped memory, found by bisection, without a Python object per node."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

import numpy as np
from typing_extensions import Buffer

from models.checkpoint.tensors import Array
from models.csr import Int64


def encode_nodes(ids: Sequence[str]) -> dict[str, Array]:
    """The tensors of `nodes.safetensors` for N distinct strings.

    Returns:
        `bytes` uint8, all ids in UTF-8 behind each other; `offsets` int64 (N+1), where each starts; `order` int64 (N,),
        rows sorted by their UTF-8.
    """
    encoded = [node.encode() for node in ids]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(node) for node in encoded], out=offsets[1:])
    return {
        "bytes": np.frombuffer(b"".join(encoded), np.uint8),
        "offsets": offsets,
        "order": np.array(sorted(range(len(encoded)), key=encoded.__getitem__), np.int64),
    }


class NodeTable:
    """Node ids by row and rows by node id.

    Args:
        tensors: as written by `encode_nodes`.
    """

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        # Indexing a memoryview gives Python integers, several times faster than an array's scalars.
        self._bytes, self._offsets, self._order = (
            memoryview(cast(Buffer, tensors[name])) for name in ("bytes", "offsets", "order")
        )

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, node: object) -> bool:
        return isinstance(node, str) and self._find(node)[1] >= 0

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
        row = self._find(node)[1]
        if row < 0:
            raise KeyError(node)
        return row

    def rows(self, nodes: Sequence[str]) -> Int64:
        """int64 (m,): the row of each id, −1 where no node has it."""
        return np.fromiter((self._find(node)[1] for node in nodes), np.int64, len(nodes))

    def sorted_ids(self, low: int, high: int) -> Iterator[str]:
        """The ids at places [low, high) of the order of their UTF-8."""
        return (self.id(self._order[place]) for place in range(low, high))

    def place(self, encoded: bytes, low: int, high: int) -> int:
        """The first place in [low, high] of that order whose id, in UTF-8, is not below `encoded`."""
        return bisect_left(self._order, encoded, low, high, key=self._encoded)

    def _encoded(self, row: int) -> bytes:
        return bytes(self._bytes[self._offsets[row] : self._offsets[row + 1]])

    def _find(self, node: str) -> tuple[int, int]:
        """Where `node` stands or would stand in sorted order, and its row or −1."""
        try:
            wanted = node.encode()
        except UnicodeEncodeError:  # a lone surrogate is no node's id
            return 0, -1
        low, high = 0, len(self._order)
        while low < high:
            middle = (low + high) // 2
            if self._encoded(self._order[middle]) < wanted:
                low = middle + 1
            else:
                high = middle
        if low < len(self._order) and self._encoded(row := self._order[low]) == wanted:
            return low, row
        return low, -1
