"""Neighbor-sampling training of a GAE whose encoder is a torch module."""

from functools import cached_property

import torch

from latentlink.models.nn.modules import EdgeIndex, receptive_field, teaching
from latentlink.models.training.adjacency import Propagation
from latentlink.models.training.trainers.link_trainer import loss_of
from latentlink.models.training.trainers.module_trainer import ModuleTrainer
from latentlink.models.training.trainers.neighbor_sampling import FAN_OUT
from latentlink.models.training.trainers.sampler import NeighborSampler, SampledLinks


class ModuleSamplingTrainer(ModuleTrainer):
    """A `ModuleTrainer` whose steps run the module on the sampled neighborhood of their supervision pairs.

    The module gets the features of these nodes and their sampled links, each in the direction in which it was drawn, with the
    weights that they have in the whole graph; it sees no more than `FAN_OUT` neighbors of a node. Embeddings are of all nodes and
    edges at once, without gradients, so that one layer is in memory at a time. With `FAN_OUT` at least the largest degree,
    supervision of all edges, and neither masking nor dropout, a step equals that of `ModuleTrainer` on the same pairs.
    """

    @cached_property
    def sampler(self) -> NeighborSampler:
        """Samples the nodes that the module sees from a node.

        Raises:
            DataError: the module fails on a part of the nodes, or sees all.
        """
        with teaching(self.config.encoder):
            hops = receptive_field(self.model.module, self._width, self.device)
        return NeighborSampler(self._propagation, max(1, hops), FAN_OUT)

    def step(self) -> float:
        """Train for one epoch: one gradient step on a sample; return the loss in nats.

        Raises:
            DataError: the module fails, or the loss is not finite.
        """
        pairs = self._sampled_pairs()
        near = self.sampler.links_around(pairs.nodes, self.rng, pairs.supervision if self.config.edge_masking else None)
        x = self.inputs.some(near.nodes, self.config.feature_dropout, self.rng)
        z = self._trained(x, self._sampled(near), torch.from_numpy(near.nodes).to(self.device))
        return self._descend(loss_of(z[: len(pairs.nodes)], pairs.edges, pairs.others))

    @cached_property
    def _propagation(self) -> Propagation:
        """The layout of the links, on the host."""
        return Propagation(self.n_nodes, *self._passing())

    def _sampled(self, near: SampledLinks) -> EdgeIndex:
        weights = self._propagation.weights
        weight = None if weights is None else torch.from_numpy(weights[near.edge]).to(self.device)
        return EdgeIndex(torch.from_numpy(near.pairs).to(self.device), weight)
