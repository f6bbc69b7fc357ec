"""Training: split, fit, select the epoch on validation, look at test once, fit again on all edges.

Knows neither files nor the terminal: a graph and a config come in, arrays and numbers go out.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.autoencoders import GraphAutoencoder, decode
from models.config import TrainingConfig
from models.csr import CSR, Float32, Int64
from models.encoders import GCNEncoder
from models.errors import DataError
from models.graph import Graph, adjacency
from models.losses import kl_divergence, link_loss
from models.metrics import link_metrics
from models.sampling import NonEdges
from models.scoring import pair_logits
from models.sparse import SparseMatrix, gcn_normalize
from models.splits import Split, audit, split_edges


@dataclass(frozen=True)
class Epoch:
    """One epoch's numbers; `validation_auc` is None while refitting, when nothing is held out."""

    number: int
    loss: float
    validation_auc: float | None


@dataclass(frozen=True)
class Embeddings:
    """What the encoder gives for the graph it saw.

    Attributes:
        mu: float32 (N, D).
        logvar: float32 (N, D), or None for an autoencoder that isn't variational.
        weights: the encoder's parameters, float32, under their public names.
        edges: int64 (e, 2), the edges that the encoder saw.
        edge_weights: float32 (e,) or None.
    """

    mu: Float32
    logvar: Float32 | None
    weights: dict[str, Float32]
    edges: Int64
    edge_weights: Float32 | None


@dataclass(frozen=True)
class Trained:
    """The outcome of a training run: what is served, and the evidence for it.

    Attributes:
        embeddings: to be served; of all edges after a refit.
        epoch: the selected epoch, counted from 1.
        curve: every epoch of the evaluated run.
        metrics: {"validation": {"auc", "ap"}, "test": {...}} of the evaluated run.
        split_audit: counts that are all 0 for a sound split.
        heldout: int64 (m, 2), edges that the served encoder did not see; empty after a refit.
    """

    embeddings: Embeddings
    epoch: int
    curve: list[Epoch]
    metrics: dict[str, dict[str, float]]
    split_audit: dict[str, int]
    heldout: Int64


Progress = Callable[[Epoch], None]


def step_work(graph: Graph, config: TrainingConfig) -> int:
    """Multiply-adds of one training step, forward and backward, to choose the number of threads by."""
    x = graph.features
    inputs = graph.n_nodes if x is None else len(x.data) if isinstance(x, CSR) else x.size
    latent = config.dim * (2 if config.variational else 1)
    entries = 2 * graph.n_edges + graph.n_nodes  # of Â
    return 2 * (inputs * config.hidden + entries * (config.hidden + latent) + 2 * graph.n_edges * config.dim)


def train(graph: Graph, config: TrainingConfig, on_epoch: Progress = lambda _: None) -> Trained:
    """Train on `graph` by the leak-free protocol and return what to publish.

    The encoder and the training negatives know the training edges only; the epoch is selected by AUC on validation, and
    test is read once, at the selected epoch.

    Raises:
        DataError: the graph is too small or too dense to split, or the loss stopped being finite.
    """
    with _deterministic():
        return _train(graph, config, on_epoch)


def _train(graph: Graph, config: TrainingConfig, on_epoch: Progress) -> Trained:
    split = split_edges(graph, config.validation, config.test, np.random.default_rng(config.seed))
    run = Run(graph, split.train, config)
    selection = _fit_and_select(run, split, config.epochs, on_epoch)
    embeddings, heldout = selection.best, np.concatenate([split.validation, split.test])
    if config.refit:
        run = Run(graph, np.arange(graph.n_edges), config)
        for number in range(1, selection.epoch + 1):
            on_epoch(Epoch(number, run.step(), None))
        embeddings, heldout = run.embed(), np.empty((0, 2), np.int64)
    return Trained(
        embeddings=embeddings,
        epoch=selection.epoch,
        curve=selection.curve,
        metrics={
            "validation": _evaluate(selection.best.mu, split.validation, split.validation_negatives),
            "test": _evaluate(selection.best.mu, split.test, split.test_negatives),
        },
        split_audit=audit(graph, split),
        heldout=heldout,
    )


