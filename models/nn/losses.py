"""Losses on logits.

softplus keeps the gradient where log(σ(s) + ε) saturates: at a negative pair's logit of +20 the derivative is 1, not 0.
"""

from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import softplus

from latentlink.models.graph.circulants import Circulant
from latentlink.models.nn.sparse import product


def link_loss(z: Tensor, edges: Tensor, negatives: Tensor) -> Tensor:
    """Cross-entropy of the logits zᵢᵀzⱼ: mean over edges plus mean over negatives, a scalar in nats, differentiable in z (N, D).

    −log σ(s) = softplus(−s) and −log(1 − σ(s)) = softplus(s). Pairs are laid out by `latentlink.models.nn.pairs.pair_matrix`.
    """
    return cast(Tensor, _LinkLoss.apply(z, edges, negatives))  # type: ignore[no-untyped-call]


class _LinkLoss(torch.autograd.Function):
    """With signₚ = −1 for edges and 1 for negatives L = ½ Σ shareₚ softplus(signₚ sₚ) over both entries of each pair p.

    Hence dL/dzᵢ = Σ signₚ shareₚ σ(signₚ sₚ) zⱼ over the entries in row i: products with two sparse matrices, like the logits.
    Nothing is scattered, so that sums have the same order for any number of threads.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, edges: Tensor, negatives: Tensor) -> Tensor:
        of_edges, of_negatives = logits(z, edges), logits(z, negatives)
        loss = _cross_entropy(of_edges.values().neg_(), edges) + _cross_entropy(of_negatives.values(), negatives)
        ctx.save_for_backward(z, of_edges, of_negatives)
        return loss.div_(2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        z, of_edges, of_negatives = ctx.saved_tensors
        of_z = product(of_edges, z)
        torch.addmm(of_z, of_negatives, z, beta=-1, out=of_z)
        return of_z.mul_(gradients[0]), None, None


def _cross_entropy(signed: Tensor, pairs: Tensor) -> Tensor:
    """Σ shareₚ softplus(signₚ sₚ) over the entries of a CSR matrix; the derivatives take the place of the signed logits."""
    loss = softplus(signed).dot(pairs.values())
    signed.sigmoid_().mul_(pairs.values())
    return loss


def circulant_loss(z: Tensor, edges: Tensor, negatives: Circulant) -> Tensor:
    """`link_loss` whose negatives are a circulant graph: shifted slices take the place of a second sparse matrix."""
    return cast(Tensor, _CirculantLoss.apply(z, edges, negatives))  # type: ignore[no-untyped-call]


class _CirculantLoss(torch.autograd.Function):
    """The loss of `_LinkLoss`, with the gradient computed beside it, in one order for any number of threads."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, edges: Tensor, negatives: Circulant) -> Tensor:
        order, places = (torch.from_numpy(part).to(z.device) for part in (negatives.order, negatives.places))
        of_edges = logits(z, edges)
        loss = _cross_entropy(of_edges.values().neg_(), edges).div_(2)
        of_negatives, gradient = _circulant_cross_entropy(z.index_select(0, order), negatives)
        gradient = gradient.index_select(0, places)
        ctx.save_for_backward(torch.addmm(gradient, of_edges, z, alpha=-1, out=gradient))
        return loss.add_(of_negatives)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * gradients[0], None, None


def _circulant_cross_entropy(rows: Tensor, negatives: Circulant) -> tuple[Tensor, Tensor]:
    """The mean of softplus(s) over the negatives and its gradient (N, D), for the rows of z in the circulant's order."""
    n, twice = len(rows), torch.cat([rows, rows])  # row i + s mod N of `rows` is row i + s of `twice`
    signed, ones = (
        rows.new_empty((len(negatives.shifts), n)),
        rows.new_ones(rows.shape[1]),
    )  # a product sums rows faster
    for of_shift, shift in zip(signed, negatives.shifts, strict=True):
        torch.mv(rows * twice[shift : shift + n], ones, out=of_shift)
    edges = torch.from_numpy(negatives.edges).to(rows.device)
    signed.view(-1).index_fill_(0, edges, -torch.inf)  # a loss and a derivative of 0
    loss = softplus(signed).sum().div_(negatives.size)
    signed.sigmoid_().div_(negatives.size)
    gradient = torch.zeros_like(twice)
    for of_shift, shift in zip(signed[:, :, None], negatives.shifts, strict=True):
        gradient[:n].addcmul_(of_shift, twice[shift : shift + n])
        gradient[shift : shift + n].addcmul_(of_shift, rows)
    return loss, gradient[:n].add_(gradient[n:])


def logits(z: Tensor, pairs: Tensor) -> Tensor:
    """zᵢᵀzⱼ at each entry of a CSR matrix, with its layout (N, N); the other pairs are not computed."""
    return cast(Tensor, torch.sparse.sampled_addmm(pairs, z, z.t(), beta=0))


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
        x: (m, F); NaN cells are missing and have no loss.
        binary: bool (F,).
    """
    known = ~x.isnan()
    x = torch.where(known, x, 0)
    losses = torch.where(binary, softplus(output) - x * output, (x - output).square())
    return torch.where(known, losses, 0).sum(dim=1).mean()
