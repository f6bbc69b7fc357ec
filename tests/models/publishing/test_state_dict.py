"""Weights of PyTorch Geometric's GAE and VGAE, published."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch_geometric.nn import GAE, VGAE, GCNConv

from latentlink.app.services.encoder import make_numpy_encoder
from latentlink.models.checkpoint import Checkpoint, open_checkpoint
from latentlink.models.errors import DataError
from latentlink.models.evaluation.splits import split_edges
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.encoders import NewNodeGroup, NumpyGCN, embed_new_nodes
from latentlink.models.inference.encoders.leave_out import TwoHopSubgraph
from latentlink.models.publishing.state_dict import gcn_weights, publish_state_dict
from latentlink.models.sources import load_graph

KARATE = replace(
    load_graph(dataset="karate"), features=np.random.default_rng(0).normal(size=(34, 5)).astype(np.float32)
)


class Example(nn.Module):
    """The encoder of PyTorch Geometric's example."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = names
        self.conv1 = GCNConv(5, 8)
        for name in names:
            setattr(self, name, GCNConv(8, 3))

    def forward(self, x: Tensor, edge_index: Tensor) -> Any:
        """One head for a GAE, two for a VGAE."""
        hidden = self.conv1(x, edge_index).relu()
        heads = [getattr(self, name)(hidden, edge_index) for name in self.names]
        return heads if len(heads) > 1 else heads[0]


def _forward(model: nn.Module, graph: Graph, *links: tuple[int, int], x: Tensor | None = None) -> Any:
    """PyTorch Geometric's heads, on the graph with more links."""
    edges = np.concatenate([graph.edges, np.array(links, np.int64).reshape(-1, 2)])
    features = torch.from_numpy(graph.features) if x is None else x
    with torch.no_grad():
        return model.encoder(features, torch.from_numpy(np.concatenate([edges, edges[:, ::-1]]).T.copy()))  # type: ignore[operator]


def _biased(model: nn.Module) -> nn.Module:
    """The model with biases that are not 0, as it begins with."""
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(parameter)
    return model


@pytest.fixture(scope="module")
def vgae() -> nn.Module:
    """Of random weights."""
    torch.manual_seed(0)
    return _biased(VGAE(Example(["conv_mu", "conv_logstd"])))


@pytest.fixture(scope="module")
def published(vgae: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """Its weights, without a split."""
    return open_checkpoint(
        publish_state_dict("some", KARATE, vgae.state_dict(), store=tmp_path_factory.mktemp("state"))
    )


def test_the_vectors_are_those_of_pytorch_geometric(vgae: nn.Module, published: Checkpoint) -> None:
    """Mu as it is, and log σ² twice its log σ."""
    mu, logstd = _forward(vgae, KARATE)
    assert (published.manifest.model, published.manifest.encoder) == ("vgae", "gcn_bias")
    np.testing.assert_allclose(published.mu, mu, atol=1e-5)
    assert published.logvar is not None
    np.testing.assert_allclose(published.logvar, 2 * logstd, atol=1e-5)


def test_a_new_node_is_embedded_with_the_biases(vgae: nn.Module, published: Checkpoint) -> None:
    """As PyTorch Geometric embeds it on the graph that has it."""
    encoder, x = make_numpy_encoder(published), np.ones(5, np.float32)
    [found] = embed_new_nodes(encoder, NewNodeGroup.one(34, x, np.array([0, 7])))
    grown = torch.from_numpy(np.vstack([KARATE.features, x]))  # type: ignore[list-item] # dense
    mu, logstd = _forward(vgae, KARATE, (0, 34), (7, 34), x=grown)
    np.testing.assert_allclose(found.z, mu[34], atol=1e-5)
    assert found.logvar is not None
    np.testing.assert_allclose(found.logvar, 2 * logstd[34], atol=1e-5)


def test_a_link_is_left_out_with_the_biases(vgae: nn.Module, published: Checkpoint) -> None:
    """The vector without a link is that of the graph without it."""
    encoder, node = make_numpy_encoder(published), 5
    assert isinstance(encoder, NumpyGCN)
    other = int(published.graph.neighbors(node)[0])
    found = TwoHopSubgraph(encoder, node).without(np.array([[node, other]]), np.ones(1))
    kept = ~(np.isin(KARATE.edges, (node, other)).all(axis=1))
    mu, _ = _forward(vgae, replace(KARATE, edges=KARATE.edges[kept]))
    np.testing.assert_allclose(found, mu[node], atol=1e-5)


def test_with_a_split_the_vectors_are_of_its_training_links(tmp_path: Path) -> None:
    """So that held-out links are not passed messages along."""
    torch.manual_seed(1)
    model = _biased(GAE(Example(["conv2"])))
    split = split_edges(KARATE, 0.1, 0.2, np.random.default_rng(0))
    path = publish_state_dict("some", KARATE, model.state_dict(), split=split, parts="dense", store=tmp_path)
    checkpoint = open_checkpoint(path)
    expected = _forward(model, replace(KARATE, edges=KARATE.edges[split.train]))
    np.testing.assert_allclose(checkpoint.mu, expected, atol=1e-5)
    assert checkpoint.manifest.metrics.test.auc is not None


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"conv1": "conv9"}, "found 'encoder.conv9.bias'"),
        ({"conv1": "conv1.layer"}, "found 'encoder.conv1.layer"),
        ({"conv_mu": "conv_logstd"}, "expected conv1, conv_mu"),
    ],
)
def test_other_layers_are_refused(vgae: nn.Module, names: dict[str, str], message: str) -> None:
    """With those that are expected."""
    [(old, new)] = names.items()
    state = {name.replace(old, new): tensor for name, tensor in vgae.state_dict().items()}
    with pytest.raises(DataError, match=message):
        gcn_weights(state, 5)


def test_weights_of_other_features_are_refused(vgae: nn.Module) -> None:
    """Their number is that of the graph."""
    with pytest.raises(DataError, match=r"conv1 of 6 inputs.*found 5 and 8"):
        gcn_weights(vgae.state_dict(), 6)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"encoder.conv1.bias": 3}, "a tensor of finite numbers with 1 axes in 'encoder.conv1.bias', found int"),
        ({"encoder.conv1.bias": torch.full((8,), torch.nan)}, "not finite"),
        ({"encoder.conv1.bias": torch.ones(3)}, r"layers that fit each other, found a bias \(3,\) of hidden"),
        ({"encoder.conv_logstd.lin.weight": torch.ones(2, 8)}, r"found a weight \(2, 8\) of logvar"),
        ({"encoder.conv2.bias": torch.ones(3)}, "found both"),
    ],
)
def test_tensors_that_fit_no_layer_are_refused(vgae: nn.Module, changed: dict[str, object], message: str) -> None:
    """Before anything is computed from them."""
    with pytest.raises(DataError, match=message):
        gcn_weights({**vgae.state_dict(), **changed}, 5)
