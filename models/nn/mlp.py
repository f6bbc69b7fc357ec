"""AE and VAE: an encoder of features alone, and a decoder that reconstructs the features.

The encoder does not use the graph; with a second head it is variational.
"""

import torch
from torch import Tensor, nn

from latentlink.models.arrays import Bool, Float32
from latentlink.models.config import TrainingConfig
from latentlink.models.inference.decoder import KINDS
from latentlink.models.nn.autoencoders import Posterior
from latentlink.models.nn.encoders import glorot
from latentlink.models.nn.sparse import SparseMatrix


class MLPEncoder(nn.Module):
    """μ = h M + m and log σ² = h S + s with h = ReLU(x W + w).

    Args:
        n_features: F.
        config: widths H and D, and whether there are two heads.
        generator: source of the initial weights (Glorot & Bengio 2010, uniform).
    """

    def __init__(self, n_features: int, config: TrainingConfig, *, generator: torch.Generator) -> None:
        super().__init__()
        hidden, dim, device = config.hidden, config.dim, generator.device
        self.hidden = glorot(n_features, hidden, generator)
        self.hidden_bias = nn.Parameter(torch.zeros(hidden, device=device))
        self.mu = glorot(hidden, dim, generator)
        self.mu_bias = nn.Parameter(torch.zeros(dim, device=device))
        # A small initial variance: with noisy inputs a decoder learns to ignore z, and the posterior collapses.
        self.logvar = nn.Parameter(torch.zeros(hidden, dim, device=device)) if config.variational else None
        self.logvar_bias = nn.Parameter(torch.full((dim,), -3.0, device=device)) if config.variational else None

    def forward(self, x: Tensor | SparseMatrix) -> Posterior:
        """The posterior of features x (m, F)."""
        hidden = torch.relu(x @ self.hidden + self.hidden_bias)  # (m, H)
        mu = hidden @ self.mu + self.mu_bias
        if self.logvar is None or self.logvar_bias is None:
            return Posterior(mu, None)
        return Posterior(mu, hidden @ self.logvar + self.logvar_bias)

    def public_weights(self) -> dict[str, Tensor]:
        """Parameters under their names in a checkpoint."""
        named = {
            "hidden.weight": self.hidden,
            "hidden.bias": self.hidden_bias,
            "mu.weight": self.mu,
            "mu.bias": self.mu_bias,
            "logvar.weight": self.logvar,
            "logvar.bias": self.logvar_bias,
        }
        return {f"mlp.{name}": weight for name, weight in named.items() if weight is not None}


class MLPDecoder(nn.Module):
    """x̂ = z W + ReLU(z V + c) U + b: logits of binary columns, values of the others.

    Its initial output is the column means; the hidden layer adds what a linear map can't fit. Half of the hidden units are
    dropped in each step, without which it memorizes the rows.

    Args:
        means: float32 (F,), of the training rows; in [0, 1] for binary columns.
        binary: bool (F,), which columns are binary.
        config: widths H and D.
        generator: source of the initial weights.
    """

    def __init__(self, means: Float32, binary: Bool, config: TrainingConfig, *, generator: torch.Generator) -> None:
        super().__init__()
        device = generator.device
        bias, self.binary = (torch.from_numpy(array).to(device) for array in (means, binary))
        self.linear = glorot(config.dim, len(means), generator)
        self.hidden = glorot(config.dim, config.hidden, generator)
        self.hidden_bias = nn.Parameter(torch.zeros(config.hidden, device=device))
        self.output = nn.Parameter(torch.zeros(config.hidden, len(means), device=device))
        self.bias = nn.Parameter(torch.where(self.binary, torch.logit(bias.clamp(1e-6, 1 - 1e-6)), bias))

    def forward(self, z: Tensor, generator: torch.Generator) -> Tensor:
        """The output (m, F) of z (m, D) in training."""
        hidden = torch.relu(z @ self.hidden + self.hidden_bias)
        keep = torch.rand(hidden.shape, generator=generator, device=z.device) >= 0.5
        return z @ self.linear + (hidden * keep * 2) @ self.output + self.bias

    def public_weights(self) -> dict[str, Tensor]:
        """Parameters under their names in a checkpoint, as `latentlink.models.inference.decoder` reads them."""
        return {
            "decoder.linear.weight": self.linear,
            "decoder.hidden.weight": self.hidden,
            "decoder.hidden.bias": self.hidden_bias,
            "decoder.output.weight": self.output,
            "decoder.bias": self.bias,
            KINDS: self.binary.float(),
        }


class FeatureAutoencoder(nn.Module):
    """Encoder q(z | x) and decoder p(x | z); with one head an AE, with two a VAE."""

    def __init__(self, encoder: MLPEncoder, decoder: MLPDecoder) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def public_weights(self) -> dict[str, Tensor]:
        """All parameters under their names in a checkpoint."""
        return {**self.encoder.public_weights(), **self.decoder.public_weights()}
