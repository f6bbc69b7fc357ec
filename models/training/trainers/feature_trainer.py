"""Training of an AE or a VAE on the features of some nodes, in mini-batches."""

import numpy as np
import torch
from torch import Tensor

from latentlink.models.arrays import Float32, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import binary_columns, blocks, column_means, dense_rows
from latentlink.models.graph.graph import Graph
from latentlink.models.nn.adam import Adam
from latentlink.models.nn.autoencoders import Posterior
from latentlink.models.nn.losses import reconstruction_loss
from latentlink.models.nn.mlp import FeatureAutoencoder, MLPDecoder, MLPEncoder
from latentlink.models.nn.sparse import CPU, SparseMatrix
from latentlink.models.training.trainers.base_trainer import BaseTrainer, require_finite

_BATCHES, _LEAST, _MOST = 10, 16, 256  # steps per epoch at least; rows per step
_CELLS = 2**22  # per batch: 16 MiB for each of the few dense blocks of the decoder


class FeatureTrainer(BaseTrainer):
    """Trains on the features of some nodes; the config's seed decides every random number.

    Args:
        graph: N nodes with features.
        train_edges: int64 (e,), indices into `graph.edges`: the known links of the embeddings; the model does not use them.
        train_rows: int64 (m,), the only rows of features that are learned from.
        config: hyperparameters.
        device: of the model; batches are drawn on the host and copied one at a time.
    """

    def __init__(
        self,
        graph: Graph,
        train_edges: Int64,
        train_rows: Int64,
        config: TrainingConfig,
        *,
        device: torch.device = CPU,
    ) -> None:
        assert graph.features is not None
        self.config, self.device = config, device
        self.edges = graph.edges[train_edges]
        self.edge_weights = None if graph.weights is None else graph.weights[train_edges]
        self.features, self.train_rows = graph.features, train_rows
        binary = binary_columns(graph.features, train_rows)
        self.rng = np.random.default_rng(config.seed)
        self.generator = torch.Generator(device).manual_seed(config.seed)
        means = column_means(graph.features, train_rows, binary)
        self.model: FeatureAutoencoder = FeatureAutoencoder(
            MLPEncoder(graph.n_features, config, generator=self.generator),
            MLPDecoder(means, binary, config, generator=self.generator),
        )
        self.optimizer: Adam = Adam(self.model.parameters(), config.learning_rate, config.weight_decay)

    def step(self) -> float:
        """Train for one epoch: every training row once, in batches in random order; return the mean loss of a row.

        Raises:
            DataError: the loss is not finite.
        """
        order = self.rng.permutation(self.train_rows)
        # Of equal size: a last batch of a few rows would move the weights as far as a full one.
        batches = np.array_split(order, -(-len(order) // batch_rows(len(order), self.features.shape[1])))
        value = sum(self._step(rows) * len(rows) for rows in batches) / len(order)
        return require_finite(value)

    def _posterior(self) -> Posterior:
        n, width = self.features.shape
        posteriors = [self.model.encoder(self._inputs(rows)) for rows in blocks(np.arange(n), width)]
        mu, logvar = ([getattr(p, head) for p in posteriors] for head in ("mu", "logvar"))
        return Posterior(torch.cat(mu), torch.cat(logvar) if self.config.variational else None)

    def _public_weights(self) -> dict[str, Tensor]:
        return self.model.public_weights()

    def _step(self, rows: Int64) -> float:
        posterior = self.model.encoder(self._inputs(rows, self.config.feature_dropout))
        z, divergence = posterior.sample(self.generator)
        output = self.model.decoder(z, self.generator)
        target = torch.from_numpy(dense_rows(self.features, rows)).to(self.device)
        loss: Tensor = reconstruction_loss(output, target, self.model.decoder.binary) + divergence
        self.optimizer.descend(loss)
        return loss.item()

    def _inputs(self, rows: Int64, dropout: float = 0.0) -> torch.Tensor | SparseMatrix:
        """Features (m, F) for the encoder: missing cells are 0, a share is dropped and the others are scaled up."""
        x = self.features.take(rows) if isinstance(self.features, CSR) else self.features[rows]
        if isinstance(x, CSR):
            kept = x.select(self._kept(x.data, dropout))
            return SparseMatrix(
                CSR(kept.indptr, kept.indices, kept.data / np.float32(1 - dropout), kept.shape), device=self.device
            )
        return torch.from_numpy(np.where(self._kept(x, dropout), x / np.float32(1 - dropout), 0)).to(self.device)

    def _kept(self, values: Float32, dropout: float) -> np.ndarray:
        known = ~np.isnan(values)
        return known if dropout == 0 else known & (self.rng.random(values.shape, np.float32) >= dropout)


def batch_rows(n_rows: int, n_features: int) -> int:
    """Rows of a mini-batch: several steps per epoch for small tables, and bounded memory for wide ones."""
    wished = min(_MOST, max(_LEAST, n_rows // _BATCHES))
    return max(1, min(wished, _CELLS // max(n_features, 1)))
