"""Members that are trained apart and served as one encoder."""

import numpy as np
import pytest
import torch

from latentlink.models.config import TrainingConfig
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph, adjacency
from latentlink.models.inference.encoders import NumpyPropagation
from latentlink.models.inference.encoders.khop import KHop
from latentlink.models.inference.scoring import pair_logits
from latentlink.models.nn.ensemble import Ensemble, make_ensemble
from latentlink.models.training.adjacency import Propagation
from latentlink.models.training.inputs import Inputs
from latentlink.models.training.trainers.trainer import Trainer

N, F, D = 20, 6, 256
RANDOM = np.random.default_rng(5)
X = RANDOM.normal(0, 1, (N, F)).astype(np.float32)
EDGES = np.array([[i, (i + step) % N] for i in range(N) for step in (1, 4)])


def _ensemble(model: str = "vgae") -> Ensemble:
    """Two members with lengths and log variances that differ."""
    config = TrainingConfig.model_validate({"model": model, "dim": D})
    generator = torch.Generator().manual_seed(2)
    ensemble = make_ensemble(config, N, F, node_embeddings=False, generator=generator)
    for parameter in ensemble.parameters():
        parameter.data += 0.3 * torch.randn(parameter.shape, generator=generator)
    return ensemble


def _graph() -> Graph:
    return Graph.from_pairs([str(i) for i in range(N)], EDGES, features=CSR.from_dense(np.abs(X)))


@pytest.mark.parametrize(
    ("given", "rows", "members"),
    [
        ({}, False, 2),
        ({"dim": 384}, False, 3),
        ({"dim": 128}, False, 1),
        ({"dim": 16}, False, 1),
        ({}, True, 1),
        ({"encoder": "linear", "dim": 256}, False, 1),
        ({"encoder": "gcn", "dim": 256}, False, 1),
    ],
)
def test_there_are_as_many_members_as_the_columns_are_good_for(
    given: dict[str, object], rows: bool, members: int
) -> None:
    """One for every 128 columns where features are seen at several scales, else one."""
    config = TrainingConfig.model_validate(given)
    assert len(make_ensemble(config, N, F, node_embeddings=rows, generator=torch.Generator())) == members


def test_a_logit_is_the_mean_of_the_members() -> None:
    """zᵢᵀzⱼ is the average of the members' logits: z = [z¹, z²] / √2, with half the variance of z¹ and z² in their columns."""
    ensemble, inputs, propagation = _ensemble(), Inputs(X).whole, Propagation(N, EDGES).whole
    together, alone = ensemble(inputs, propagation), [member(inputs, propagation) for member in ensemble]
    logits = [pair_logits(posterior.mu.detach().numpy(), *EDGES.T) for posterior in alone]
    np.testing.assert_allclose(pair_logits(together.mu.detach().numpy(), *EDGES.T), np.mean(logits, axis=0), rtol=1e-5)
    variances = [posterior.logvar.exp() / 2 for posterior in alone if posterior.logvar is not None]
    assert together.logvar is not None
    torch.testing.assert_close(together.logvar.exp(), torch.cat(variances, dim=1))


def test_the_weights_that_are_stored_are_those_of_one_encoder_that_gives_the_same() -> None:
    """numpy's encoder embeds every node as the ensemble does, and log σ² is linear in its mean, from the public weights."""
    ensemble, matrix = _ensemble(), adjacency(N, EDGES, None)
    weights = {name: weight.detach().numpy() for name, weight in ensemble.public_weights().items()}
    posterior = ensemble(Inputs(X).whole, Propagation(N, EDGES).whole)
    assert posterior.logvar is not None
    khop = KHop(matrix.indptr, matrix.indices.astype(np.int32), None)
    numpy_encoder = NumpyPropagation(weights, X, khop, kind="normalized", dim=D, hops=2)
    mu = np.stack([numpy_encoder.embed(node) for node in range(N)])
    np.testing.assert_allclose(mu, posterior.mu.detach().numpy(), atol=1e-5)
    logvar = mu @ weights["normalized.logvar.weight"] + weights["normalized.logvar.bias"]
    np.testing.assert_allclose(logvar, posterior.logvar.detach().numpy(), atol=1e-4)


def test_members_learn_from_draws_of_their_own() -> None:
    """Two members that begin with the same weights part at the first step: masks, features and non-edges are not shared."""
    run = Trainer(_graph(), np.arange(2 * N), TrainingConfig(model="gae"))
    first, second = run.model
    second.load_state_dict(first.state_dict())
    run.step()
    assert not torch.equal(next(first.parameters()), next(second.parameters()))
