"""The one kernel behind every logit and probability that Latentlink computes, in evaluation and in serving."""

import numpy as np
import numpy.typing as npt

from models.csr import Float32, Ints

Float64 = npt.NDArray[np.float64]

LARGEST = 1e15  # that an embedding may hold: inner products of larger vectors could overflow float32
_BLOCK_NUMBERS = 1_048_576  # of one side at once: 8 MiB of float64


def pair_logits(mu: Float32, sources: Ints, targets: Ints) -> Float64:
    """The logits zᵢᵀzⱼ of m pairs, with z = mu (Kipf & Welling 2016, eq. 2).

    Products of two float32 are exact in float64 and every pair is summed in the same order, so that a pair's logit is the
    same to the bit in either direction and in whatever batch it stands.

    Args:
        mu: float32 (N, D).
        sources: int (m,), rows of `mu`.
        targets: int (m,), rows of `mu`.

    Returns:
        float64 (m,).
    """
    logits = np.empty(len(sources))
    size = max(1, _BLOCK_NUMBERS // mu.shape[1])
    for start in range(0, len(sources), size):
        block = slice(start, start + size)
        products = mu[sources[block]].astype(np.float64)
        products *= mu[targets[block]]
        np.sum(products, axis=1, out=logits[block])
    return logits


def vector_logits(mu: Float32, z: Float32, targets: Ints) -> Float64:
    """The logits zᵀzⱼ of one vector, float32 (D,), with m rows of `mu`: as `pair_logits` would if it were one, float64 (m,)."""
    logits = np.empty(len(targets))
    size = max(1, _BLOCK_NUMBERS // mu.shape[1])
    for start in range(0, len(targets), size):
        block = slice(start, start + size)
        products = mu[targets[block]].astype(np.float64)
        products *= z
        np.sum(products, axis=1, out=logits[block])
    return logits


def sigmoid(logits: Float64) -> Float64:
    """σ(x) = 1 / (1 + e⁻ˣ), float64 of any shape, without overflow at either end."""
    # e^-|x| is at most 1; σ(x) = 1/(1+e^-x) for x >= 0 and e^x/(1+e^x) below.
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1.0, small) / (1.0 + small)
