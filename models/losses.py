"""Losses on logits.

softplus keeps the gradient where log(σ(s) + ε) loses it: at a negative pair's logit of +20 the derivative is 1, not 0.
"""

import torch
from torch import Tensor
from torch.nn.functional import softplus


def link_loss(positive: Tensor, negative: Tensor, weight: Tensor | None = None) -> Tensor:
    """Binary cross-entropy: mean over positive pairs plus mean over negative pairs, a scalar in nats.

    −log σ(s) = softplus(−s) and −log(1 − σ(s)) = softplus(s).

    Args:
        positive: logits (p,) of edges.
        negative: logits (n,) of non-edges.
        weight: (p,), > 0, weights of the edges for their mean, or None for equal ones.
    """
    losses = softplus(-positive)
    if weight is None:
        return losses.mean() + softplus(negative).mean()
    share = weight / weight.max()  # sums of large weights would leave float32
    return (losses * share).sum() / share.sum() + softplus(negative).mean()


def kl_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """Mean over nodes of KL(N(mu, σ²) ‖ N(0, I)) in nats, a scalar (Kingma & Welling 2013, appendix B).

    KLᵢ = −½ Σ_d (1 + log σ²_id − mu²_id − σ²_id) for (N, D) inputs.
    """
    return -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(dim=1).mean()


def reconstruction_loss(output: Tensor, x: Tensor, binary: Tensor) -> Tensor:
    """Cross-entropy of binary columns plus squared error of the others, summed over features, mean over rows: a scalar.

    −x log σ(s) − (1 − x) log(1 − σ(s)) = softplus(s) − x s.

    Args:
        output: (m, F), logits of binary columns and values of the others.
        x: (m, F); cells that are NaN are missing and take no part.
        binary: bool (F,).
    """
    known = ~x.isnan()
    x = torch.where(known, x, 0)
    losses = torch.where(binary, softplus(output) - x * output, (x - output).square())
    return torch.where(known, losses, 0).sum(dim=1).mean()
