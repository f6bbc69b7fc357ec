"""Coverage by a second sampler, and the rank correlation by its definition."""

import numpy as np
import orjson
import pytest
import torch
from scipy.stats import rankdata
from torch.distributions import Normal, kl_divergence

from latentlink.models.evaluation.probabilities.interval_coverage import _ranks, interval_facts, posterior_facts
from latentlink.models.facts.metrics import IntervalCoverage
from latentlink.models.facts.published import Parts
from latentlink.models.facts.training import Posterior
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.inference.intervals import intervals
from latentlink.models.inference.scoring import sigmoid

RNG = np.random.default_rng(0)
MU = RNG.normal(0, 0.3, (40, 64)).astype(np.float32)
LOGVAR = RNG.uniform(-3, 0, (40, 64)).astype(np.float32)
PAIRS = np.array([(i, j) for i in range(40) for j in range(i + 1, 40)])
EDGES, NON_EDGES = PAIRS[:200], PAIRS[200:]


def _facts(mu: np.ndarray, logvar: np.ndarray, weight: float | None = None) -> IntervalCoverage:
    """Of an encoder alone, or with a weight of its columns and a bias that makes all logits larger."""
    parts = Parts(dense=mu.shape[1], spectral=0, bias=2, shared_links=False)
    embeddings = Embeddings(mu, logvar, {}, EDGES, None)
    if weight is not None:
        columns = np.concatenate([mu, np.full((len(mu), 2), 1.5, np.float32)], axis=1)
        weights = np.append(np.full(mu.shape[1], weight), [1, 0.1]).astype(np.float32)
        embeddings = Embeddings(columns, logvar, {}, EDGES, None, weights, parts)
    facts = interval_facts(embeddings, EDGES, NON_EDGES, np.random.default_rng(0))
    assert facts is not None
    return facts


@pytest.mark.parametrize("weight", [None, 0.4, 3.0])
def test_an_interval_holds_as_many_samples_as_it_says(weight: float | None) -> None:
    """Nine tenths of at least 10,000, as the goal is: 88–92 %, whatever the encoder counts beside a bias without a posterior."""
    facts = _facts(MU, LOGVAR, weight)
    assert facts.samples >= 10_000
    assert facts.coverage == pytest.approx(0.9, abs=0.02)
    assert facts.level == 0.9


def test_samples_are_of_the_posterior() -> None:
    """In one dimension, where logits are far from normal, a loop over draws of other pairs holds as many."""
    mu, logvar = np.zeros((40, 1), np.float32), np.zeros((40, 1), np.float32)
    rng = np.random.default_rng(1)
    reach = 1.6448536
    products = [abs(rng.normal() * rng.normal()) <= reach for _ in range(40_000)]
    found = _facts(mu, logvar)
    assert found.coverage == pytest.approx(np.mean(products), abs=0.01)
    assert found.rank_correlation is None


def test_the_rank_correlation_is_that_of_ranks() -> None:
    """Spearman's formula, of the ranks of width and |y − p|, which have no ties here."""
    found = intervals(MU, LOGVAR, PAIRS[:, 0], PAIRS[:, 1], 0.9)
    p = sigmoid((MU[PAIRS[:, 0]].astype(float) * MU[PAIRS[:, 1]]).sum(axis=1))
    error = np.abs(np.repeat([1, 0], [len(EDGES), len(NON_EDGES)]) - p)
    ranks = [np.argsort(np.argsort(values)) for values in (found.probability_high - found.probability_low, error)]
    facts = _facts(MU, LOGVAR)
    apart = (ranks[0] - ranks[1]).astype(float)
    m = len(PAIRS)
    expected = 1 - 6 * (apart**2).sum() / (m * (m * m - 1))
    assert facts.rank_correlation == pytest.approx(expected, abs=1e-6)


def test_ranks_are_those_of_scipy() -> None:
    """Equal values share the mean of their places."""
    values = np.random.default_rng(0).integers(0, 9, 40) / 3
    assert _ranks(values).tolist() == rankdata(values).tolist()


def test_the_posterior_is_that_of_torch_distributions() -> None:
    """KL is summed over dimensions and averaged over nodes, σ is a median; a model that isn't variational has neither."""
    rng = np.random.default_rng(0)
    mu, logvar = rng.normal(size=(2, 30, 8)).astype(np.float32)
    q = Normal(torch.from_numpy(mu), torch.from_numpy(logvar).mul(0.5).exp())
    facts = posterior_facts(mu, logvar)
    assert facts is not None
    assert facts.kl_per_node == pytest.approx(kl_divergence(q, Normal(0.0, 1.0)).sum(1).mean().item(), rel=1e-5)
    assert facts.median_sigma == pytest.approx(float(np.median(q.scale.numpy())), rel=1e-6)
    assert posterior_facts(mu, None) is None


def test_a_posterior_that_overflows_is_written_and_read() -> None:
    """log σ² of 800 has no finite KL: it becomes null in JSON, which a reader takes, so that what was published opens."""
    facts = posterior_facts(np.zeros((3, 2), np.float32), np.full((3, 2), 800, np.float32))
    assert facts is not None
    read = Posterior.model_validate(orjson.loads(orjson.dumps(facts.document())))
    assert read.kl_per_node is None
