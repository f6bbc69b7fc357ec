"""GAE and VGAE as one class: an encoder and a switch for the variational posterior."""

from math import log
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from latentlink.models.nn.encoders import Features, GCNEncoder, PropagationEncoder
from latentlink.models.nn.sparse import SparseMatrix

_HALF_OF_LOG2_E = 0.5 / log(2)  # √eˣ = 2^(x / 2 ln 2); exp2 takes a third of the time of exp


class Posterior(NamedTuple):
    """q(z | X, A): mu (N, D) and logvar (N, D), or a point (logvar None) for an autoencoder that isn't variational."""

    mu: Tensor
    logvar: Tensor | None

    def first(self, m: int) -> "Posterior":
        """The posterior of the first m nodes."""
        return Posterior(self.mu[:m], None if self.logvar is None else self.logvar[:m])

    def sample(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """z = mu + σ ε with ε ~ N(0, I), (N, D), and the mean over nodes of KL(q ‖ N(0, I)) in nats; both differentiable.

        For a point posterior z is mu, and the KL, which would be infinite, counts as 0 (Kingma & Welling 2013).
        """
        if self.logvar is None:
            return self.mu, torch.zeros((), device=self.mu.device)
        noise = torch.randn(self.mu.shape, generator=generator, device=self.mu.device)
        return cast(tuple[Tensor, Tensor], _Sample.apply(self.mu, self.logvar, noise))  # type: ignore[no-untyped-call]


class _Sample(torch.autograd.Function):
    """z = mu + σ ε and KL = Σ (mu² + σ² − log σ² − 1) / 2N in few passes over memory.

    Hence dmu = dz + mu dKL / N and d log σ² = ½ ((dz ε + σ dKL / N) σ − dKL / N).
    """

    @staticmethod
    def forward(ctx: Any, mu: Tensor, logvar: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        sigma = (logvar * _HALF_OF_LOG2_E).exp2_()
        ctx.save_for_backward(mu, sigma, noise)
        means, widths = mu.reshape(-1), sigma.view(-1)
        squares = means.dot(means).add_(widths.dot(widths))
        return torch.addcmul(mu, sigma, noise), squares.sub_(logvar.sum()).sub_(mu.numel()).div_(2 * len(mu))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        mu, sigma, noise = ctx.saved_tensors
        of_z, share = gradients[0], gradients[1] / len(mu)
        of_logvar = (of_z * noise).addcmul_(sigma, share).mul_(sigma).sub_(share).mul_(0.5)
        return torch.addcmul(of_z, mu, share), of_logvar, None


class GraphAutoencoder(nn.Module):
    """Encoder q(z | X, A) and decoder p(Aᵢⱼ = 1 | z) = σ(zᵢᵀzⱼ); with one head a GAE, with two a VGAE."""

    def __init__(self, encoder: GCNEncoder | PropagationEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, x: Features, propagation: SparseMatrix, nodes: Tensor | None = None) -> Posterior:
        """The posterior of all N nodes, or of some nodes, int64 (m,), with their rows of x and Â between them."""
        mu, *logvar = self.encoder(x, propagation, nodes)
        return Posterior(mu, logvar[0] if logvar else None)
