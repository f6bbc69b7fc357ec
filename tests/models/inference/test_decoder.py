"""The decoder in numpy and what it says: by hand, beside torch's, and by counting samples."""

import numpy as np
import pytest
import torch

from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.feature_baselines import reconstruction_errors
from latentlink.models.inference.decoder import completed, decode, expected, samples
from latentlink.models.nn.losses import reconstruction_loss
from latentlink.models.nn.mlp import MLPDecoder

NAN = float("nan")
# D = 1, H = 1, F = 3: x̂ = (z, 2 ReLU(z − 1) + ½, −z); columns 0 and 2 are binary.
BY_HAND = {
    "decoder.linear.weight": np.array([[1, 0, -1]], np.float32),
    "decoder.hidden.weight": np.array([[1]], np.float32),
    "decoder.hidden.bias": np.array([-1], np.float32),
    "decoder.output.weight": np.array([[0, 2, 0]], np.float32),
    "decoder.bias": np.array([0, 0.5, 0], np.float32),
    "decoder.binary": np.array([1, 0, 1], np.float32),
}


def test_decoding_is_the_formula() -> None:
    """At z = 3 and z = 0; a binary column's expectation is σ of its logit."""
    z = np.array([[3], [0]], np.float32)
    assert decode(BY_HAND, z).tolist() == [[3, 4.5, -3], [0, 0.5, 0]]
    p = 1 / (1 + np.exp(-3))
    np.testing.assert_allclose(expected(BY_HAND, z), [[p, 4.5, 1 - p], [0.5, 0.5, 0.5]], rtol=1e-6)


def test_numpy_decodes_as_torch_does() -> None:
    """One formula in two implementations, with the masks of training taken as their mean."""
    config, generator = TrainingConfig(model="ae", dim=3, hidden=5), torch.Generator().manual_seed(0)
    decoder = MLPDecoder(np.full(7, 0.3, np.float32), np.arange(7) < 4, config, generator=generator)
    torch.nn.init.normal_(decoder.output, generator=generator)
    z = torch.randn(6, 3, generator=generator)
    with torch.no_grad():
        drawn = torch.stack([decoder(z, generator) for _ in range(20_000)]).mean(dim=0)
    weights = {name: weight.detach().numpy() for name, weight in decoder.public_weights().items()}
    np.testing.assert_allclose(decode(weights, z.numpy()), drawn.numpy(), atol=0.1)


def test_a_decoder_begins_at_the_means() -> None:
    """Whatever the kind of column, z = 0 gives its mean."""
    means, config = np.array([0.2, -7], np.float32), TrainingConfig(model="ae", dim=3)
    decoder = MLPDecoder(means, np.array([True, False]), config, generator=torch.Generator().manual_seed(0))
    weights = {name: weight.detach().numpy() for name, weight in decoder.public_weights().items()}
    np.testing.assert_allclose(expected(weights, np.zeros((1, 3), np.float32))[0], means, rtol=1e-5)


def test_known_cells_are_kept_and_others_filled() -> None:
    """Only NaN gives way to the decoder."""
    known = np.array([[1, NAN, NAN]], np.float32)
    [[first, second, third]] = completed(BY_HAND, np.array([[0]], np.float32), known).tolist()
    assert (first, second, third) == (1, 0.5, 0.5)


def test_errors_are_summed_over_known_cells_and_averaged_over_rows() -> None:
    """z = 0: each binary cell costs log 2; z = 3: a 1 costs log(1 + e⁻³). Squared: (½ − 0)² and (4.5 − 5)².

    A 4 in a binary column costs its squared error, 3.5²: as cross-entropy it would reward a logit without bound.
    """
    x, mu = np.array([[1, 0, NAN], [1, 5, 0], [4, 0.5, 1]], np.float32), np.array([[0], [3], [0]], np.float32)
    errors = reconstruction_errors(BY_HAND, mu, x, np.arange(3))
    assert errors.bce == pytest.approx((2 * np.log(2) + 2 * np.log1p(np.exp(-3))) / 3)
    assert errors.squared_error == pytest.approx((0.25 + 0.25 + 3.5**2) / 3)
    assert errors.total == pytest.approx((errors.bce or 0) + (errors.squared_error or 0))


def test_the_loss_of_training_is_the_error_of_the_report() -> None:
    """One formula in two implementations, with missing cells."""
    rng = np.random.default_rng(0)
    mu, x = rng.normal(size=(9, 1)).astype(np.float32), rng.integers(0, 2, (9, 3)).astype(np.float32)
    x[rng.random(x.shape) < 0.3] = NAN
    loss = reconstruction_loss(
        torch.from_numpy(decode(BY_HAND, mu)), torch.from_numpy(x), torch.tensor([True, False, True])
    )
    assert loss.item() == pytest.approx(reconstruction_errors(BY_HAND, mu, x, np.arange(9)).total, rel=1e-6)


def test_missing_cells_have_no_gradient() -> None:
    """NaN reaches neither the loss nor what is learned."""
    output = torch.tensor([[3.0, 1.0]], requires_grad=True)
    loss = reconstruction_loss(output, torch.tensor([[NAN, 2.0]]), torch.tensor([True, False]))
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == 1
    assert output.grad is not None
    assert output.grad.tolist() == [[0, -2]]


def test_samples_have_the_decoder_s_distribution() -> None:
    """Column 0 is 1 with probability E σ(z) = ½; column 1 is a mean, E = ½ + 2 E ReLU(z − 1); a seed repeats."""
    drawn = np.concatenate(list(samples(BY_HAND, 200_000, np.random.default_rng(0))))
    assert set(np.unique(drawn[:, [0, 2]])) == {0, 1}
    density, tail = np.exp(-0.5) / np.sqrt(2 * np.pi), 0.158655
    np.testing.assert_allclose(drawn.mean(axis=0), [0.5, 0.5 + 2 * (density - tail), 0.5], atol=0.005)
    again = np.concatenate(list(samples(BY_HAND, 200_000, np.random.default_rng(0))))
    assert (drawn == again).all()
