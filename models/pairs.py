"""The node pairs of one training step, laid out for their logits and for the gradient of these.

All of it is numpy on the host: what is drawn there is ordered there.
"""

from typing import NamedTuple

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from models.checkpoint.tensors import Array
from models.csr import Float32, Int32, Ints
from models.sparse import CPU, csr_tensor, product


class Pairs(NamedTuple):
    """m pairs of N nodes, edges before non-edges.

    Attributes:
        ends: int32 (2, m), rows of the two nodes of each pair.
        sign: float32 (m,), −1 for an edge and 1 for a non-edge: softplus(sign · logit) is the cross-entropy of the pair.
        share: float32 (m,), what each pair counts in the loss; the edges' sum to 1, and the non-edges'.
        indptr: int32 (N + 1,), where each node starts in `others` and `pair`.
        others: int32 (2m,), by node, the node at the other end of each of its pairs.
        pair: int64 (2m,), by node, which pair that is.
    """

    ends: Tensor
    sign: Tensor
    share: Tensor
    indptr: Tensor
    others: Tensor
    pair: Tensor

    def weighted_sums(self, values: Tensor, z: Tensor) -> Tensor:
        """(N, D): for each node the sum over its pairs of the pair's value times z of the other end."""
        n = len(self.indptr) - 1
        return product(csr_tensor(self.indptr, self.others, values.index_select(0, self.pair), (n, n)), z)


def make_pairs(
    n_nodes: int, edges: Ints, non_edges: Ints, weights: Float32 | None = None, *, device: torch.device = CPU
) -> Pairs:
    """Lay out the edges, (2, p), and non-edges, (2, n), of a step.

    Args:
        n_nodes: N.
        edges: int (2, p), p > 0.
        non_edges: int (2, n), n > 0.
        weights: (p,), > 0, weights of the edges for their mean, or None for equal ones.
        device: where the tensors are to be.
    """
    p, n = edges.shape[1], non_edges.shape[1]
    ends = np.concatenate([edges, non_edges], axis=1, dtype=np.int32)
    sign, share = np.ones(p + n, np.float32), np.full(p + n, 1 / n, np.float32)
    sign[:p] = -1
    share[:p] = 1 / p if weights is None else weights / weights.sum(dtype=np.float64)
    indptr, order = grouped(ends.ravel(), n_nodes)
    others = ends[::-1].ravel()[order]
    pair = np.where(order < p + n, order, order - (p + n))
    parts: tuple[Array, ...] = (ends, sign, share, indptr, others, pair)
    return Pairs(*(torch.from_numpy(part).to(device) for part in parts))


def grouped(keys: Int32, n_keys: int) -> tuple[Int32, Int32]:
    """Where each key from 0 to `n_keys` − 1 starts in the stable order of `keys`, (m,), and that order: a sort by counting.

    scipy's change from rows to columns is one; it is three to seven times as fast as a sort by comparing.
    """
    m = len(keys)
    columns = sparse.csr_array((np.ones(m, np.int8), keys, np.arange(m + 1, dtype=np.int32)), (m, n_keys)).tocsc()
    return columns.indptr, columns.indices
