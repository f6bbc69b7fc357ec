"""ComplEx (Trouillon et al. 2016, 1606.06357): vectors of nodes and weights of relations, and their loss.

The logit of a triple (s, r, t) is Re⟨s, r, t̄⟩ = Σ_c Re(s_c r_c t̄_c). Complex vectors of C coordinates are stored as D = 2C
columns, the real parts first.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

RELATION = 2.0  # weight of telling the relation, beside the mean of telling the two ends
OTHER_END = 8.0  # candidates that the other end of a link counts as
_SCALE = 1e-3  # of the first weights, as Lacroix et al. have it


def complex_product(a: Tensor, b: Tensor) -> Tensor:
    """The products of complex numbers, (m, D) each."""
    (x, y), (u, v) = a.chunk(2, -1), b.chunk(2, -1)
    return torch.cat([x * u - y * v, x * v + y * u], -1)


def conjugate(a: Tensor) -> Tensor:
    """The complex conjugates of (m, D)."""
    x, y = a.chunk(2, -1)
    return torch.cat([x, -y], -1)


def cubes(a: Tensor) -> Tensor:
    """Σ_c |a_c|³ of each row of (m, D): (m,)."""
    x, y = a.chunk(2, -1)
    squares = x * x + y * y
    return (squares * (squares + 1e-20).sqrt()).sum(-1)  # the root has no slope at 0


class ComplexEmbeddings(nn.Module):
    """The weights of a model of N nodes and R relations.

    Attributes:
        nodes: float32 (N, D), D even.
        relations: float32 (R, D).
    """

    def __init__(self, n_nodes: int, n_relations: int, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        drawn = (
            torch.randn(rows, dim, generator=generator, device=generator.device).mul_(_SCALE)
            for rows in (n_nodes, n_relations)
        )
        self.nodes, self.relations = (nn.Parameter(one) for one in drawn)


class Batch(NamedTuple):
    """B triples: rows of a table of nodes and of one of relations.

    Attributes:
        source: int64 (B,).
        relation: int64 (B,).
        target: int64 (B,).
        candidates: int64 (K,), the rows that answers are told from; None for all.
        share: of all nodes that the candidates are a uniform sample of, in (0, 1].
    """

    source: Tensor
    relation: Tensor
    target: Tensor
    candidates: Tensor | None
    share: float


def triple_loss(nodes: Tensor, relations: Tensor, batch: Batch, penalty: float) -> Tensor:
    """The mean loss of triples, a scalar: cross-entropy of either end among all nodes and of the relation, and the N3 penalty.

    By Lacroix, Usunier & Obozinski 2018 (1806.07297), but with one weight for both directions of a relation: the sources of a
    target are found by the conjugate. The relation between the two ends is told from all others, too (Chen et al. 2021,
    2110.02834). The other end is never the answer, though vectors of linked nodes are alike: it counts as several candidates. A
    sum over sampled candidates stands for the sum over all nodes, by their share.

    Args:
        nodes: float32 (n, D).
        relations: float32 (R, D).
        batch: rows of both.
        penalty: of Σ|s|³ + |r|³ + |t|³.
    """
    s, w, t = nodes[batch.source], relations[batch.relation], nodes[batch.target]
    between = complex_product(conjugate(s), t) @ relations.T
    loss = penalty * (cubes(s) + cubes(w) + cubes(t)).mean() + RELATION * functional.cross_entropy(
        between, batch.relation
    )
    among = nodes if batch.candidates is None else nodes[batch.candidates]
    ends = (
        (complex_product(s, w), batch.target, batch.source),
        (complex_product(t, conjugate(w)), batch.source, batch.target),
    )
    for query, answer, other in ends:
        logits = query @ among.T
        if batch.candidates is None:
            weighed = torch.full_like(query[:, :1], math.log(OTHER_END))
            loss = loss + functional.cross_entropy(logits.scatter_add(1, other[:, None], weighed), answer) / 2
        else:
            own, opposite = ((query * nodes[one]).sum(-1) for one in (answer, other))
            ends_among = (batch.candidates == answer[:, None]) | (batch.candidates == other[:, None])
            rest = logits.masked_fill(ends_among, -torch.inf).logsumexp(1) - math.log(batch.share)
            others = torch.logaddexp(rest, opposite + math.log(OTHER_END))
            loss = loss + functional.softplus(others - own).mean() / 2
    return loss