@contextmanager
def _deterministic() -> Iterator[None]:
    """Without this, two threads add up the decoder's gradient in whatever order they come."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


class Run:
    """One full-batch fit of a model to the edges it may see; the config's seed decides every random number.

    Args:
        graph: N nodes; of its edges only those in `seen` are ever looked at.
        seen: int64 (e,), indices into `graph.edges`.
        config: what to train.

    Raises:
        DataError: the seen edges link every pair of nodes, so that there are no negatives.
    """

    def __init__(self, graph: Graph, seen: Int64, config: TrainingConfig) -> None:
        self.edges = graph.edges[seen]
        self.edge_weights = None if graph.weights is None else graph.weights[seen]
        self.positives = torch.from_numpy(np.ascontiguousarray(self.edges.T))  # (2, e)
        self.positive_weights = None if self.edge_weights is None else torch.from_numpy(self.edge_weights)
        self.propagation = SparseMatrix(
            gcn_normalize(adjacency(graph.n_nodes, self.edges, self.edge_weights)), symmetric=True
        )
        self.x = _features(graph)
        self.non_edges = NonEdges(graph.n_nodes, self.edges)
        self.rng = np.random.default_rng(config.seed)
        self.generator = torch.Generator().manual_seed(config.seed)
        heads = ("mu", "logvar") if config.variational else ("mu",)
        n_features = graph.n_features or graph.n_nodes
        self.model = GraphAutoencoder(
            GCNEncoder(n_features, config.hidden, config.dim, heads, generator=self.generator)
        )
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=config.learning_rate)

    def step(self) -> float:
        """One epoch of gradient descent on all seen edges and as many negatives; the loss in nats.

        Raises:
            DataError: the loss is not finite.
        """
        self.optimizer.zero_grad()
        loss = self._loss()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        value = loss.item()
        if not np.isfinite(value):
            raise DataError(
                f"training: expected a finite loss, found {value}; scale the features or lower --learning-rate"
            )
        return value

    def embed(self) -> Embeddings:
        """The posterior of all nodes under the present weights."""
        with torch.no_grad():
            posterior = self.model(self.x, self.propagation)
        return Embeddings(
            mu=posterior.mu.numpy(),
            logvar=None if posterior.logvar is None else posterior.logvar.numpy(),
            weights={name: w.detach().numpy().copy() for name, w in self.model.encoder.public_weights().items()},
            edges=self.edges,
            edge_weights=self.edge_weights,
        )

    def _loss(self) -> Tensor:
        posterior = self.model(self.x, self.propagation)
        z = posterior.sample(self.generator)
        negatives = torch.from_numpy(self.non_edges.draw(len(self.edges), self.rng).T)
        loss = link_loss(decode(z, self.positives), decode(z, negatives), self.positive_weights)
        if posterior.logvar is not None:
            loss = loss + kl_divergence(posterior.mu, posterior.logvar) / len(z)
        return loss


@dataclass(frozen=True)
class _Selection:
    best: Embeddings
    epoch: int
    curve: list[Epoch]


def _fit_and_select(run: Run, split: Split, epochs: int, on_epoch: Progress) -> _Selection:
    """Fit for `epochs` and keep the embeddings of the epoch with the best validation AUC, the earliest of equals."""
    best, best_auc, best_epoch = run.embed(), -1.0, 0
    curve: list[Epoch] = []
    for number in range(1, epochs + 1):
        loss = run.step()
        embeddings = run.embed()
        auc = _evaluate(embeddings.mu, split.validation, split.validation_negatives)["auc"]
        curve.append(Epoch(number, loss, auc))
        on_epoch(curve[-1])
        if auc > best_auc:
            best, best_auc, best_epoch = embeddings, auc, number
    return _Selection(best, best_epoch, curve)


def _evaluate(mu: Float32, edges: Int64, non_edges: Int64) -> dict[str, float]:
    return link_metrics(pair_logits(mu, *edges.T), pair_logits(mu, *non_edges.T))


def _features(graph: Graph) -> Tensor | SparseMatrix:
    """(N, F); without features every node gets a row of its own in the first layer, as in the paper.

    Columns of a dense table come in units of their own: those that go beyond 1 are scaled to it. Sparse ones stay as they are.
    """
    if graph.features is None:
        return SparseMatrix(CSR.identity(graph.n_nodes), symmetric=True)
    if isinstance(graph.features, CSR):
        return SparseMatrix(graph.features)
    return torch.from_numpy(graph.features / np.maximum(np.abs(graph.features).max(axis=0), 1))
