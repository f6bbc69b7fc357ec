"""GAE and VGAE as one class: an encoder and a switch for the variational posterior."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.encoders import Features, GCNEncoder, PropagationEncoder
from models.sparse import SparseMatrix


class Posterior(NamedTuple):
    """q(z | X, A): mu (N, D) and logvar (N, D), or a point (logvar None) for an autoencoder that isn't variational."""

    mu: Tensor
    logvar: Tensor | None

    def sample(self, generator: torch.Generator) -> Tensor:
        """z = mu + σ ε with ε ~ N(0, I), (N, D); mu itself where the posterior is a point (Kingma & Welling 2013)."""
        if self.logvar is None:
            return self.mu
        noise = torch.randn(self.mu.shape, generator=generator, device=self.mu.device)
        return torch.addcmul(self.mu, torch.exp(0.5 * self.logvar), noise)


class GraphAutoencoder(nn.Module):
    """Encoder q(z | X, A) and decoder p(Aᵢⱼ = 1 | z) = σ(zᵢᵀzⱼ); with one head a GAE, with two a VGAE."""

    def __init__(self, encoder: GCNEncoder | PropagationEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, x: Features, propagation: SparseMatrix) -> Posterior:
        """The posterior of all N nodes."""
        mu, *logvar = self.encoder(x, propagation)
        return Posterior(mu, logvar[0] if logvar else None)
