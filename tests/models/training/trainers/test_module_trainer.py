"""Training of torch modules: what they are given, which edges they see, and repeatable bits."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch_geometric.nn import GCNConv, SAGEConv

from latentlink.models.arrays import Float32
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.evaluation.splits import split_edges
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.recipes import PYG
from latentlink.models.training.protocol import train
from latentlink.models.training.trainers.module_source import Encoder, module_source, name_of
from latentlink.models.training.trainers.module_trainer import ModuleTrainer
from tests.models.training.helpers import communities

GRAPH = communities()
E, N, D = GRAPH.n_edges, GRAPH.n_nodes, 4


class Plain(nn.Module):
    """A module that remembers the edges of its last call in training."""

    def __init__(self, n_features: int, dim: int) -> None:
        super().__init__()
        self.entry, self.seen = nn.Linear(n_features, dim), torch.empty(0)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """A linear map of features and of the sums over neighbours."""
        if self.training:
            self.seen = edge_index
        return torch.relu(self.entry(x.index_add(0, edge_index[1], x[edge_index[0]])))


class Dropped(nn.Module):
    """A layer that waits for the width of its input, behind dropout."""

    def __init__(self, _: int, dim: int) -> None:
        super().__init__()
        self.convolution = SAGEConv((-1, -1), dim)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """With noise in training alone."""
        return self.convolution(torch.dropout(x, 0.5, self.training), edge_index)  # type: ignore[no-any-return]


def _config(**given: object) -> TrainingConfig:
    settings = {"encoder": "some:Module", "dim": D, "epochs": 3, "evaluate_every": 1, "parts": "dense"}
    return TrainingConfig.model_validate({**settings, **given})


def _trainer(module: Encoder | None, graph: Graph = GRAPH, **given: object) -> ModuleTrainer:
    config = _config(**given)
    source = module_source(graph, config, module)
    assert source is not None
    return ModuleTrainer(graph, np.arange(graph.n_edges), config, source)


@pytest.mark.parametrize("name", PYG)
def test_each_named_convolution_trains(name: str) -> None:
    """Two steps change the vectors, which are finite and of the configured width."""
    trainer = _trainer(None, encoder=f"pyg:{name}", hidden=8)
    before = trainer.embed().mu
    trainer.step()
    after = trainer.embed().mu
    assert before.shape == after.shape == (N, D)
    assert np.isfinite(after).all()
    assert (before != after).any()


def test_a_named_convolution_is_that_of_pytorch_geometric() -> None:
    """The vectors are those of two GCNConv with the recorded weights, ReLU between them, on edges in both directions."""
    graph = communities(weights=True, features=False)
    trainer = _trainer(None, graph, encoder="pyg:GCNConv", hidden=8)
    trainer.step()
    made = trainer.embed()
    first, second = GCNConv(D, 8), GCNConv(8, D)
    for place, layer in (("first", first), ("second", second)):
        layer.lin.weight.data = torch.from_numpy(made.weights[f"module.{place}.lin.weight"])
        layer.bias.data = torch.from_numpy(made.weights[f"module.{place}.bias"])
    x = torch.from_numpy(made.weights["module_rows.weight"])
    edge_index = torch.from_numpy(np.concatenate([graph.edges, graph.edges[:, ::-1]]).T.copy())
    assert graph.weights is not None
    weight = torch.from_numpy(np.tile(graph.weights, 2))
    expected = second(first(x, edge_index, weight).relu(), edge_index, weight).detach().numpy()
    np.testing.assert_allclose(made.mu, expected, atol=1e-5)


def test_supervision_edges_are_not_shown_to_a_module() -> None:
    """With a mask the edges of a step are the others, both directions of each; without one they are all."""
    trainer = _trainer(Plain, edge_masking=0.5)
    trainer.step()
    seen = trainer.model.module.seen.numpy()  # type: ignore[operator]
    assert 0 < seen.shape[1] < 2 * E
    assert {(i, j) for i, j in seen.T.tolist()} == {(j, i) for i, j in seen.T.tolist()}
    whole = _trainer(Plain, edge_masking=0)
    whole.step()
    assert whole.model.module.seen.shape == (2, 2 * E)


def test_held_out_edges_never_reach_a_module() -> None:
    """The evaluated vectors do not change when held-out edges are removed from the graph."""
    config = _config(refit=False)
    split = split_edges(GRAPH, config.validation, config.test, np.random.default_rng(0))
    source = module_source(GRAPH, config, Plain)
    assert source is not None
    alone = replace(GRAPH, edges=GRAPH.edges[split.train])
    made = [
        ModuleTrainer(graph, edges, config, source)
        for graph, edges in ((GRAPH, split.train), (alone, np.arange(len(split.train))))
    ]
    for trainer in made:
        trainer.step()
    assert (made[0].embed().mu == made[1].embed().mu).all()


def _trained(module: Encoder, graph: Graph = GRAPH, **given: object) -> Float32:
    """The vectors after two steps."""
    trainer = _trainer(module, graph, **given)
    trainer.step()
    trainer.step()
    return trainer.embed().mu


def test_the_seed_decides_every_bit_and_no_other_random_number() -> None:
    """Dropout and lazy weights repeat, whatever torch's global generator has drawn, and leave it as it was."""
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        state = torch.get_rng_state()
        found.append(_trained(Dropped))
        assert (torch.get_rng_state() == state).all()
    assert (found[0] == found[1]).all()
    assert (_trained(Dropped, seed=1) != found[0]).any()


