"""The posterior, by hand and by sampling."""

import torch

from latentlink.models.nn.autoencoders import Posterior
from latentlink.models.nn.losses import kl_divergence


def test_samples_have_the_mean_and_deviation_of_the_posterior() -> None:
    """Over 20,000 draws of N(2, 0.5²) mean and deviation are within 4 standard errors."""
    posterior = Posterior(
        torch.full((20_000, 1), 2.0), torch.full((20_000, 1), 2 * torch.log(torch.tensor(0.5)).item())
    )
    z, _ = posterior.sample(torch.Generator().manual_seed(0))
    assert abs(z.mean().item() - 2) < 4 * 0.5 / 20_000**0.5
    assert abs(z.std().item() - 0.5) < 4 * 0.5 / (2 * 20_000) ** 0.5


def test_a_point_is_its_own_sample() -> None:
    """Without a variance z = mu, at no distance."""
    mu = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    z, divergence = Posterior(mu, None).sample(torch.Generator())
    assert torch.equal(z, mu)
    assert divergence.item() == 0


def test_samples_and_their_divergence_equal_autograds() -> None:
    """With the same noise, as the formulas are written in plain torch: values and slopes."""
    generator = torch.Generator().manual_seed(1)
    ours = [torch.randn(5, 3, generator=generator, requires_grad=True) for _ in range(2)]
    plain = [part.detach().clone().requires_grad_() for part in ours]
    weights = torch.randn(5, 3, generator=generator)
    z, divergence = Posterior(*ours).sample(torch.Generator().manual_seed(2))
    noise = torch.randn(5, 3, generator=torch.Generator().manual_seed(2))
    expected = plain[0] + torch.exp(0.5 * plain[1]) * noise
    torch.testing.assert_close((z, divergence), (expected, kl_divergence(*plain)))
    for loss in ((z * weights).sum() + 3 * divergence, (expected * weights).sum() + 3 * kl_divergence(*plain)):
        loss.backward()  # type: ignore[no-untyped-call]
    for one, other in zip(ours, plain, strict=True):
        torch.testing.assert_close(one.grad, other.grad)
