"""GAE and VGAE as one class: an encoder, a switch for the variational posterior, and the inner-product decoder."""

from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from models.encoders import Features, GCNEncoder, PropagationEncoder
from models.sparse import SparseMatrix, csr_tensor


class Posterior(NamedTuple):
    """q(z | X, A): mu (N, D) and logvar (N, D), or a point (logvar None) for an autoencoder that isn't variational."""

    mu: Tensor
    logvar: Tensor | None

    def sample(self, generator: torch.Generator) -> Tensor:
        """z = mu + σ ε with ε ~ N(0, I), (N, D); mu itself where the posterior is a point (Kingma & Welling 2013)."""
        if self.logvar is None:
            return self.mu
        noise = torch.randn(self.mu.shape, generator=generator, device=self.mu.device)
        return self.mu + torch.exp(0.5 * self.logvar) * noise


class GraphAutoencoder(nn.Module):
    """Encoder q(z | X, A) and decoder p(Aᵢⱼ = 1 | z) = σ(zᵢᵀzⱼ); with one head a GAE, with two a VGAE."""

    def __init__(self, encoder: GCNEncoder | PropagationEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, x: Features, propagation: SparseMatrix) -> Posterior:
        """The posterior of all N nodes."""
        mu, *logvar = self.encoder(x, propagation)
        return Posterior(mu, logvar[0] if logvar else None)


def decode(z: Tensor, pairs: Tensor) -> Tensor:
    """Logits zᵢᵀzⱼ (m,) of int64 pairs (2, m), differentiable in z (N, D)."""
    return cast(Tensor, _PairLogits.apply(z, pairs))  # type: ignore[no-untyped-call]


class _PairLogits(torch.autograd.Function):
    """sₚ = zᵢᵀzⱼ, with dL/dzᵢ = Σₚ (dL/dsₚ) zⱼ over the pairs of i.

    That sum is a product with the sparse symmetric matrix of the pairs' gradients: two to six times as fast as scattering rows
    into place, and added up in one order whatever the number of threads.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, pairs: Tensor) -> Tensor:
        ctx.save_for_backward(z, pairs)
        return (z.index_select(0, pairs[0]) * z.index_select(0, pairs[1])).sum(dim=1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        z, pairs = ctx.saved_tensors
        rows, columns = torch.cat([pairs[0], pairs[1]]), torch.cat([pairs[1], pairs[0]])
        order = torch.argsort(rows, stable=True)
        indptr = torch.zeros(len(z) + 1, dtype=torch.int64, device=z.device)
        torch.cumsum(torch.bincount(rows, minlength=len(z)), 0, out=indptr[1:])
        return csr_tensor(indptr, columns[order], gradients[0].repeat(2)[order], (len(z), len(z))) @ z, None
