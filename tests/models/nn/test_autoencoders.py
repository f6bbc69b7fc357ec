"""The posterior, by hand and by sampling."""

import torch

from latentlink.models.nn.autoencoders import Posterior
from latentlink.models.nn.losses import kl_divergence


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
