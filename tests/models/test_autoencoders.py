"""The posterior and the decoder, by hand and by sampling."""

import torch

from models.autoencoders import Posterior, decode


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


def test_logits_are_inner_products() -> None:
    """(1, 2)·(3, −1) = 1 and (3, −1)·(3, −1) = 10."""
    z = torch.tensor([[1.0, 2.0], [3.0, -1.0]])
    assert decode(z, torch.tensor([[0, 1], [1, 1]])).tolist() == [1.0, 10.0]


def test_gradients_of_logits_equal_autograds() -> None:
    """Repeated pairs, both directions and a node with itself add up as in plain torch."""
    z = torch.randn(6, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    plain = z.detach().clone().requires_grad_()
    pairs = torch.tensor([[0, 1, 1, 2, 0, 5], [1, 0, 0, 2, 3, 0]])
    weights = torch.linspace(-1, 2, 6)
    (decode(z, pairs) * weights).sum().backward()  # type: ignore[no-untyped-call]
    ((plain[pairs[0]] * plain[pairs[1]]).sum(dim=1) * weights).sum().backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(z.grad, plain.grad)
