"""Full-batch training of a GAE whose encoder is a torch module."""

import numpy as np
import torch
from torch import Tensor

from latentlink.models.arrays import Bool, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.roles import encoder_features
from latentlink.models.nn.adam import Adam
from latentlink.models.nn.autoencoders import Posterior
from latentlink.models.nn.encoders import Features
from latentlink.models.nn.modules import EdgeIndex, ModuleEncoder, seeded, teaching
from latentlink.models.nn.sparse import CPU
from latentlink.models.training.inputs import Inputs
from latentlink.models.training.trainers.base_trainer import require_finite
from latentlink.models.training.trainers.link_trainer import LinkTrainer
from latentlink.models.training.trainers.module_source import ModuleSource


class ModuleTrainer(LinkTrainer):
    """A `LinkTrainer` of a module, in training mode in a step and in evaluation mode otherwise.

    Features are dense. Without any the module takes learned node embeddings (N, D).

    Args:
        graph: as of a `LinkTrainer`; so are the arguments that are not listed.
        train_edges: its training edges.
        config: hyperparameters.
        source: makes the module.
        device: of the module.

    Raises:
        DataError: the module fails, or its output isn't finite (N, D); or there are no negatives.
    """

    def __init__(
        self,
        graph: Graph,
        train_edges: Int64,
        config: TrainingConfig,
        source: ModuleSource,
        *,
        device: torch.device = CPU,
    ) -> None:
        super().__init__(graph, train_edges, config, device=device)
        x = encoder_features(graph)
        self.inputs = Inputs(x.to_dense() if isinstance(x, CSR) else x, device=device)
        edges, weights = self._passing()
        both = torch.from_numpy(np.concatenate([edges, edges[:, ::-1]]).T.copy())
        weight = None if weights is None else torch.from_numpy(np.tile(weights, 2)).to(device)
        self._whole = EdgeIndex(both.to(device), weight)
        rows, initial = self.n_nodes if x is None else None, torch.Generator().manual_seed(config.seed)
        self._width, module = source.width, source.new()
        with teaching(config.encoder):
            self.model: ModuleEncoder = ModuleEncoder(module, rows, config.dim, generator=initial).to(device)
        self._require_embeddings()
        self._learned = [weight for weight in self.model.parameters() if weight.requires_grad]
        self.optimizer: Adam = Adam(
            self._learned, config.learning_rate, config.weight_decay if graph.n_features else 0.0
        )

    def step(self) -> float:
        """Train for one epoch: one gradient step on at most `BATCH_EDGES` edges and as many negatives; return the loss in nats.

        Raises:
            DataError: the module fails, or the loss is not finite.
        """
        supervision, hidden = self._hidden()
        z = self._trained(self.inputs.dropout(self.config.feature_dropout, self.rng), self._passed(hidden))
        edges = self._all_edges if supervision is None else self._supervised(supervision)
        return self._descend(self._link_loss(z, edges, supervision))

    def _trained(self, x: Features, edges: EdgeIndex, nodes: Tensor | None = None) -> Tensor:
        """z in training mode, float32 (N, D), of all nodes, or of some, int64 (m,), with their features x (m, F): (m, D)."""
        seed = int(torch.randint(2**62, (), generator=self.generator, device=self.device))
        self.model.train()
        with teaching(self.config.encoder), seeded(seed, self.device):
            z: Tensor = self.model(self._dense(x), edges, nodes).float().contiguous()
            return z

    def _descend(self, loss: Tensor) -> float:
        """Take a gradient step; the loss in nats."""
        with teaching(self.config.encoder):
            gradients = torch.autograd.grad(loss, self._learned, materialize_grads=True)
        self.optimizer.step(gradients)
        return require_finite(loss.item())

    def _posterior(self) -> Posterior:
        self.model.eval()
        with seeded(self.config.seed, self.device):
            z = self.model(self._dense(self.inputs.whole), self._whole)
            return Posterior(z.detach().float(), None)  # a parameter, passed through, has a gradient in any mode

    def _public_weights(self) -> dict[str, Tensor]:
        return self.model.public_weights()

    def _passed(self, hidden: Bool | None) -> EdgeIndex:
        if hidden is None:
            return self._whole
        pairs, weight = self._whole
        kept = torch.from_numpy(np.tile(~hidden, 2)).to(self.device)
        return EdgeIndex(pairs[:, kept], None if weight is None else weight[kept])

    def _dense(self, x: Features) -> Tensor | None:
        assert x is None or isinstance(x, Tensor)
        return x

    def _require_embeddings(self) -> None:
        """Refuse a module without vectors of all nodes that can be trained; one whose layers wait for their input gets it here.

        Raises:
            DataError: the module fails, or its output is another one.
        """
        n, dim, text = self.n_nodes, self.config.dim, self.config.encoder
        self.model.eval()
        with teaching(text), seeded(self.config.seed, self.device):
            z = self.model(self._dense(self.inputs.whole), self._whole)
        shape = tuple(z.shape) if isinstance(z, Tensor) else type(z).__name__
        if shape != (n, dim):
            raise DataError(
                f"--encoder {text}: expected z of shape (N, D) = ({n}, {dim}), a row for each node, found {shape}; correct the "
                "module, or give its width with --dim"
            )
        if not bool(z.isfinite().all()):
            raise DataError(f"--encoder {text}: expected finite numbers, found NaN or infinity; correct the module")
        if not z.requires_grad:
            raise DataError(
                f"--encoder {text}: expected vectors with parameters to train, found none; for vectors as they are use "
                "`latentlink publish`"
            )
