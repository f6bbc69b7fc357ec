"""The node pairs of one training step as a symmetric sparse matrix, for their logits and the gradient of these.

Pairs are drawn on the host, and sorted there in numpy.
"""

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from latentlink.models.arrays import Array, Float32, Int32, Ints
from latentlink.models.nn.sparse import CPU, csr_tensor


def pair_matrix(
    n_nodes: int,
    pairs: Ints,
    weights: Float32 | None = None,
    *,
    total: float | None = None,
    device: torch.device = CPU,
) -> Tensor:
    """CSR (N, N) with the weight of each pair in a mean over pairs, at both (i, j) and (j, i): the entries sum to 2.

    Args:
        n_nodes: N.
        pairs: int (2, m), m > 0; repeated pairs and self-loops are entries of their own.
        weights: (m,), > 0, weights of the pairs in the mean, or None for equal ones.
        total: sum of the weights, or number, of all pairs of the mean, where these are some of them.
        device: of the result.
    """
    m = pairs.shape[1]
    ends = pairs.astype(np.int32, copy=False)
    indptr, order = grouped(ends.ravel(), n_nodes)
    others = ends[::-1].ravel()[order]
    values = np.full(2 * m, 1 / (total or m), np.float32)
    if weights is not None:
        of = np.float64(total or weights.sum(dtype=np.float64))
        values = np.tile((weights / of).astype(np.float32), 2)[order]
    parts: tuple[Array, ...] = (indptr, others, values)
    starts, columns, weighted = (torch.from_numpy(part).to(device) for part in parts)
    return csr_tensor(starts, columns, weighted, (n_nodes, n_nodes))


def grouped(keys: Int32, n_keys: int) -> tuple[Int32, Ints]:
    """A stable counting sort of `keys`, (m,): where each key from 0 to `n_keys` − 1 starts in the order, and the order.

    numpy has a counting sort for 16 bits; for more keys scipy's conversion from CSR to CSC is one, three to seven times as fast
    as a sort by comparisons.
    """
    m = len(keys)
    if n_keys <= 2**16:
        starts = np.zeros(n_keys + 1, np.int32)
        np.cumsum(np.bincount(keys, minlength=n_keys), out=starts[1:])
        return starts, np.argsort(keys.astype(np.uint16), kind="stable")
    columns = sparse.csr_array((np.ones(m, np.int8), keys, np.arange(m + 1, dtype=np.int32)), (m, n_keys)).tocsc()
    return columns.indptr, columns.indices
