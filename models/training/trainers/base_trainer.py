"""What all trainers share: one epoch, the embeddings, and the state that a killed training is resumed from."""

from abc import ABC, abstractmethod
from math import isfinite

import numpy as np
import torch
from torch import Tensor, nn

from latentlink.models.arrays import Float32, Int64
from latentlink.models.errors import DataError
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.nn.adagrad import Adagrad
from latentlink.models.nn.adam import Adam
from latentlink.models.nn.autoencoders import Posterior
from latentlink.models.training.resume import State, pack, unpack


class BaseTrainer(ABC):
    """One training of one model.

    A subclass sets the attributes, and adds `step`, `_posterior` and `_public_weights`.

    Attributes:
        edges: int64 (e, 2), the message-passing edges.
        edge_weights: float32 (e,), or None.
        model: all parameters.
        optimizer: of all parameters.
        rng: draws on the host.
        generator: draws on the device.
    """

    edges: Int64
    edge_weights: Float32 | None
    model: nn.Module
    optimizer: Adam | Adagrad
    rng: np.random.Generator
    generator: torch.Generator

    @abstractmethod
    def step(self) -> float:
        """Train for one epoch and return its loss in nats.

        Raises:
            DataError: the loss is not finite.
        """

    @abstractmethod
    def _posterior(self) -> Posterior:
        """The posterior of all N nodes under the present weights."""

    @abstractmethod
    def _public_weights(self) -> dict[str, Tensor]:
        """The parameters under their names in a checkpoint."""

    def embed(self) -> Embeddings:
        """The embeddings of all N nodes under the present weights, from all features and all message-passing edges."""
        with torch.no_grad():
            posterior = self._posterior()
        return Embeddings(
            mu=posterior.mu.cpu().numpy(),
            logvar=None if posterior.logvar is None else posterior.logvar.cpu().numpy(),
            weights={name: w.detach().cpu().numpy().copy() for name, w in self._public_weights().items()},
            edges=self.edges,
            edge_weights=self.edge_weights,
        )

    def weights(self) -> State:
        """A copy of the present weights."""
        return {name: w.cpu().numpy().copy() for name, w in self.model.state_dict().items()}

    def load_weights(self, weights: State) -> None:
        """Replace the weights by those that `weights` returned."""
        self.model.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in weights.items()})

    def state(self) -> State:
        """All that the next step depends on: weights, Adam's moments and the two generators."""
        weights = {f"weights.{name}": w for name, w in self.weights().items()}
        moments = {
            f"adam.{i}.{j}": moment for i, three in enumerate(self.optimizer.moments) for j, moment in enumerate(three)
        }
        tensors = {**moments, "torch": self.generator.get_state()}
        rest = {name: tensor.cpu().numpy() for name, tensor in tensors.items()}
        return {"numpy": pack(self.rng.bit_generator.state), **weights, **rest}

    def load_state(self, state: State) -> None:
        """Continue from the moment at which `state` was taken."""
        tensors = {n: torch.from_numpy(np.array(a)) for n, a in state.items() if n.startswith("adam.") or n == "torch"}
        self.load_weights({name: state[f"weights.{name}"] for name in self.model.state_dict()})
        for i, three in enumerate(self.optimizer.moments):
            for j, moment in enumerate(three):
                moment.copy_(tensors[f"adam.{i}.{j}"])
        self.generator.set_state(tensors["torch"])
        self.rng.bit_generator.state = unpack(state["numpy"])


def require_finite(loss: float) -> float:
    """The loss itself.

    Raises:
        DataError: it is infinite or NaN.
    """
    if not isfinite(loss):
        raise DataError(f"training: expected a finite loss, found {loss}; scale the features or lower --learning-rate")
    return loss
