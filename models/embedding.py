"""The posterior of all nodes of a graph whose forward pass would not fit: in blocks, into what it is to fill."""

from collections.abc import Iterator
from math import log, sqrt

import torch
from torch import Tensor

from models.autoencoders import Posterior
from models.committee import Committee
from models.config import TrainingConfig
from models.encoders import GCNEncoder, PropagationEncoder
from models.inputs import Inputs
from models.propagation import Propagation
from models.twins import shares

_ROWS, _COLUMNS = 2**14, 16  # of a block


def embed(committee: Committee, config: TrainingConfig, inputs: Inputs, propagation: Propagation) -> Posterior:
    """What the committee gives for the whole graph; beside the result two blocks (N, 16) are there at once.

    A graph convolution's hidden layer (N, H) comes on top.
    """
    widths = shares(config.dim, len(committee))
    heads = [
        torch.empty(propagation.n_nodes, config.dim, device=propagation.device) for _ in range(1 + config.variational)
    ]
    parts = zip(*(torch.split(head, widths, dim=1) for head in heads), strict=True)
    for member, of_member in zip(committee, parts, strict=True):
        _embed(member.encoder, inputs, propagation, of_member)
    mu, *logvar = heads
    mu /= sqrt(len(committee))
    for head in logvar:
        head -= log(len(committee))
    return Posterior(mu, logvar[0] if logvar else None)


def _embed(
    encoder: GCNEncoder | PropagationEncoder, inputs: Inputs, propagation: Propagation, heads: tuple[Tensor, ...]
) -> None:
    """Fill the heads (N, d) of one member; where the hidden layer is as wide as the first, it takes its place."""
    n, width = propagation.n_nodes, sum(encoder.widths.values())
    hidden = heads[0] if heads[0].shape[1] == width else heads[0].new_empty(n, width)
    for rows in _pieces(0, n, _ROWS):
        nodes = torch.arange(rows.start, rows.stop, device=hidden.device)
        hidden[rows] = encoder.entered(inputs.block(rows), nodes)
    start = 0
    for hops, columns in encoder.widths.items():
        for piece in _pieces(start, start + columns, _COLUMNS) if hops else ():
            underway = propagation.whole @ hidden[:, piece].contiguous()
            for _ in range(hops - 1):
                underway = propagation.whole @ encoder.between(underway)
            hidden[:, piece] = underway
        start += columns
    for rows in _pieces(0, n, _ROWS):
        for head, values in zip(heads, encoder.finished(hidden[rows]), strict=True):
            head[rows] = values


def _pieces(start: int, stop: int, size: int) -> Iterator[slice]:
    return (slice(at, min(at + size, stop)) for at in range(start, stop, size))
