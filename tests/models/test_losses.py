"""Losses against torch's, against sampling, and at their ends."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from models.losses import kl_divergence, link_loss


def test_link_loss_is_cross_entropy_of_both_kinds() -> None:
    """The sum of torch's mean cross-entropies of ones and of zeros."""
    positive, negative = torch.randn(50, generator=torch.Generator().manual_seed(0)), torch.linspace(-3, 3, 20)
    expected = binary_cross_entropy_with_logits(positive, torch.ones(50)) + binary_cross_entropy_with_logits(
        negative, torch.zeros(20)
    )
    assert link_loss(positive, negative).item() == pytest.approx(expected.item(), rel=1e-6)


def test_weights_make_a_weighted_mean_of_the_positives() -> None:
    """An edge of weight 3 counts as three edges."""
    positive, negative = torch.tensor([1.0, -2.0]), torch.tensor([0.5])
    repeated = link_loss(torch.tensor([1.0, -2.0, -2.0, -2.0]), negative)
    assert link_loss(positive, negative, torch.tensor([1.0, 3.0])).item() == pytest.approx(repeated.item(), rel=1e-6)


@pytest.mark.parametrize("unit", [1e38, 1e-38])
def test_weights_have_no_unit(unit: float) -> None:
    """Weights near either end of float32, whose sum leaves it, weigh as small numbers of the same ratio do."""
    positive, negative, weight = torch.tensor([1.0, -2.0]), torch.tensor([0.5]), torch.tensor([1.0, 3.0])
    large = link_loss(positive, negative, weight * unit)
    assert large.item() == pytest.approx(link_loss(positive, negative, weight).item(), rel=1e-6)


@pytest.mark.parametrize(("positive", "negative", "expected"), [(0.0, 20.0, [-0.5, 1.0]), (-100.0, 0.0, [-1.0, 0.5])])
def test_gradients_do_not_saturate(positive: float, negative: float, expected: list[float]) -> None:
    """A badly wrong pair keeps a derivative of ±1, where a loss on log(σ + ε) has 0."""
    logits = torch.tensor([positive, negative], requires_grad=True)
    link_loss(logits[:1], logits[1:]).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad.tolist() == pytest.approx(expected, abs=1e-6)


def test_kl_equals_torch_distributions() -> None:
    """Summed over dimensions and averaged over nodes, as torch.distributions has it."""
    generator = torch.Generator().manual_seed(1)
    mu, logvar = torch.randn(30, 8, generator=generator), torch.randn(30, 8, generator=generator)
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(normal(mu, (0.5 * logvar).exp()), normal(0.0, 1.0)).sum(1).mean()
    assert kl_divergence(mu, logvar).item() == pytest.approx(expected.item(), rel=1e-5)


def test_kl_of_the_prior_is_zero() -> None:
    """N(0, I) is no distance from itself."""
    assert kl_divergence(torch.zeros(3, 4), torch.zeros(3, 4)).item() == 0
