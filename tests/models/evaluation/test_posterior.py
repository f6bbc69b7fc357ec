"""The posterior's numbers, by hand and by torch."""

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from latentlink.models.evaluation.interval_coverage import posterior_facts


def test_numbers_worked_out_by_hand() -> None:
    """σ of 1, 1, 2, 4 has the median 1.5; a mu of 3 adds 9 to what two nodes share, a σ² of v adds v − 1 − log v."""
    mu = np.array([[0, 3], [0, 0]], np.float32)
    logvar = np.log(np.array([[1, 1], [4, 16]], np.float32))
    kl = (9 + (4 - 1 - np.log(4)) + (16 - 1 - np.log(16))) / 2 / 2
    facts = posterior_facts(mu, logvar)
    assert facts is not None
    assert (facts.median_sigma, facts.kl_per_node) == pytest.approx((1.5, kl), rel=1e-6)


def test_kl_equals_torch_distributions() -> None:
    """Summed over dimensions and averaged over nodes."""
    rng = np.random.default_rng(0)
    mu, logvar = rng.normal(size=(2, 30, 8)).astype(np.float32)
    q = Normal(torch.from_numpy(mu), torch.from_numpy(logvar).mul(0.5).exp())
    facts = posterior_facts(mu, logvar)
    assert facts is not None
    assert facts.kl_per_node == pytest.approx(kl_divergence(q, Normal(0.0, 1.0)).sum(1).mean().item(), rel=1e-5)
    assert facts.median_sigma == pytest.approx(float(np.median(q.scale.numpy())), rel=1e-6)


def test_a_point_has_no_posterior() -> None:
    """A model that isn't variational has no such numbers."""
    assert posterior_facts(np.zeros((2, 2), np.float32), None) is None
