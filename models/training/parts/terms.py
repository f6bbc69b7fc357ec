"""Terms: numbers of a pair that a logit can be a weighted sum of, for some pairs and for all pairs of some nodes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.graph.csr import CSR, common_entries, entries_of, runs
from latentlink.models.inference.link_decoder import SharedLinks
from latentlink.models.inference.scoring import pair_logits, rough_logits
from latentlink.models.training.parts.spectrum import Spectrum

_LEAST_DENSE = 0.1  # weight of the encoder where it is used
POWERS = (1, 2, 4)  # of the size of an eigenvalue
_NUMBERS = 2**20  # of products of columns at once


class Term(Protocol):
    """One or several numbers of a pair, the same in both directions."""

    @property
    def width(self) -> int:
        """How many numbers."""

    @property
    def least(self) -> Float64:
        """The least weight of each number, float64 (width,)."""

    def of_pairs(self, pairs: Int64) -> Float64:
        """float64 (m, width), of int64 pairs (m, 2)."""

    def of_rows(self, nodes: Int64) -> Float32:
        """float32 (width, q, N), of nodes, int64 (q,), with every node."""


@dataclass(frozen=True)
class DenseTerm:
    """The inner products zᵢᵀzⱼ of an encoder's embeddings, float32 (N, D)."""

    z: Float32
    width: int = 1

    @property
    def least(self) -> Float64:
        """Above 0: without the encoder a model has no posterior."""
        return np.array([_LEAST_DENSE])

    def of_pairs(self, pairs: Int64) -> Float64:
        """As in `Term`."""
        return pair_logits(self.z, *pairs.T)[:, None]

    def of_rows(self, nodes: Int64) -> Float32:
        """As in `Term`."""
        return rough_logits(self.z[nodes], self.z)[None]


@dataclass(frozen=True)
class SharedTerm:
    """Common neighbours, Adamic-Adar and resource allocation over known links, (N, N)."""

    known: CSR
    width: int = 3

    @property
    def least(self) -> Float64:
        """As in `Term`: a shared link never tells against a link."""
        return np.zeros(self.width)

    @cached_property
    def _weights(self) -> Float64:
        """float64 (3, N): what each node counts in each number, if two nodes share it."""
        each = (SharedLinks(self.known.indptr, self.known.indices, one) for one in np.eye(3))
        return np.stack([shared.weight(np.diff(self.known.indptr)) for shared in each])

    def of_pairs(self, pairs: Int64) -> Float64:
        """As in `Term`; sums in the order of `SharedLinks.pairs`, to the bit."""
        sums = np.zeros((len(pairs), self.width))
        for pair, entries, _ in common_entries(self.known.indptr, self.known.indices, pairs):
            if len(pair):
                first, last = pair[0], pair[-1] + 1
                for one, terms in enumerate(self._weights[:, self.known.indices[entries]]):
                    sums[first:last, one] = np.bincount(pair - first, terms, last - first)
        return sums

    def of_rows(self, nodes: Int64) -> Float32:
        """As in `Term`."""
        found = np.zeros((self.width, len(nodes), len(self.known.indptr) - 1), np.float32)
        for at, node in enumerate(nodes.tolist()):
            found[:, at] = self._around(self.known.row(node).astype(np.int64))
        return found

    def _around(self, neighbors: Int64) -> Float64:
        """The numbers of a node with these neighbours and every node, float64 (3, N); sums as in `SharedLinks.around`."""
        indptr, sums = self.known.indptr, np.zeros((self.width, len(self.known.indptr) - 1))
        for block in runs(np.asarray(indptr[neighbors + 1] - indptr[neighbors]), _NUMBERS):
            position, entries = entries_of(indptr, neighbors[block])
            for one, weights in zip(sums, self._weights[:, neighbors[block]], strict=True):
                np.add.at(one, self.known.indices[entries], weights[position])
        return sums


@dataclass(frozen=True)
class SpectralTerm:
    """Σ |λ|ᵖ uᵢ uⱼ over the eigenvalues above 0, and over those below, for each power p of `POWERS`."""

    spectrum: Spectrum
    width: int = 2 * len(POWERS)

    @property
    def least(self) -> Float64:
        """None for eigenvalues below 0; those above never let near nodes repel each other.

        Near ends tell that a pair is not held out: without its link, the ends of a branch of a tree are in two components.
        """
        return np.repeat([0.0, -np.inf], len(POWERS))

    @cached_property
    def _weights(self) -> Float64:
        """float64 (r, width): what each column counts in each number."""
        return spectral_weights(self.spectrum.values)

    def of_pairs(self, pairs: Int64) -> Float64:
        """As in `Term`."""
        vectors = self.spectrum.vectors
        step = max(1, _NUMBERS // vectors.shape[1])
        blocks = (pairs[start : start + step].T for start in range(0, len(pairs), step))
        found = [(vectors[one] * vectors[other].astype(np.float64)) @ self._weights for one, other in blocks]
        return np.concatenate(found) if found else np.empty((0, self.width))

    def of_rows(self, nodes: Int64) -> Float32:
        """As in `Term`."""
        vectors, weights = self.spectrum.vectors, self._weights.astype(np.float32)
        return np.stack([rough_logits(vectors[nodes] * column, vectors) for column in weights.T])


def spectral_weights(values: Float64) -> Float64:
    """|λ|ᵖ of the eigenvalues (r,) above 0, then of those below, for each power; 0 for the others: float64 (r, 6)."""
    powers = np.abs(values)[:, None] ** np.array(POWERS, np.float64)
    above = (values > 0)[:, None]
    return np.asarray(np.concatenate([powers * above, powers * ~above], axis=1))


@dataclass(frozen=True)
class DegreeTerm:
    """log (1 + kᵢ) + log (1 + kⱼ) of the degrees k, int64 (N,)."""

    degrees: Int64
    width: int = 1

    @property
    def least(self) -> Float64:
        """As in `Term`: a held-out link is missing in the degrees of its ends, so that low ones would tell it."""
        return np.zeros(self.width)

    @cached_property
    def _logs(self) -> Float64:
        return np.asarray(np.log1p(self.degrees))

    def of_pairs(self, pairs: Int64) -> Float64:
        """As in `Term`."""
        return np.asarray(self._logs[pairs].sum(axis=1, keepdims=True))

    def of_rows(self, nodes: Int64) -> Float32:
        """As in `Term`."""
        return (self._logs[nodes][:, None] + self._logs[None, :]).astype(np.float32)[None]
