"""One fit of an AE or a VAE to the feature rows that it may see, in mini-batches."""

import numpy as np
import torch
from torch import Tensor

from latentlink.models.arrays import Float32, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import binary_columns, blocks, column_means, dense_rows
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.nn.adam import Adam
from latentlink.models.nn.losses import reconstruction_loss
from latentlink.models.nn.mlp import FeatureAutoencoder, MLPDecoder, MLPEncoder
from latentlink.models.nn.sparse import CPU, SparseMatrix
from latentlink.models.training.trainer import Resumable

_BATCHES, _LEAST, _MOST = 10, 16, 256  # steps an epoch at least, and rows a step
_CELLS = 2**22  # of a batch: 16 MiB for each of the few dense blocks of the decoder


class FeatureTrainer(Resumable):
    """One fit; the config's seed decides every random number.

    Args:
        graph: N nodes with features; its links are only handed on.
        seen_edges: int64 (e,), indices into `graph.edges` that count as known.
        seen_rows: int64 (m,), the only rows of features that are learned from.
        config: what to train.
        device: where the model is; data are drawn on the host and sent a batch at a time.
    """

    def __init__(
        self,
        graph: Graph,
        seen_edges: Int64,
        seen_rows: Int64,
        config: TrainingConfig,
        *,
        device: torch.device = CPU,
    ) -> None:
        assert graph.features is not None
        self.config, self.device = config, device
        self.edges = graph.edges[seen_edges]
        self.edge_weights = None if graph.weights is None else graph.weights[seen_edges]
        self.features, self.seen_rows = graph.features, seen_rows
        binary = binary_columns(graph.features, seen_rows)
        self.rng = np.random.default_rng(config.seed)
        self.generator = torch.Generator(device).manual_seed(config.seed)
        means = column_means(graph.features, seen_rows, binary)
        self.model: FeatureAutoencoder = FeatureAutoencoder(
            MLPEncoder(graph.n_features, config, generator=self.generator),
            MLPDecoder(means, binary, config, generator=self.generator),
        )
        self.optimizer = Adam(self.model.parameters(), config.learning_rate, config.weight_decay)

    def step(self) -> float:
        """One epoch: every seen row once, in batches in random order; the mean loss of a row.

        Raises:
            DataError: the loss is not finite.
        """
        order = self.rng.permutation(self.seen_rows)
        # Of equal size: a last one of a few rows would move the weights as far as a whole one.
        batches = np.array_split(order, -(-len(order) // batch_rows(len(order), self.features.shape[1])))
        value = sum(self._step(rows) * len(rows) for rows in batches) / len(order)
        if not np.isfinite(value):
            raise DataError(
                f"training: expected a finite loss, found {value}; scale the features or lower --learning-rate"
            )
        return value

    def embed(self) -> Embeddings:
        """The posterior of all N nodes under the present weights, each from its own row."""
        n, width = self.features.shape
        with torch.no_grad():
            posteriors = [self.model.encoder(self._inputs(rows)) for rows in blocks(np.arange(n), width)]
        mu, logvar = ([getattr(p, head) for p in posteriors] for head in ("mu", "logvar"))
        weights = self.model.public_weights()
        return Embeddings(
            mu=torch.cat(mu).cpu().numpy(),
            logvar=torch.cat(logvar).cpu().numpy() if self.config.variational else None,
            weights={name: w.detach().cpu().numpy().copy() for name, w in weights.items()},
            edges=self.edges,
            edge_weights=self.edge_weights,
        )

    def _step(self, rows: Int64) -> float:
        posterior = self.model.encoder(self._inputs(rows, self.config.feature_dropout))
        z, divergence = posterior.sample(self.generator)
        output = self.model.decoder(z, self.generator)
        target = torch.from_numpy(dense_rows(self.features, rows)).to(self.device)
        loss: Tensor = reconstruction_loss(output, target, self.model.decoder.binary) + divergence
        self.optimizer.descend(loss)
        return loss.item()

    def _inputs(self, rows: Int64, dropout: float = 0.0) -> torch.Tensor | SparseMatrix:
        """Rows as the encoder takes them: missing cells as 0, a share left out and the others scaled up for it."""
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
    """Rows of a mini-batch: several steps an epoch for small tables, and bounded memory for wide ones."""
    wished = min(_MOST, max(_LEAST, n_rows // _BATCHES))
    return max(1, min(wished, _CELLS // max(n_features, 1)))
