"""A composition: which parts a logit is the sum of, with their weights, and the embeddings that it makes of a graph."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.facts.published import Parts
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.training.parts.spectrum import Kind, Spectrum, rank_of, spectrum
from latentlink.models.training.parts.terms import spectral_weights


@dataclass(frozen=True)
class Composition:
    """The weights of all parts; zeros where a part is left out.

    Attributes:
        dense: of the encoder's inner product.
        shared: of common neighbours, Adamic-Adar and resource allocation.
        kind: of the spectrum, or None without spectral columns.
        spectral: of the numbers of `SpectralTerm`.
        degree: g in the bias g log(1 + k) of a node with k links.
        constant: of every pair.
    """

    dense: float = 1.0
    shared: tuple[float, float, float] = (0.0, 0.0, 0.0)
    kind: Kind | None = None
    spectral: tuple[float, ...] = ()
    degree: float = 0.0
    constant: float = 0.0

    def scaled(self, slope: float, intercept: float) -> Self:
        """The composition of logits a s + b."""
        return replace(
            self,
            dense=slope * self.dense,
            shared=(slope * self.shared[0], slope * self.shared[1], slope * self.shared[2]),
            spectral=tuple(slope * weight for weight in self.spectral),
            degree=slope * self.degree,
            constant=slope * self.constant + intercept,
        )

    @property
    def used(self) -> set[str]:
        """Names of the parts that add to a logit; a constant alone is none."""
        added = {
            "dense": self.dense,
            "shared_links": any(self.shared),
            "spectral": any(self.spectral),
            "bias": self.degree,
        }
        return {part for part, weight in added.items() if weight}

    @property
    def heaviest(self) -> float:
        """A bound on the sizes of all column weights: those of a spectrum sum powers of at most 1, for either sign of λ."""
        powers = np.abs(np.array(self.spectral)).reshape(2, -1).sum(axis=1)
        return float(max(1.0, abs(self.dense), *powers.tolist()))

    def find_spectrum(self, graph: Graph) -> Spectrum | None:
        """The spectrum of all edges of a graph, which `embed` takes; None without spectral columns."""
        if self.kind is None:
            return None
        n, edges = graph.n_nodes, graph.edges
        return spectrum(n, edges, self.kind, rank_of(graph), bipartite=not graph.ends_share_links)

    def embed(
        self,
        n: int,
        edges: Int64,
        edge_weights: Float32 | None,
        dense: Embeddings | None,
        found: Spectrum | None,
    ) -> Embeddings:
        """The embeddings of a graph by all parts.

        Args:
            n: N.
            edges: int64 (e, 2), the message-passing edges.
            edge_weights: float32 (e,), or None; only the encoder uses them.
            dense: of the encoder, with the same edges; needed where this part is not left out.
            found: the spectrum of these edges, if any of its columns is used.
        """
        found = None if self.kind is None else found
        degrees = np.bincount(edges.ravel(), minlength=n)
        groups = [
            group for group in (self._dense(dense), self._spectral(found), self._bias(degrees)) if group is not None
        ]
        columns, column_weights = (np.concatenate(arrays, axis=-1) for arrays in zip(*groups, strict=True))
        used = dense if self.dense else None
        return Embeddings(
            mu=columns,
            logvar=None if used is None else used.logvar,
            weights={**({} if used is None else used.weights), **self._weights(found)},
            edges=edges,
            edge_weights=edge_weights,
            column_weights=column_weights,
            parts=Parts(
                dense=0 if used is None else used.mu.shape[1],
                spectral=0 if found is None else len(found.values),
                bias=2,
                shared_links=any(self.shared),
            ),
        )

    def _dense(self, dense: Embeddings | None) -> tuple[Float32, Float32] | None:
        if not self.dense:
            return None
        assert dense is not None
        return dense.mu, np.full(dense.mu.shape[1], self.dense, np.float32)

    def _spectral(self, found: Spectrum | None) -> tuple[Float32, Float32] | None:
        if found is None:
            return None
        return found.vectors, (spectral_weights(found.values) @ np.array(self.spectral)).astype(np.float32)

    def _bias(self, degrees: Int64) -> tuple[Float32, Float32]:
        """Two columns whose products sum to bᵢ + bⱼ: (b + 1)(b' + 1) / 2 − (b − 1)(b' − 1) / 2 = b + b'."""
        bias: Float64 = self.degree * np.log1p(degrees) + self._of_node
        columns = np.stack([bias + 1, bias - 1], axis=1) / np.sqrt(2)
        return columns.astype(np.float32), np.array([1, -1], np.float32)

    @property
    def _of_node(self) -> float:
        """The constant's share of each of the two nodes of a pair."""
        return self.constant / 2

    def _weights(self, found: Spectrum | None) -> dict[str, Float32]:
        """What a reader computes the vectors of new nodes from, under public names."""
        weights: dict[str, Float64] = {
            "bias.degree": np.array([self.degree]),
            "bias.constant": np.array([self._of_node]),
        }
        if any(self.shared):
            weights["shared_links.weight"] = np.array(self.shared)
        if found is not None:
            weights["spectral.scale"] = 1 / found.values
            weights["spectral.shift"] = np.array([found.shift])
            weights["spectral.loops"] = np.array([found.kind.loops])
        return {name: weight.astype(np.float32) for name, weight in weights.items()}
