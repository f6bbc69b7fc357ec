"""A graph's features as the input of an encoder: dense, sparse or none, with or without dropout."""

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from latentlink.models.arrays import Float32, Int64
from latentlink.models.graph.csr import CSR
from latentlink.models.nn.encoders import Features
from latentlink.models.nn.sparse import CPU, SparseFeatures


class Inputs:
    """The features (N, F) of a graph.

    Args:
        features: float32 (N, F), CSR, or None.
        device: of the encoder.
    """

    def __init__(self, features: Float32 | CSR | None, *, device: torch.device = CPU) -> None:
        self._features, self._device = features, device

    @property
    def whole(self) -> Features:
        """All N rows, without dropout."""
        return self._sparse.whole if isinstance(self._features, CSR) else self._dense

    def dropout(self, share: float, rng: np.random.Generator) -> Features:
        """All N rows with a random share of the entries dropped and the others scaled up: sums keep their expectation."""
        if isinstance(self._features, CSR):
            return self._sparse.dropout(share, rng)
        return None if self._dense is None else self._dropped(self._dense, share, rng)

    def some(self, rows: Int64, share: float, rng: np.random.Generator) -> Features:
        """The rows of some nodes, int64 (m,), with dropout; of a mapped file no other row is read."""
        if self._features is None:
            return None
        if isinstance(self._features, CSR):
            return SparseFeatures(self._features.take(rows), device=self._device).dropout(share, rng)
        return self._dropped(torch.from_numpy(self._features[rows]).to(self._device), share, rng)

    def block(self, rows: slice) -> Features:
        """The rows of consecutive nodes, without dropout."""
        return self.some(np.arange(rows.start, rows.stop), 0, np.random.default_rng(0))

    @cached_property
    def _sparse(self) -> SparseFeatures:
        assert isinstance(self._features, CSR)
        return SparseFeatures(self._features, device=self._device)

    @cached_property
    def _dense(self) -> Tensor | None:
        if self._features is None or isinstance(self._features, CSR):
            return None
        return torch.from_numpy(np.require(self._features, requirements="W")).to(self._device)

    def _dropped(self, x: Tensor, share: float, rng: np.random.Generator) -> Tensor:
        if share == 0:
            return x
        keep = rng.random(tuple(x.shape), np.float32) >= share
        return (x * torch.from_numpy(keep).to(x.device)).div_(1 - share)
