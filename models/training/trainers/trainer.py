"""Full-batch training of a GAE or VGAE: each step propagates over the whole graph."""

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from latentlink.models.arrays import Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.circulants import CirculantSampler
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.roles import encoder_features
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.nn.adam import Adam
from latentlink.models.nn.autoencoders import GraphAutoencoder, Posterior
from latentlink.models.nn.ensemble import Ensemble, make_ensemble
from latentlink.models.nn.losses import circulant_loss
from latentlink.models.nn.sparse import CPU, SparseMatrix
from latentlink.models.training.adjacency import Propagation
from latentlink.models.training.inputs import Inputs
from latentlink.models.training.trainers.base_trainer import require_finite
from latentlink.models.training.trainers.isolated import replace_isolated
from latentlink.models.training.trainers.link_trainer import LinkTrainer
from latentlink.models.training.trainers.ranks import ALONE, Ranks


class Trainer(LinkTrainer):
    """A `LinkTrainer` of Latentlink's encoders, which propagate over Â.

    Args:
        graph: as of a `LinkTrainer`; so are the arguments that are not listed.
        train_edges: its training edges.
        config: hyperparameters.
        node_embeddings: whether each node has a learned embedding beside its features.
        device: of the encoder.
        ranks: the processes that do each step together.
    """

    def __init__(
        self,
        graph: Graph,
        train_edges: Int64,
        config: TrainingConfig,
        *,
        node_embeddings: bool = False,
        device: torch.device = CPU,
        ranks: Ranks = ALONE,
    ) -> None:
        super().__init__(graph, train_edges, config, device=device, ranks=ranks)
        self.propagation = Propagation(self.n_nodes, *self._passing(), device=device)  # Â
        self._features, self._typed = encoder_features(graph), graph.types is not None
        self.inputs = Inputs(self._features, device=device)
        width = 0 if self._features is None else self._features.shape[1]
        self.model: Ensemble = make_ensemble(
            config, graph.n_nodes, width, node_embeddings=node_embeddings, generator=self.generator
        )
        # Without features the weights are node embeddings, with few edges each: a decay tuned for words would erase them.
        decay = config.weight_decay if graph.n_features else 0.0
        self.optimizer: Adam = Adam(self.model.parameters(), config.learning_rate, decay)

    def step(self) -> float:
        """Train for one epoch: one gradient step on at most `BATCH_EDGES` edges and on negatives; return the loss in nats.

        Raises:
            DataError: the loss is not finite.
        """
        value, gradients = 0.0, list[Tensor]()
        for member in self.model:  # one at a time: the tensors of its loss are freed before those of the next
            loss = self._loss(member) / len(self.model)
            gradients += torch.autograd.grad(loss, list(member.parameters()))
            value += loss.item()
        value = self.ranks.add(value, gradients)
        self.optimizer.step(gradients)
        return require_finite(value)

    def embed(self) -> Embeddings:
        """The embeddings of all N nodes, those without links as `replace_isolated` has them."""
        return replace_isolated(super().embed(), self._features, self.config, self.ties)

    def _posterior(self) -> Posterior:
        posterior: Posterior = self.model(self.inputs.whole, self.propagation.whole)
        return posterior

    def _public_weights(self) -> dict[str, Tensor]:
        return self.model.public_weights()

    def _loss(self, member: GraphAutoencoder) -> Tensor:
        """The loss of one member, on its own mask, dropout and negatives: as many as edges.

        A graph convolution that learns from all edges has twice as many, in a circulant graph, which cost less than half as
        many pairs that must be sorted. A circulant has pairs of any types, and touches all nodes, a batch of a large graph few.
        """
        supervision, propagation = self._mask()
        posterior = member(self.inputs.dropout(self.config.feature_dropout, self.rng), propagation)
        z, divergence = posterior.sample(self.generator)
        edges = self._all_edges if supervision is None else self._supervised(supervision)
        if self.config.encoder == "gcn" and supervision is None and not self._typed:
            of_links = circulant_loss(z, edges, self.circulants.draw(self.rng))
        else:
            of_links = self._link_loss(z, edges, supervision)
        return torch.add(of_links, divergence, alpha=1 / len(z))

    @cached_property
    def circulants(self) -> CirculantSampler:
        """Samples the negatives of a graph convolution; from the seed alone, so that a resumed training has the same."""
        return CirculantSampler(self.propagation.n_nodes, self.edges, np.random.default_rng(self.config.seed))

    def _mask(self) -> tuple[Int64 | None, SparseMatrix]:
        """The supervision edges of this epoch, None for all, and Â of its message-passing edges."""
        supervision, hidden = self._hidden()
        return supervision, self.propagation.whole if hidden is None else self.propagation.without(hidden)
