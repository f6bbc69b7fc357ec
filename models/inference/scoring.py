"""Logits and probabilities of pairs, computed by the same code in evaluation and in serving."""

import numpy as np

from latentlink.models.arrays import Float32, Float64, Ints

LARGEST = 1e15  # entry of an embedding: inner products of vectors with larger ones could overflow float32
HEAVIEST = 10_000  # weight of a column, for the same reason
_BLOCK_NUMBERS = 16_384  # of one end of the pairs at once: 128 KiB of float64, which stay in the cache


def pair_logits(
    mu: Float32,
    sources: Ints,
    targets: Ints,
    column_weights: Float32 | None = None,
    target_mu: Float32 | None = None,
    relation: Float32 | None = None,
) -> Float64:
    """The logits zᵢᵀzⱼ of m pairs, with z = mu (Kipf & Welling 2016, eq. 2).

    Products of two float32 are exact in float64 and every pair is summed in the same order, so that the logit of a pair is the
    same to the bit in both directions and in every batch.

    Args:
        mu: float32 (N, D).
        sources: int (m,), rows of `mu`, each in [0, N).
        targets: int (m,), rows of `mu`, each in [0, N).
        column_weights: float32 (D,), by which the products of each column count, of either sign; None for ones.
        target_mu: float32 (N, D), the vectors of targets; None for those of `mu`.
        relation: float32 (D,), the weights of the relation that the pairs are asked about, as in `related`; or None.

    Returns:
        float64 (m,).
    """
    target_mu = mu if target_mu is None else target_mu
    logits = np.empty(len(sources))
    size = max(1, min(len(sources), _BLOCK_NUMBERS // mu.shape[1]))
    rows = np.empty((size, mu.shape[1]), np.float32)  # allocated once: for small blocks that costs more than their sums
    left, right = np.empty((2, size, mu.shape[1]))
    for start in range(0, len(sources), size):
        block = slice(start, start + size)
        m = len(sources[block])
        left[:m] = np.take(mu, sources[block], 0, out=rows[:m], mode="clip")
        right[:m] = np.take(target_mu, targets[block], 0, out=rows[:m], mode="clip")
        if column_weights is not None:
            left[:m] *= column_weights
        if relation is not None:
            left[:m], right[:m] = _times_conjugate(right[:m], left[:m]), relation
        np.einsum("md,md->m", left[:m], right[:m], out=logits[block])
    return logits


def pair_logit(
    mu: Float32,
    source: int,
    target: int,
    column_weights: Float32 | None = None,
    target_mu: Float32 | None = None,
    relation: Float32 | None = None,
) -> float:
    """The logit of one pair of rows, equal to the bit to that of `pair_logits`, and faster for a single pair."""
    target_mu = mu if target_mu is None else target_mu
    left, right = mu[source, None].astype(np.float64), target_mu[target, None].astype(np.float64)
    if column_weights is not None:
        left *= column_weights
    if relation is not None:
        left, right = _times_conjugate(right, left), relation.astype(np.float64)[None]
    return float(np.einsum("md,md->m", left, right)[0])


def related(z: Float64, relation: Float32) -> Float64:
    """z ∘ r, whose inner product with a target t is the logit Re⟨z, r, t̄⟩ of ComplEx (Trouillon et al. 2016, eq. 11).

    Args:
        z: float64 (m, D) or (D,), D / 2 complex numbers: all real parts stand before all imaginary ones.
        relation: float32 (D,), likewise.

    Returns:
        float64, of the shape of `z`.
    """
    return _times_conjugate(z, conjugate(relation))


def _times_conjugate(z: Float64, t: Float64 | Float32) -> Float64:
    """z ∘ t̄, float64 of the shape of `z`; t ∘ z̄ is its conjugate to the bit, so that a logit is the same from either end."""
    half = z.shape[-1] // 2
    (a, b), (c, d) = (z[..., :half], z[..., half:]), (t[..., :half], t[..., half:])
    return np.concatenate([a * c + b * d, b * c - a * d], axis=-1)


def conjugate(relation: Float32) -> Float32:
    """The weights float32 (D,) of a relation turned round: Re⟨s, r, t̄⟩ = Re⟨t, r̄, s̄⟩."""
    half = len(relation) // 2
    return np.concatenate([relation[:half], -relation[half:]])


def rough_logits(vectors: Float32, others: Float32) -> Float32:
    """Inner products in float32, for the candidates that `pair_logits` then ranks.

    Args:
        vectors: float32 (m, D).
        others: float32 (q, D), or (D,).

    Returns:
        float32 (m, q), or (m,).
    """
    with np.errstate(invalid="ignore"):  # BLAS may set the flag for padding that it reads and drops
        products: Float32 = vectors @ others.T
    return products


def vector_logits(
    mu: Float32,
    z: Float32,
    targets: Ints,
    column_weights: Float32 | None = None,
    relation: Float32 | None = None,
) -> Float64:
    """The logits zᵀzⱼ of a vector, float32 (D,), with m rows of `mu`, float64 (m,); as `pair_logits` for a row z of `mu`."""
    source = z.astype(np.float64)
    if column_weights is not None:
        source *= column_weights
    logits = np.empty(len(targets))
    size = max(1, _BLOCK_NUMBERS // mu.shape[1])
    for start in range(0, len(targets), size):
        block = slice(start, start + size)
        others = mu[targets[block]].astype(np.float64)
        left = np.broadcast_to(source, others.shape)
        if relation is not None:
            left, others = _times_conjugate(others, left), np.broadcast_to(relation.astype(np.float64), others.shape)
        np.einsum("md,md->m", left, others, out=logits[block])
    return logits


def sigmoid(logits: Float64) -> Float64:
    """σ(x) = 1 / (1 + e⁻ˣ), float64 of any shape, without overflow at either end."""
    # e^-|x| is at most 1; σ(x) = 1/(1+e^-x) for x >= 0 and e^x/(1+e^x) below.
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1.0, small) / (1.0 + small)


def sigmoid_of(logit: float) -> float:
    """σ of one number, equal to the bit to that of `sigmoid`, and faster for a single number."""
    small = float(np.exp(-abs(logit)))
    return (1.0 if logit >= 0 else small) / (1.0 + small)
