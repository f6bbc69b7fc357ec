"""The loss of links between two groups of nodes: which of many nodes is the true other end of a link."""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn.functional import softplus

from latentlink.models.nn.losses import logits
from latentlink.models.nn.sparse import csr_tensor, product

_NEVER = -1e30  # a logit that adds nothing to a softmax; with −∞ a node without negatives would have NaN


class SharedNegatives(NamedTuple):
    """Nodes of one type that the links of some nodes might have led to instead.

    Attributes:
        nodes: int64 (q,), distinct.
        others: int64 (k,), their negatives, distinct, none of which is in `nodes`.
        closed: int64 (c,), places in an array (q, k): pairs that are links.
    """

    nodes: Tensor
    others: Tensor
    closed: Tensor


def softmax_loss(z: Tensor, edges: Tensor, negatives: Sequence[SharedNegatives]) -> Tensor:
    """−log softmax of an edge's logit zᵢᵀzⱼ among those of i with its negatives, mean over edges, and the same of j: the sum.

    A scalar in nats, differentiable in z (N, D). A node without negatives has a loss of 0.

    Args:
        z: (N, D).
        edges: weighted pairs, laid out by `latentlink.models.nn.pairs.pair_matrix`.
        negatives: of all nodes; one that is linked to nodes of several types has negatives of each.
    """
    return cast(Tensor, _SoftmaxLoss.apply(z, edges, negatives))  # type: ignore[no-untyped-call]


class _SoftmaxLoss(torch.autograd.Function):
    """With Lᵢ = log Σᵣ exp zᵢᵀzᵣ over the negatives r of i, L = ½ Σ shareₚ (softplus(Lᵢ − sₚ) + softplus(Lⱼ − sₚ)) over entries.

    The gradient is computed beside it, by products alone: nothing is scattered, so that sums have one order.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, edges: Tensor, negatives: Sequence[SharedNegatives]) -> Tensor:
        shares, starts, columns = edges.values(), edges.crow_indices(), edges.col_indices()
        rows = torch.repeat_interleave(starts.diff())
        scores, against = _against(z, negatives)
        own = logits(z, edges).values()
        here, there = (against.index_select(0, ends).sub_(own) for ends in (rows, columns))
        loss = (softplus(here) + softplus(there)).dot(shares).div_(2)
        here, there = (signed.sigmoid_().mul_(shares) for signed in (here, there))

        def of_entries(values: Tensor) -> Tensor:
            return csr_tensor(starts, columns, values, (len(z), len(z)))

        of_node = product(of_entries(here), z.new_ones((len(z), 1)))  # dL/dLᵢ
        gradient = product(of_entries(here + there), z).neg_()
        for (nodes, others, _), chances in zip(negatives, scores, strict=True):
            chances.sub_(against[nodes][:, None]).exp_().mul_(of_node[nodes])
            gradient[nodes] += chances @ z[others]
            gradient[others] += chances.t() @ z[nodes]
        ctx.save_for_backward(gradient)
        return loss

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * gradients[0], None, None


def _against(z: Tensor, negatives: Sequence[SharedNegatives]) -> tuple[list[Tensor], Tensor]:
    """The logits (q, k) of all nodes with their negatives, and the logarithm of the sum of each node's exponentials, (N,)."""
    scores, against = [], z.new_full((len(z),), _NEVER)
    for nodes, others, closed in negatives:
        some = z.index_select(0, nodes) @ z.index_select(0, others).t()
        some.view(-1).index_fill_(0, closed, _NEVER)
        against[nodes] = torch.logaddexp(against[nodes], some.logsumexp(1))
        scores.append(some)
    return scores, against
