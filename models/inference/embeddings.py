"""Embeddings with the encoder's parameters and message-passing edges: the result of a training, as a checkpoint stores it."""

from dataclasses import dataclass

from latentlink.models.arrays import Float32, Int64


@dataclass(frozen=True)
class Embeddings:
    """The output of an encoder, its parameters and its message-passing edges.

    Attributes:
        mu: float32 (N, D).
        logvar: float32 (N, D), or None for an autoencoder that isn't variational.
        weights: the encoder's parameters, float32, under their public names.
        edges: int64 (e, 2), the message-passing edges.
        edge_weights: float32 (e,), their weights, or None.
    """

    mu: Float32
    logvar: Float32 | None
    weights: dict[str, Float32]
    edges: Int64
    edge_weights: Float32 | None
