"""Encoders: from features (N, F) and a propagation matrix (N, N) to the heads (N, D) of a latent distribution.

Every encoder takes `x`, dense or sparse or None for a graph without features, and a propagation matrix Â, and returns one (N, D)
tensor for each of its heads, ("mu",) or ("mu", "logvar"), in that order. Parameters are made on the generator's device.

The steps of an encoder are `entered` (row by row), propagations with `between` after each but the last (column by column), and
`finished` (row by row), so that `latentlink.models.training.trainers.neighbor_sampling` can compute them in blocks.
"""

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from latentlink.models.config import TrainingConfig
from latentlink.models.inference.encoders import block_widths
from latentlink.models.nn.sparse import SparseMatrix

Features = Tensor | SparseMatrix | None


class GCNEncoder(nn.Module):
    """Two graph convolutions with a shared first layer: hₖ = Â ReLU(Â X W) Wₖ (Kipf & Welling 2016, 1611.07308).

    Without features X is the identity, and the rows of W are node embeddings.

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
        # Pairs, not a dict: ParameterDict sorts the keys of a dict, and the results have the order of the parameters.
        self.heads = nn.ParameterDict([(head, glorot(hidden, dim, generator)) for head in heads])

    def forward(self, x: Features, propagation: SparseMatrix, nodes: Tensor | None = None) -> list[Tensor]:
        """One tensor (N, D) for each head; for some nodes, int64 (m,), with their rows of x and Â between them, (m, D)."""
        hidden = self.hidden if x is not None or nodes is None else self.hidden[nodes]
        return list(_Convolved.apply(propagation, x, hidden, *self.heads.values()))  # type: ignore[no-untyped-call]

    def entered(self, x: Features, nodes: Tensor | None = None) -> Tensor:
        """X W, (N, H)."""
        if x is not None:
            return x @ self.hidden
        return self.hidden if nodes is None else self.hidden[nodes]

    @property
    def widths(self) -> dict[int, int]:
        """The number of columns by the number of their propagations."""
        return {2: self.hidden.shape[1]}

    @staticmethod
    def between(propagated: Tensor) -> Tensor:
        """The activation between two propagations."""
        return torch.relu(propagated)

    def finished(self, propagated: Tensor) -> list[Tensor]:
        """The heads of propagated columns (N, H): (Â H) W = Â (H W)."""
        return [propagated @ weight for weight in self.heads.values()]

    def public_weights(self) -> dict[str, Tensor]:
        """Parameters under their names in a checkpoint."""
        heads = {f"gcn.{name}.weight": weight for name, weight in self.heads.items()}
        return {"gcn.hidden.weight": self.hidden, **heads}


class _Convolved(torch.autograd.Function):
    """Hₖ = S Uₖ with S = Â R and R = ReLU(Â X W) as one autograd node: on a small graph a node costs as much as a product.

    With Gₖ = dL/dHₖ: dL/dUₖ = Sᵀ Gₖ and dL/dW = Xᵀ Âᵀ (Âᵀ Σₖ Gₖ Uₖᵀ ∘ [R > 0]).
    """

    @staticmethod
    def forward(ctx: Any, propagation: SparseMatrix, x: Features, hidden: Tensor, *heads: Tensor) -> tuple[Tensor, ...]:
        entered = hidden if x is None else x.times(hidden) if isinstance(x, SparseMatrix) else x @ hidden
        between = torch.relu_(propagation.times(entered))
        propagated = propagation.times(between)
        ctx.propagation, ctx.x = propagation, x
        ctx.save_for_backward(between, propagated, *heads)
        return tuple(propagated @ head for head in heads)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        between, propagated, *heads = ctx.saved_tensors
        of_propagated = gradients[0] @ heads[0].t()
        for gradient, head in zip(gradients[1:], heads[1:], strict=True):
            of_propagated.addmm_(gradient, head.t())
        of_between = ctx.propagation.transposed_times(of_propagated)
        of_hidden = ctx.propagation.transposed_times(of_between.mul_(between.sign()))  # times the derivative of ReLU
        if ctx.x is not None:
            of_hidden = ctx.x.transposed_times(of_hidden) if isinstance(ctx.x, SparseMatrix) else ctx.x.t() @ of_hidden
        return None, None, of_hidden, *(propagated.t() @ gradient for gradient in gradients)


class PropagationEncoder(nn.Module):
    """K-hop propagation of h = X W + E, a map that is linear except for the length of its rows.

    `linear` is Âᴷ h (Salha et al. 2020, 2001.07614). `normalized` scales rows to a learned length s before propagation, so that
    a node's degree does not decide its score (VGNAE, Ahn & Kim 2021), and uses 0 to K hops at once: h is split into blocks
    h₀ … h_K and z = [s₀ h₀/‖h₀‖, Â s₁ h₁/‖h₁‖, …, Âᴷ s_K h_K/‖h_K‖] / √(K + 1), so that a logit is the mean of the blocks'
    logits. A node embedding carries no information on other nodes before propagation: with E there is only block K.

    Args:
        n_nodes: N.
        n_features: F, 0 without features.
        config: D, K, the encoder's kind and its heads.
        node_embeddings: whether each node has a learned embedding E beside its features; always so without features.
        generator: source of the initial weights.
    """

    def __init__(
        self,
        n_nodes: int,
        n_features: int,
        config: TrainingConfig,
        *,
        node_embeddings: bool,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        dim, device = config.dim, generator.device
        node_embeddings, self.unit = node_embeddings or not n_features, config.encoder == "normalized"
        self.widths = block_widths(dim, config.hops, multiscale=self.unit and not node_embeddings)
        self.features = glorot(n_features, dim, generator) if n_features else None
        # The node embeddings E; the attribute is the parameter's name in the state of a training that was killed.
        self.rows = (
            nn.Parameter(0.1 * torch.randn(n_nodes, dim, generator=generator, device=device))
            if node_embeddings
            else None
        )
        self.scale = nn.Parameter(torch.full((len(self.widths),), 1.8, device=device)) if self.unit else None
        self.logvar = nn.Parameter(torch.zeros(dim, dim, device=device)) if config.variational else None
        self.logvar_bias = nn.Parameter(torch.full((dim,), -3.0, device=device)) if config.variational else None

    def forward(self, x: Features, propagation: SparseMatrix, nodes: Tensor | None = None) -> list[Tensor]:
        """One tensor (N, D) for each head; for some nodes, int64 (m,), with their rows of x and Â between them, (m, D)."""
        return self.finished(self._propagated(self.entered(x, nodes), propagation))

    def entered(self, x: Features, nodes: Tensor | None = None) -> Tensor:
        """s h/‖h‖ in every block, or h as it is: (N, D)."""
        hidden = None if self.rows is None else self.rows if nodes is None else self.rows[nodes]
        if self.features is not None:
            assert x is not None
            hidden = x @ self.features if hidden is None else hidden + x @ self.features  # (N, D)
        assert hidden is not None
        if self.scale is None:
            return hidden
        blocks = torch.split_with_sizes(hidden, list(self.widths.values()), dim=1)
        lengths = self.scale / len(blocks) ** 0.5
        return torch.cat([rows_of_length(block, length) for block, length in zip(blocks, lengths, strict=True)], dim=1)

    @staticmethod
    def between(propagated: Tensor) -> Tensor:
        """The identity."""
        return propagated

    def finished(self, propagated: Tensor) -> list[Tensor]:
        """The heads of propagated columns (N, D), which are the mean."""
        if self.logvar is None or self.logvar_bias is None:
            return [propagated]
        return [propagated, torch.addmm(self.logvar_bias, propagated, self.logvar)]

    def _propagated(self, columns: Tensor, propagation: SparseMatrix) -> Tensor:
        """Each block propagated by its number of hops, (N, D); blocks with hops left are propagated together."""
        done: list[Tensor] = []
        hops = 0
        for target, width in self.widths.items():
            for _ in range(hops, target):
                columns = propagation @ columns
            hops = target
            done.append(columns[:, :width])
            columns = columns[:, width:]
        return torch.cat(done, dim=1)

    def public_weights(self) -> dict[str, Tensor]:
        """Parameters under their names in a checkpoint."""
        kind = "normalized" if self.unit else "linear"
        named = {
            "features.weight": self.features,
            "rows.weight": self.rows,
            "scale": self.scale,
            "logvar.weight": self.logvar,
            "logvar.bias": self.logvar_bias,
        }
        return {f"{kind}.{name}": weight for name, weight in named.items() if weight is not None}


def rows_of_length(x: Tensor, length: Tensor) -> Tensor:
    """y = s x/‖x‖ for each row of x (N, d) and a scalar s, 0 for a row of zeros; differentiable in both."""
    return cast(Tensor, _RowsOfLength.apply(x, length))  # type: ignore[no-untyped-call]


class _RowsOfLength(torch.autograd.Function):
    """With g = dL/dy: dL/dx = (g − (gᵀy) y/s²) s/‖x‖ and dL/ds = Σ gᵀy / s, from y and the lengths alone."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, length: Tensor) -> Tensor:
        scale: Tensor = length / torch.linalg.vector_norm(x, dim=1, keepdim=True).clamp_min_(1e-12)
        y = x * scale
        ctx.save_for_backward(y, scale, length)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        y, scale, length = ctx.saved_tensors
        along = torch.linalg.vecdot(gradients[0], y).unsqueeze(1)
        of_x = torch.addcmul(gradients[0], along / length.square(), y, value=-1).mul_(scale)
        return of_x, along.sum() / length


def make_encoder(
    config: TrainingConfig, n_nodes: int, n_features: int, *, node_embeddings: bool, generator: torch.Generator
) -> GCNEncoder | PropagationEncoder:
    """The encoder of `config`."""
    if config.encoder == "gcn":
        heads = ("mu", "logvar") if config.variational else ("mu",)
        return GCNEncoder(n_features or n_nodes, config.hidden, config.dim, heads, generator=generator)
    return PropagationEncoder(n_nodes, n_features, config, node_embeddings=node_embeddings, generator=generator)


def glorot(fan_in: int, fan_out: int, generator: torch.Generator) -> nn.Parameter:
    """Uniform weights (fan_in, fan_out) of Glorot & Bengio 2010."""
    return nn.Parameter(
        nn.init.xavier_uniform_(torch.empty(fan_in, fan_out, device=generator.device), generator=generator)
    )
