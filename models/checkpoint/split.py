"""`split.safetensors`: the split that a model was evaluated on, so that another method can be measured on the same pairs."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Array, Int64
from latentlink.models.checkpoint.tensors import map_tensors
from latentlink.models.errors import CheckpointError

SPLIT = "split.safetensors"


class NodePairs(NamedTuple):
    """A split by the rows of its nodes, int64 (m, 2) each; of links with relations (m, 3), with the number of the relation.

    Attributes:
        train: the message-passing and supervision edges.
        validation: held-out edges that select the epoch.
        validation_negatives: pairs that are not edges.
        test: held-out edges that metrics are of.
        test_negatives: pairs that are not edges.
    """

    train: Int64
    validation: Int64
    validation_negatives: Int64
    test: Int64
    test_negatives: Int64

    def tensors(self, n_nodes: int) -> dict[str, Array]:
        """The tensors of the file: int32, or int64 from 2³¹ nodes on."""
        dtype = np.int32 if n_nodes < 2**31 else np.int64
        return {name: pairs.astype(dtype) for name, pairs in self._asdict().items()}


def read_split(path: Path) -> NodePairs:
    """The split in a file.

    Raises:
        CheckpointError: it is no safetensors file, or a tensor is missing or not of int32 or int64 (m, 2) or (m, 3).
    """
    tensors = map_tensors(path)
    return NodePairs(*(_pairs(path, tensors, name) for name in NodePairs._fields))


def _pairs(path: Path, tensors: Mapping[str, Array], name: str) -> Int64:
    if name not in tensors:
        raise CheckpointError(f"{path}: expected a tensor named {name!r}, found {', '.join(tensors) or 'none'}")
    pairs = tensors[name]
    if pairs.dtype not in (np.int32, np.int64) or pairs.ndim != 2 or pairs.shape[1] not in (2, 3):
        raise CheckpointError(
            f"{path}, {name}: expected int32 or int64 (m, 2), the rows of both ends, or (m, 3) with the relation, "
            f"found {pairs.dtype} {pairs.shape}"
        )
    return pairs.astype(np.int64)
