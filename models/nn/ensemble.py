"""An ensemble of autoencoders of the same graph, trained independently (Hansen & Salamon 1990).

The embeddings are concatenated, z = [z¹, …, zᴹ] / √M, so that a logit is the mean of the members' logits. The ensemble is
served, stored and explained as one encoder of M times as many blocks.
"""

from collections.abc import Iterator, Sequence
from math import log, sqrt

import torch
from torch import Tensor, nn

from latentlink.models.config import TrainingConfig
from latentlink.models.inference.encoders import split_evenly
from latentlink.models.nn.autoencoders import GraphAutoencoder, Posterior
from latentlink.models.nn.encoders import Features, make_encoder
from latentlink.models.nn.sparse import SparseMatrix

_COLUMNS = 128  # least width of a member: narrower ones lose as much as the ensemble gains


class Ensemble(nn.Module):
    """M autoencoders of the same graph; an ensemble of one equals its member.

    Args:
        members: M ≥ 1, of widths d₁ … d_M with Σ d = D; more than one only of propagation encoders.
    """

    def __init__(self, members: Sequence[GraphAutoencoder]) -> None:
        super().__init__()
        self._members = nn.ModuleList(members)

    def __iter__(self) -> Iterator[GraphAutoencoder]:
        """The members, to be trained one by one."""
        return (member for member in self._members if isinstance(member, GraphAutoencoder))

    def __len__(self) -> int:
        """M."""
        return len(self._members)

    def forward(self, x: Features, propagation: SparseMatrix) -> Posterior:
        """The posterior of all N nodes: mu (N, D) and logvar (N, D) or None, of z = [z¹, …, zᴹ] / √M."""
        posteriors: list[Posterior] = [member(x, propagation) for member in self]
        if len(posteriors) == 1:
            return posteriors[0]
        logvar = [posterior.logvar for posterior in posteriors if posterior.logvar is not None]
        return Posterior(
            torch.cat([posterior.mu for posterior in posteriors], dim=1) / sqrt(len(self)),
            torch.cat(logvar, dim=1) - log(len(self)) if logvar else None,
        )

    def public_weights(self) -> dict[str, Tensor]:
        """Parameters of the one encoder that is equivalent, under their names in a checkpoint.

        A member's log σ² is mu W + b of its own mu, which is √M times its columns of the mean: hence √M W, and b − log M.
        """
        each = [member.encoder.public_weights() for member in self]
        if len(each) == 1:
            return each[0]
        joined = {name: [weights[name] for weights in each] for name in each[0]}
        return {name: _joined(name.partition(".")[2], parts) for name, parts in joined.items()}


def _joined(name: str, parts: Sequence[Tensor]) -> Tensor:
    match name:
        case "features.weight":
            return torch.cat(list(parts), dim=1)
        case "logvar.weight":
            diagonal: Tensor = torch.block_diag(*parts)  # type: ignore[no-untyped-call]
            return diagonal * sqrt(len(parts))
        case "logvar.bias":
            return torch.cat(list(parts)) - log(len(parts))
        case _:
            return torch.cat(list(parts))  # the scales of blocks


def make_ensemble(
    config: TrainingConfig, n_nodes: int, n_features: int, *, node_embeddings: bool, generator: torch.Generator
) -> Ensemble:
    """The ensemble of `config`: one member per 128 columns where a normalized encoder has features alone, else one member.

    Two members with half the columns each of node embeddings are no better than one (docs/LOG.md).
    """
    several = config.encoder == "normalized" and n_features > 0 and not node_embeddings
    widths = split_evenly(config.dim, max(1, config.dim // _COLUMNS) if several else 1)
    configs = [config.model_copy(update={"dim": width}) for width in widths]
    return Ensemble(
        [
            GraphAutoencoder(make_encoder(c, n_nodes, n_features, node_embeddings=node_embeddings, generator=generator))
            for c in configs
        ]
    )
