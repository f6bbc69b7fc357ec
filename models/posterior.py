"""What the posterior of a variational model came to: how wide it is, and how far from the prior."""

import numpy as np

from models.csr import Float32
from models.scoring import Float64

_BLOCK = 16_384  # rows at once


def posterior_facts(mu: Float32, logvar: Float32 | None) -> dict[str, float] | None:
    """Two numbers that tell a collapsed posterior (σ = 1, KL = 0) and a deterministic one (σ = 0) from those between.

    Args:
        mu: (N, D), means.
        logvar: (N, D), log σ², or None for a model that isn't variational.

    Returns:
        `median_sigma`, over all entries, and `kl_per_node`, the mean over nodes of KL(N(mu, σ²) ‖ N(0, I)) in nats,
        KLᵢ = −½ Σ_d (1 + log σ²_id − mu²_id − σ²_id) (Kingma & Welling 2013, appendix B); None without `logvar`.
    """
    if logvar is None:
        return None
    middle = [(logvar.size - 1) // 2, logvar.size // 2]
    sums = [_divergences(mu[at : at + _BLOCK], logvar[at : at + _BLOCK]) for at in range(0, len(mu), _BLOCK)]
    return {
        "median_sigma": float(np.exp(np.partition(logvar, middle, axis=None)[middle] / 2, dtype=np.float64).mean()),
        "kl_per_node": float(np.concatenate(sums).mean() / 2),
    }


def _divergences(mu: Float32, logvar: Float32) -> Float64:
    """2 KLᵢ, float64 (m,)."""
    cells = np.square(mu, dtype=np.float64) + np.exp(logvar, dtype=np.float64) - 1 - logvar
    return np.asarray(cells.sum(axis=1))
