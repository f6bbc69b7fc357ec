"""Embeddings with the encoder's parameters and message-passing edges: the result of a training, as a checkpoint stores it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from latentlink.models.arrays import Float32, Int16, Int64
from latentlink.models.facts.published import Parts
from latentlink.models.graph.graph import adjacency
from latentlink.models.inference.link_decoder import LinkDecoder, SharedLinks


@dataclass(frozen=True)
class Embeddings:
    """The output of an encoder, its parameters and its message-passing edges.

    Attributes:
        mu: float32 (N, D); of directed links those of sources.
        logvar: float32 (N, D₁) of the D₁ dense columns, or None for an autoencoder that isn't variational.
        weights: the model's parameters, float32, under their public names.
        edges: int64 (e, 2), the message-passing edges; of directed links (source, target).
        edge_weights: float32 (e,), their weights, or None.
        column_weights: float32 (D,), what the products of each column count in a logit, or None for ones.
        parts: what the columns are, or None where all are the encoder's.
        target: float32 (N, D), of directed links the embeddings of targets; None where they are those of sources.
        target_logvar: float32 (N, D₁), beside `logvar`, or None.
        relations: int16 (e,), the relation of each of the edges, or None; the weights of relations are among `weights`.
    """

    mu: Float32
    logvar: Float32 | None
    weights: dict[str, Float32]
    edges: Int64
    edge_weights: Float32 | None
    column_weights: Float32 | None = None
    parts: Parts | None = None
    target: Float32 | None = None
    target_logvar: Float32 | None = None
    relations: Int16 | None = None

    @property
    def dense(self) -> Float32:
        """The encoder's columns, float32 (N, D₁)."""
        return self.mu if self.parts is None else self.mu[:, : self.parts.dense]

    @property
    def spectral(self) -> Float32:
        """The spectral columns, float32 (N, D₂)."""
        first, width = (self.mu.shape[1], 0) if self.parts is None else (self.parts.dense, self.parts.spectral)
        return self.mu[:, first : first + width]

    @property
    def dense_target(self) -> tuple[Float32, Float32] | None:
        """The encoder's columns of `target`, and `target_logvar`, float32 (N, D₁) each; None without them."""
        logvar = self.target_logvar
        return None if self.target is None or logvar is None else (self.target[:, : self.dense.shape[1]], logvar)

    @property
    def dense_weights(self) -> Float32 | None:
        """`column_weights` of the encoder's columns, float32 (D₁,), or None for ones."""
        return None if self.column_weights is None else self.column_weights[: self.dense.shape[1]]

    @cached_property
    def decoder(self) -> LinkDecoder:
        """The decoder of links between these embeddings."""
        if self.parts is None or not self.parts.shared_links:
            return LinkDecoder(self.mu, self.column_weights, targets=self.target)
        known, weights = adjacency(len(self.mu), self.edges), self.weights["shared_links.weight"].astype(np.float64)
        return LinkDecoder(self.mu, self.column_weights, SharedLinks(known.indptr, known.indices, weights))
