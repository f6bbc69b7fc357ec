"""Losses on logits.

softplus keeps the gradient where log(σ(s) + ε) loses it: at a negative pair's logit of +20 the derivative is 1, not 0.
"""

from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import softplus

from models.pairs import Pairs

_BLOCK = 2**18  # numbers of the rows that are multiplied at once, few enough for a core's cache


def link_loss(z: Tensor, pairs: Pairs) -> Tensor:
    """Cross-entropy of the logits zᵢᵀzⱼ: mean over edges plus mean over non-edges, a scalar in nats, differentiable in z (N, D).

    −log σ(s) = softplus(−s) and −log(1 − σ(s)) = softplus(s).
    """
    return cast(Tensor, _LinkLoss.apply(z, pairs))  # type: ignore[no-untyped-call]


class _LinkLoss(torch.autograd.Function):
    """L = Σₚ shareₚ softplus(signₚ sₚ) with sₚ = zᵢᵀzⱼ, so that dL/dzᵢ = Σₚ signₚ shareₚ σ(signₚ sₚ) zⱼ over the pairs of i.

    That sum is a product with a sparse symmetric matrix: faster than scattering rows into place, and added up in one order
    whatever the number of threads.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, pairs: Pairs) -> Tensor:
        signed = pair_logits(z, pairs.ends) * pairs.sign
        ctx.save_for_backward(z, torch.sigmoid(signed) * pairs.share * pairs.sign)
        ctx.pairs = pairs
        return softplus(signed).dot(pairs.share)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        z, slopes = ctx.saved_tensors
        return ctx.pairs.weighted_sums(slopes * gradients[0], z), None


def pair_logits(z: Tensor, ends: Tensor) -> Tensor:
    """zᵢᵀzⱼ (m,) of pairs (2, m) in blocks: the rows of all pairs at once would be many times the size of z."""
    step = max(1, _BLOCK // z.shape[1])
    blocks = (ends[:, start : start + step] for start in range(0, ends.shape[1], step))
    return torch.cat([(z.index_select(0, i) * z.index_select(0, j)).sum(dim=1) for i, j in blocks])


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
