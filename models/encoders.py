"""Encoders: from features (N, F) and a propagation matrix (N, N) to the heads (N, D) of a latent distribution."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.sparse import SparseMatrix


class GCNEncoder(nn.Module):
    """Two graph convolutions with a shared first layer: hₖ = Â ReLU(Â X W) Wₖ (Kipf & Welling 2016, 1611.07308).

    Args:
        n_features: F.
        hidden: width of the shared layer.
        dim: D, width of each head.
        heads: names of the heads, ("mu",) or ("mu", "logvar").
        generator: source of the initial weights (Glorot & Bengio 2010, uniform).
    """

    def __init__(
        self, n_features: int, hidden: int, dim: int, heads: Sequence[str], *, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.hidden = _glorot(n_features, hidden, generator)
        # Pairs, not a dict: ParameterDict sorts the keys of a dict, and their order is that of the results.
        self.heads = nn.ParameterDict([(head, _glorot(hidden, dim, generator)) for head in heads])

    def forward(self, x: Tensor | SparseMatrix, propagation: SparseMatrix) -> list[Tensor]:
        """One (N, D) tensor for each head, in the order of `heads`.

        Args:
            x: features (N, F), dense or sparse.
            propagation: Â (N, N).
        """
        hidden = torch.relu(propagation @ (x @ self.hidden))  # (N, H)
        weights = torch.cat(list(self.heads.values()), dim=1)  # (H, heads · D): one propagation serves all heads
        return list((propagation @ (hidden @ weights)).chunk(len(self.heads), dim=1))

    def public_weights(self) -> dict[str, Tensor]:
        """Parameters under the names they carry on disk."""
        heads = {f"gcn.{name}.weight": weight for name, weight in self.heads.items()}
        return {"gcn.hidden.weight": self.hidden, **heads}


def _glorot(fan_in: int, fan_out: int, generator: torch.Generator) -> nn.Parameter:
    return nn.Parameter(nn.init.xavier_uniform_(torch.empty(fan_in, fan_out), generator=generator))
