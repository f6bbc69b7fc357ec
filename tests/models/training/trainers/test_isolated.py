"""Nodes without links against the numpy encoder, against new nodes, and against the lengths of linked nodes."""

from typing import Any

import numpy as np
import pytest
import torch

from latentlink.models.arrays import Float32, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph, adjacency
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.inference.encoders import NewNodeGroup, NumpyPropagation, embed_new_nodes
from latentlink.models.inference.encoders.khop import KHop
from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer
from latentlink.models.training.trainers.trainer import Trainer

N, LINKED = 60, 45
X = np.random.default_rng(1).normal(size=(N, 7)).astype(np.float32)
CASES = [
    pytest.param({"encoder": encoder}, features, rows, id=f"{encoder}{', features' * features}{', rows' * rows}")
    for encoder in ("normalized", "linear")
    for features, rows in ((True, False), (True, True), (False, True))
]


def trained(options: dict[str, Any], features: bool, rows: bool, kind: type[Trainer] = Trainer) -> Trainer:
    """After two steps on a graph whose last 15 nodes have no links."""
    pairs = np.random.default_rng(0).integers(0, LINKED, (120, 2))
    graph = Graph.from_pairs([str(i) for i in range(N)], pairs, features=X if features else None)
    config = TrainingConfig.model_validate({"dim": 6, **options})
    trainer = kind(graph, np.arange(graph.n_edges), config, node_embeddings=rows)
    for _ in range(2):
        trainer.step()
    return trainer


def numpy_encoder(trainer: Trainer, embeddings: Embeddings, x: Float32 | None) -> NumpyPropagation:
    """As a service builds it, of the weights and links of a checkpoint."""
    matrix, config = adjacency(N, embeddings.edges), trainer.config
    khop = KHop(matrix.indptr, matrix.indices, None)
    return NumpyPropagation(embeddings.weights, x, khop, kind=config.encoder, dim=config.dim, hops=config.hops)


def isolated(embeddings: Embeddings) -> Int64:
    """Nodes without links."""
    return np.setdiff1d(np.arange(N), embeddings.edges)


@pytest.mark.parametrize("kind", [Trainer, NeighborSamplingTrainer])
@pytest.mark.parametrize(("options", "features", "rows"), CASES)
def test_the_numpy_encoder_returns_all_vectors(
    options: dict[str, Any], features: bool, rows: bool, kind: type[Trainer]
) -> None:
    """z and log σ² of linked and isolated nodes, from the published weights, to 1e-5."""
    trainer = trained(options, features, rows, kind)
    found = trainer.embed()
    encoder = numpy_encoder(trainer, found, X if features else None)
    z = np.stack([encoder.embed(node) for node in range(N)])
    np.testing.assert_allclose(z, found.mu, atol=1e-5)
    logvar = encoder.logvar(z)
    assert logvar is not None
    assert found.logvar is not None
    np.testing.assert_allclose(logvar, found.logvar, atol=1e-5)


@pytest.mark.parametrize(("options", "features", "rows"), CASES[:2] + CASES[3:5])
def test_a_node_without_links_has_the_vector_of_a_new_one(options: dict[str, Any], features: bool, rows: bool) -> None:
    """With the same features; its learned embedding says nothing."""
    trainer = trained(options, features, rows)
    found = trainer.embed()
    encoder, none = numpy_encoder(trainer, found, X), np.empty(0, np.int64)
    for node in isolated(found):
        [new] = embed_new_nodes(encoder, NewNodeGroup.one(N, X[node], none))
        np.testing.assert_allclose(new.z, found.mu[node], atol=1e-6)


@pytest.mark.parametrize("rows", [False, True])
def test_it_is_as_long_as_the_ends_of_links_are_on_average(rows: bool) -> None:
    """Its features give it the mean length of these vectors, which are averages and shorter."""
    found = trained({"encoder": "normalized"}, True, rows).embed()
    lengths = np.linalg.norm(found.mu, axis=1)
    own = isolated(found)
    assert len(own) >= N - LINKED
    np.testing.assert_allclose(lengths[own], np.mean([lengths[[a, b]] for a, b in found.edges]), rtol=1e-5)
    assert found.weights["normalized.isolated_scale"][0] < 1


@pytest.mark.parametrize("encoder", ["normalized", "linear"])
def test_without_features_its_vector_is_zero(encoder: str) -> None:
    """Nothing is known of it."""
    found = trained({"encoder": encoder}, False, True).embed()
    assert not found.mu[isolated(found)].any()


@pytest.mark.parametrize(("options", "features", "rows"), [*CASES, pytest.param({"encoder": "gcn"}, True, False)])
def test_all_other_vectors_are_those_of_torch(options: dict[str, Any], features: bool, rows: bool) -> None:
    """To the bit, and so are the weights that the training goes on with; a `gcn` is left as it is."""
    trainer = trained(options, features, rows)
    before = trainer.weights()
    with torch.no_grad():
        mu = trainer._posterior().mu.numpy().copy()
    found = trainer.embed()
    same = np.arange(N) if options["encoder"] == "gcn" else np.unique(found.edges)
    np.testing.assert_array_equal(found.mu[same], mu[same])
    for name, weight in trainer.weights().items():
        np.testing.assert_array_equal(weight, before[name])
