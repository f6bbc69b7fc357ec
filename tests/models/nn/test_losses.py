"""Losses against torch's, against sampling, and at their ends."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from latentlink.models.arrays import Float32, Ints
from latentlink.models.graph.circulants import CirculantSampler
from latentlink.models.nn.losses import circulant_loss, kl_divergence, link_loss, logits
from latentlink.models.nn.pairs import pair_matrix


def _link_loss(z: Tensor, edges: Ints, non_edges: Ints, weights: Float32 | None = None) -> Tensor:
    return link_loss(z, pair_matrix(len(z), edges, weights), pair_matrix(len(z), non_edges))


def _loss(positive: Tensor, negative: Tensor, weight: Tensor | None = None) -> Tensor:
    """The loss of pairs with these logits: of a node at 1 with one node at each logit, in one dimension."""
    z = torch.cat([torch.ones(1), positive, negative])[:, None]
    pairs = np.stack([np.zeros(len(z) - 1, np.int64), np.arange(1, len(z))], axis=1)
    edges, non_edges = np.split(pairs.T, [len(positive)], axis=1)
    return _link_loss(z, edges, non_edges, None if weight is None else weight.numpy())


@pytest.mark.parametrize("unit", [1, 1e38, 1e-38])
def test_weights_make_a_weighted_mean_of_the_positives(unit: float) -> None:
    """An edge of weight 3 counts as three edges, in any unit: also near either end of float32, whose sum would leave it."""
    positive, negative = torch.tensor([1.0, -2.0]), torch.tensor([0.5])
    repeated = _loss(torch.tensor([1.0, -2.0, -2.0, -2.0]), negative)
    weighted = _loss(positive, negative, torch.tensor([1.0, 3.0]) * unit)
    assert weighted.item() == pytest.approx(repeated.item(), rel=1e-6)


@pytest.mark.parametrize(("positive", "negative", "expected"), [(0.0, 20.0, [-0.5, 1.0]), (-100.0, 0.0, [-1.0, 0.5])])
def test_gradients_do_not_saturate(positive: float, negative: float, expected: list[float]) -> None:
    """A badly wrong pair keeps a derivative of ±1, where a loss on log(σ + ε) has 0."""
    logits = torch.tensor([positive, negative], requires_grad=True)
    _loss(logits[:1], logits[1:]).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad.tolist() == pytest.approx(expected, abs=1e-6)


def test_logits_are_inner_products() -> None:
    """(1, 2)·(3, −1) = 1 and (3, −1)·(3, −1) = 10, at both places of each pair, row by row in the order of the pairs."""
    z = torch.tensor([[1.0, 2.0], [3.0, -1.0]])
    assert logits(z, pair_matrix(2, np.array([[0, 1], [1, 1]]))).values().tolist() == [1.0, 10.0, 1.0, 10.0]


@pytest.mark.parametrize("weight", [None, np.linspace(0.5, 3, 6, dtype=np.float32)])
def test_link_loss_and_its_gradient_are_those_of_torchs_cross_entropy(weight: np.ndarray | None) -> None:
    """Means over edges and over non-edges; repeated pairs, both directions and a node with itself add up."""
    z = torch.randn(6, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    plain = z.detach().clone().requires_grad_()
    edges = np.array([[0, 1], [1, 0], [1, 0], [2, 2], [0, 3], [5, 0]])
    non_edges = np.array([[0, 4], [4, 0], [5, 3]])
    share = torch.ones(6) / 6 if weight is None else torch.from_numpy(weight / weight.sum())
    losses = [
        binary_cross_entropy_with_logits((plain[pairs[:, 0]] * plain[pairs[:, 1]]).sum(1), label, reduction="none")
        for pairs, label in ((edges, torch.ones(6)), (non_edges, torch.zeros(3)))
    ]
    ours, theirs = _link_loss(z, edges.T, non_edges.T, weight), (losses[0] * share).sum() + losses[1].mean()
    torch.testing.assert_close(ours, theirs)
    for loss in (ours, theirs):
        (2 * loss).backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(z.grad, plain.grad)


@pytest.mark.parametrize("weight", [None, np.linspace(0.5, 3, 12, dtype=np.float32)])
def test_the_loss_with_a_circulant_is_that_of_its_pairs_one_by_one(weight: np.ndarray | None) -> None:
    """Loss and gradient of `link_loss`; pairs that are edges are left out, and a pair may stand there twice."""
    rng = np.random.default_rng(3)
    edges = np.stack(np.triu_indices(6, 1))[:, rng.permutation(15)[:12]]
    drawn = CirculantSampler(6, edges.T, rng).draw(rng)
    assert len(drawn.shifts) == 4
    pairs = np.concatenate([np.stack([drawn.order, np.roll(drawn.order, -shift)]) for shift in drawn.shifts], axis=1)
    z = torch.randn(6, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    losses = (
        circulant_loss(z, pair_matrix(6, edges, weight), drawn),
        _link_loss(z, edges, np.delete(pairs, drawn.edges, axis=1), weight),
    )
    torch.testing.assert_close(*losses)
    torch.testing.assert_close(*(torch.autograd.grad(2 * loss, z) for loss in losses))


def test_kl_equals_torch_distributions() -> None:
    """Summed over dimensions and averaged over nodes, as torch.distributions has it."""
    generator = torch.Generator().manual_seed(1)
    mu, logvar = torch.randn(30, 8, generator=generator), torch.randn(30, 8, generator=generator)
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(normal(mu, (0.5 * logvar).exp()), normal(0.0, 1.0)).sum(1).mean()
    assert kl_divergence(mu, logvar).item() == pytest.approx(expected.item(), rel=1e-5)