def test_a_module_is_copied_and_stays_untrained() -> None:
    """An instance has its own weights after a training, and gives the same vectors again."""
    module, graph = Plain(D, D), replace(GRAPH, features=None)
    before = module.entry.weight.detach().clone()
    found = [_trained(module, graph, encoder=name_of(module)) for _ in range(2)]
    assert (module.entry.weight == before).all()
    assert (found[0] == found[1]).all()


def test_sparse_features_reach_a_module_dense() -> None:
    """The vectors are the same."""
    x = (np.random.default_rng(0).random((N, 7)) < 0.3).astype(np.float32)
    graphs = (replace(GRAPH, features=x), replace(GRAPH, features=CSR.from_dense(x)))
    dense, sparse = (_trainer(Plain, graph).embed().mu for graph in graphs)
    assert (dense == sparse).all()


def test_a_killed_training_of_a_module_continues_with_the_same_bits() -> None:
    """From the state after one step, the second is the same."""
    trainer, other = _trainer(Dropped), _trainer(Dropped)
    trainer.step()
    other.load_state({name: np.array(array) for name, array in trainer.state().items()})
    assert trainer.step() == other.step()
    assert (trainer.embed().mu == other.embed().mu).all()


def test_directed_links_give_a_module_two_roles_of_each_node() -> None:
    """Its input has the columns of both roles, and a link another score than its reverse."""
    graph = replace(GRAPH, directed=True, features=np.eye(N, 5, dtype=np.float32))
    widths = []

    def made(n_features: int, dim: int) -> nn.Module:
        widths.append(n_features)
        return Plain(n_features, dim)

    trained = train(graph, _config(refit=False), encoder=made)
    assert set(widths) == {10}
    assert trained.embeddings.target is not None
    assert (trained.embeddings.target != trained.embeddings.mu).any()


def test_weights_that_a_module_does_not_take_are_noted() -> None:
    """GCNConv takes them, SAGEConv does not."""
    weighted = replace(GRAPH, weights=np.linspace(1, 2, E, dtype=np.float32))
    notes = [module_source(weighted, _config(encoder=f"pyg:{name}"), None) for name in ("GCNConv", "SAGEConv")]
    assert [bool(source and source.notes) for source in notes] == [False, True]


