"""A graph's features as an encoder takes them: dense, sparse or none, whole or with entries dropped at random."""

import numpy as np
import torch

from models.csr import CSR, Float32
from models.encoders import Features
from models.sparse import CPU, SparseFeatures


class Inputs:
    """Features (N, F) of a graph, as they are.

    Args:
        features: float32 (N, F), CSR, or None.
        device: where the encoder is.
    """

    def __init__(self, features: Float32 | CSR | None, *, device: torch.device = CPU) -> None:
        self._sparse = SparseFeatures(features, device=device) if isinstance(features, CSR) else None
        self._dense = None if features is None or isinstance(features, CSR) else torch.from_numpy(features).to(device)

    @property
    def whole(self) -> Features:
        """All of them."""
        return self._dense if self._sparse is None else self._sparse.whole

    def dropout(self, share: float, rng: np.random.Generator) -> Features:
        """A random share of the entries left out and the others scaled up, so that sums keep their expectation."""
        if self._sparse is not None:
            return self._sparse.dropout(share, rng)
        if self._dense is None or share == 0:
            return self._dense
        keep = rng.random(tuple(self._dense.shape), np.float32) >= share
        return (self._dense * torch.from_numpy(keep).to(self._dense.device)).div_(1 - share)
