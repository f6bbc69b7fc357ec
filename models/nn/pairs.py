"""The node pairs of one training step as a symmetric sparse matrix, laid out for their logits and for the gradient of these.

What is drawn on the host is ordered there, in numpy.
"""

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from latentlink.models.arrays import Array, Float32, Int32, Ints
from latentlink.models.nn.sparse import CPU, csr_tensor


def pair_matrix(n_nodes: int, pairs: Ints, weights: Float32 | None = None, *, device: torch.device = CPU) -> Tensor:
    """CSR (N, N) with what each pair counts in a mean over pairs, at both of its places, which sums to 2.

    Args:
        n_nodes: N.
        pairs: int (2, m), m > 0; repeated ones and a node with itself are entries of their own.
        weights: (m,), > 0, weights of the pairs for their mean, or None for equal ones.
        device: where it is to be.
    """
    m = pairs.shape[1]
    ends = pairs.astype(np.int32, copy=False)
    indptr, order = grouped(ends.ravel(), n_nodes)
    others = ends[::-1].ravel()[order]
    values = np.full(2 * m, 1 / m, np.float32)
    if weights is not None:
        values = np.tile((weights / weights.sum(dtype=np.float64)).astype(np.float32), 2)[order]
    parts: tuple[Array, ...] = (indptr, others, values)
    starts, columns, shares = (torch.from_numpy(part).to(device) for part in parts)
    return csr_tensor(starts, columns, shares, (n_nodes, n_nodes))


def grouped(keys: Int32, n_keys: int) -> tuple[Int32, Ints]:
    """Where each key from 0 to `n_keys` − 1 starts in the stable order of `keys`, (m,), and that order: a sort by counting.

    numpy has one for 16 bits; of more keys scipy's change from rows to columns is one, three to seven times as fast as a sort
    by comparing.
    """
    m = len(keys)
    if n_keys <= 2**16:
        starts = np.zeros(n_keys + 1, np.int32)
        np.cumsum(np.bincount(keys, minlength=n_keys), out=starts[1:])
        return starts, np.argsort(keys.astype(np.uint16), kind="stable")
    columns = sparse.csr_array((np.ones(m, np.int8), keys, np.arange(m + 1, dtype=np.int32)), (m, n_keys)).tocsc()
    return columns.indptr, columns.indices
