"""The softmax among negatives against torch's cross-entropy, one end of one edge at a time."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from latentlink.models.nn.pairs import pair_matrix
from latentlink.models.nn.softmax_loss import SharedNegatives, softmax_loss

EDGES = np.array(
    [[0, 0, 1, 2], [3, 4, 4, 5]]
)  # users 0 to 2, items 3 to 5; node 6 is of a third type, which users may have
NEGATIVES = {0: [5, 6], 1: [3, 5, 6], 2: [3, 4, 6], 3: [1, 2], 4: [2], 5: [0, 1], 6: []}


def _negatives(nodes: list[int], others: list[int]) -> SharedNegatives:
    closed = [place for place, (i, r) in enumerate((i, r) for i in nodes for r in others) if r not in NEGATIVES[i]]
    return SharedNegatives(torch.tensor(nodes), torch.tensor(others), torch.tensor(closed, dtype=torch.int64))


GROUPS = [_negatives([0, 1, 2], [5, 3, 4]), _negatives([3, 4, 5], [0, 1, 2]), _negatives([0, 1, 2], [6])]


def _one_by_one(z: Tensor, share: Tensor) -> Tensor:
    """Each edge's cross-entropy at both ends, among the end itself and the negatives, times the share of the edge."""
    losses = [
        share[p] * cross_entropy(z[i] @ z[[j, *NEGATIVES[i]]].T, torch.tensor(0))
        for p, edge in enumerate(EDGES.T.tolist())
        for i, j in (edge, edge[::-1])
    ]
    return torch.stack(losses).sum()


@pytest.mark.parametrize("weight", [None, np.array([0.5, 1, 2, 3], np.float32)])
def test_the_loss_and_its_gradient_are_those_of_torchs_cross_entropy(weight: np.ndarray | None) -> None:
    """Negatives of two types stand in one softmax; links are no negatives; weights make a weighted mean of edges."""
    z = torch.randn(7, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    plain = z.detach().clone().requires_grad_()
    share = torch.ones(4) / 4 if weight is None else torch.from_numpy(weight / weight.sum())
    ours, theirs = softmax_loss(z, pair_matrix(7, EDGES, weight), GROUPS), _one_by_one(plain, share)
    torch.testing.assert_close(ours, theirs)
    for loss in (ours, theirs):
        (2 * loss).backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(z.grad, plain.grad)


def test_an_end_without_negatives_has_no_loss() -> None:
    """Of user 0, linked to both items, the ends at the items alone count: none of the other user, who is linked to both, too."""
    edges = np.array([[0, 0, 1, 1], [2, 3, 2, 3]])
    closed = torch.arange(4)
    sides = [
        SharedNegatives(torch.tensor([0, 1]), torch.tensor([2, 3]), closed),
        SharedNegatives(torch.tensor([2, 3]), torch.tensor([0, 1]), closed),
    ]
    z = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    loss = softmax_loss(z, pair_matrix(4, edges), sides)
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == 0
    assert z.grad is not None
    assert z.grad.tolist() == torch.zeros(4, 3).tolist()
