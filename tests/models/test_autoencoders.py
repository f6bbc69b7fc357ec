"""The posterior, by hand and by sampling."""

import torch

from models.autoencoders import Posterior


def test_samples_have_the_mean_and_deviation_of_the_posterior() -> None:
    """Over 20,000 draws of N(2, 0.5²) mean and deviation are within 4 standard errors."""
    posterior = Posterior(
        torch.full((20_000, 1), 2.0), torch.full((20_000, 1), 2 * torch.log(torch.tensor(0.5)).item())
    )
    z = posterior.sample(torch.Generator().manual_seed(0))
    assert abs(z.mean().item() - 2) < 4 * 0.5 / 20_000**0.5
    assert abs(z.std().item() - 0.5) < 4 * 0.5 / (2 * 20_000) ** 0.5


def test_a_point_is_its_own_sample() -> None:
    """Without a variance z = mu."""
    mu = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(Posterior(mu, None).sample(torch.Generator()), mu)
