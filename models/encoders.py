"""Encoders: from features (N, F) and a propagation matrix (N, N) to the heads (N, D) of a latent distribution.

Every encoder takes `x`, dense or sparse or None for a graph without features, and a propagation matrix Â, and gives one (N, D)
tensor for each of its heads, ("mu",) or ("mu", "logvar"), in that order.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from models.config import TrainingConfig
from models.sparse import SparseMatrix

Features = Tensor | SparseMatrix | None


class GCNEncoder(nn.Module):
    """Two graph convolutions with a shared first layer: hₖ = Â ReLU(Â X W) Wₖ (Kipf & Welling 2016, 1611.07308).

    Without features X is the identity: every node has a row of W to itself.

    Args:
        n_inputs: F, or N without features.
        hidden: width of the shared layer.
        dim: D, width of each head.
        heads: names of the heads.
        generator: source of the initial weights (Glorot & Bengio 2010, uniform).
    """

    def __init__(
        self, n_inputs: int, hidden: int, dim: int, heads: Sequence[str], *, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.hidden = glorot(n_inputs, hidden, generator)
        # Pairs, not a dict: ParameterDict sorts the keys of a dict, and their order is that of the results.
        self.heads = nn.ParameterDict([(head, glorot(hidden, dim, generator)) for head in heads])

    def forward(self, x: Features, propagation: SparseMatrix) -> list[Tensor]:
        """One (N, D) tensor for each head."""
        hidden = torch.relu(propagation @ (self.hidden if x is None else x @ self.hidden))  # (N, H)
        weights = torch.cat(list(self.heads.values()), dim=1)  # (H, heads · D): one propagation serves all heads
        return list((propagation @ (hidden @ weights)).chunk(len(self.heads), dim=1))

    def public_weights(self) -> dict[str, Tensor]:
        """Parameters under the names they carry on disk."""
        heads = {f"gcn.{name}.weight": weight for name, weight in self.heads.items()}
        return {"gcn.hidden.weight": self.hidden, **heads}


class PropagationEncoder(nn.Module):
    """Âᴷ h with h = X W + E, a map that is linear but for the length of its rows.

    With `unit` every row of h is brought to one learned length s before it is propagated, so that a node's degree does not
    decide its score (VGNAE, Ahn & Kim 2021); without it this is the linear encoder of Salha et al. 2020 (2001.07614).

    Args:
        n_nodes: N.
        n_features: F, 0 without features.
        config: D, K, the encoder's kind and its heads.
        rows: whether each node has a learned row E beside its features; needed without features.
        generator: source of the initial weights.
    """

    def __init__(
        self, n_nodes: int, n_features: int, config: TrainingConfig, *, rows: bool, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.hops, self.unit = config.hops, config.encoder == "normalized"
        dim = config.dim
        self.features = glorot(n_features, dim, generator) if n_features else None
        self.rows = (
            nn.Parameter(0.1 * torch.randn(n_nodes, dim, generator=generator)) if rows or not n_features else None
        )
        self.scale = nn.Parameter(torch.tensor([1.8])) if self.unit else None
        self.logvar = nn.Parameter(torch.zeros(dim, dim)) if config.variational else None
        self.logvar_bias = nn.Parameter(torch.full((dim,), -3.0)) if config.variational else None

    def forward(self, x: Features, propagation: SparseMatrix) -> list[Tensor]:
        """One (N, D) tensor for each head."""
        hidden = torch.zeros(()) if self.rows is None else self.rows
        if self.features is not None:
            assert x is not None
            hidden = hidden + x @ self.features  # (N, D)
        if self.scale is not None:
            hidden = normalize(hidden, dim=1) * self.scale
        for _ in range(self.hops):
            hidden = propagation @ hidden
        if self.logvar is None or self.logvar_bias is None:
            return [hidden]
        return [hidden, hidden @ self.logvar + self.logvar_bias]

    def public_weights(self) -> dict[str, Tensor]:
        """Parameters under the names they carry on disk."""
        kind = "normalized" if self.unit else "linear"
        named = {
            "features.weight": self.features,
            "rows.weight": self.rows,
            "scale": self.scale,
            "logvar.weight": self.logvar,
            "logvar.bias": self.logvar_bias,
        }
        return {f"{kind}.{name}": weight for name, weight in named.items() if weight is not None}


def make_encoder(
    config: TrainingConfig, n_nodes: int, n_features: int, *, rows: bool, generator: torch.Generator
) -> GCNEncoder | PropagationEncoder:
    """The encoder that `config` asks for."""
    if config.encoder == "gcn":
        heads = ("mu", "logvar") if config.variational else ("mu",)
        return GCNEncoder(n_features or n_nodes, config.hidden, config.dim, heads, generator=generator)
    return PropagationEncoder(n_nodes, n_features, config, rows=rows, generator=generator)


def glorot(fan_in: int, fan_out: int, generator: torch.Generator) -> nn.Parameter:
    """Uniform weights (fan_in, fan_out) of Glorot & Bengio 2010."""
    return nn.Parameter(nn.init.xavier_uniform_(torch.empty(fan_in, fan_out), generator=generator))