def _returning(made: Callable[[Tensor], object]) -> Encoder:
    class Returning(Plain):
        def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
            return made(super().forward(x, edge_index))  # type: ignore[return-value]

    return Returning


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        (_returning(lambda z: z[:, 1:]), rf"expected z of shape \(N, D\) = \({N}, {D}\).*found \({N}, 3\).*--dim"),
        (_returning(lambda z: (z, z)), "found tuple"),
        (_returning(lambda z: z * torch.nan), "finite"),
        (_returning(lambda z: z.detach()), "parameters to train"),
        (lambda n, dim: Plain(n + 1, dim), "RuntimeError: mat1 and mat2 shapes cannot be multiplied"),
        (lambda n: Plain(n, D), "TypeError"),
        (lambda *_: "no module", "torch.nn.Module, found str"),
        (lambda n, dim: GCNConv(n, dim, cached=True), "cached=True"),
    ],
)
def test_modules_that_cannot_be_trained_end_with_one_line(encoder: Encoder, message: str) -> None:
    """Wrong shapes, other outputs, numbers that are not finite, code that fails, and caches of edges."""
    with pytest.raises(DataError, match=message) as caught:
        _trainer(encoder)
    assert "\n" not in str(caught.value)


def test_a_module_needs_a_config_that_names_it() -> None:
    """Else the recipe of another encoder would train it."""
    with pytest.raises(DataError, match=r"TrainingConfig.encoder='.*:Plain'"):
        train(GRAPH, TrainingConfig(), encoder=Plain)
    with pytest.raises(DataError, match="pass it to train"):
        train(GRAPH, _config())


class Overwriting(Plain):
    """Writes into its arguments, as `dropout(x, inplace=True)` does."""

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """The same vectors as of `Plain`."""
        z = super().forward(x, edge_index)
        x.mul_(2)
        edge_index.fill_(0)
        return z


def test_a_module_overwrites_copies_alone() -> None:
    """A module that writes into its arguments trains as one that does not, and the graph's features stay."""
    graph = communities()
    assert isinstance(graph.features, np.ndarray)
    before, trainers = graph.features.copy(), [_trainer(one, graph, edge_masking=0) for one in (Overwriting, Plain)]
    for trainer in trainers:
        trainer.step()
    overwritten, kept = (trainer.embed().mu for trainer in trainers)
    np.testing.assert_array_equal(graph.features, before)
    np.testing.assert_array_equal(overwritten, kept)


class Double(Plain):
    """Answers in float64."""

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """z (N, D)."""
        return super().forward(x, edge_index).double()


def test_vectors_of_another_precision_are_trained_as_float32() -> None:
    """A module of float64 vectors trains, and its embeddings are float32."""
    trainer = _trainer(Double)
    trainer.step()
    assert trainer.embed().mu.dtype == np.float32


class Table(nn.Module):
    """Node embeddings that are a parameter themselves."""

    def __init__(self, _: int, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(N, dim))

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:  # noqa: ARG002
        """z (N, D)."""
        return self.weight


def test_a_parameter_can_be_the_vectors() -> None:
    """A module may return a parameter as it is."""
    trainer = _trainer(Table)
    trainer.step()
    assert trainer.embed().mu.shape == (N, D)


class Failing(Plain):
    """Fails in training alone."""

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """z (N, D), in evaluation mode."""
        if self.training:
            raise RuntimeError("expected more than 1 value per channel")
        return super().forward(x, edge_index)


def test_a_module_that_fails_in_training_is_named() -> None:
    """What a module raises in a step is a message that names it."""
    with pytest.raises(DataError, match=r"--encoder some:Module: .*found RuntimeError: expected more than 1 value"):
        _trainer(Failing).step()


@pytest.mark.filterwarnings("ignore:`torch.jit")
def test_a_module_of_torch_script_is_refused() -> None:
    """It shows no signature; the message names it."""

    class Mapped(nn.Module):
        def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:  # noqa: ARG002
            return x

    with pytest.raises(DataError, match=r"--encoder some:Module: .*found ValueError: no signature"):
        _trainer(torch.jit.script(Mapped()))
