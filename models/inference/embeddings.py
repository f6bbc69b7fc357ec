"""The vectors that an encoder gives, with what it was given: the outcome of a training, and what a checkpoint stores."""

from dataclasses import dataclass

from latentlink.models.arrays import Float32, Int64


@dataclass(frozen=True)
class Embeddings:
    """What the encoder gives for the graph it saw.

    Attributes:
        mu: float32 (N, D).
        logvar: float32 (N, D), or None for an autoencoder that isn't variational.
        weights: the encoder's parameters, float32, under their public names.
        edges: int64 (e, 2), the edges that the encoder saw.
        edge_weights: float32 (e,) or None.
    """

    mu: Float32
    logvar: Float32 | None
    weights: dict[str, Float32]
    edges: Int64
    edge_weights: Float32 | None
