"""The ranks of a training: processes that do each step together, on different pairs, with the same weights."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn


class Ranks(Protocol):
    """All ranks call the same methods in the same order.

    Attributes:
        size: how many there are.
        part: selects, of a list that is the same on all ranks, what this one works on; the parts of all are the list.
    """

    @property
    def size(self) -> int: ...  # noqa: D102

    @property
    def part(self) -> slice: ...  # noqa: D102

    def own(self, rng: np.random.Generator, generator: torch.Generator) -> tuple[np.random.Generator, torch.Generator]:
        """Generators of this rank alone, from those that are in the same state on all ranks, and are so afterwards."""

    def add(self, loss: float, gradients: list[Tensor]) -> float:
        """Replace the gradients by their sums over all ranks, which are equal to the bit; the sum of the losses."""

    def exchange(self, table: Tensor, pieces: Sequence[Any]) -> None:
        """Give all ranks all pieces of `table`, indices into it, of which each rank has filled its `part`."""

    def compare(self, model: nn.Module) -> None:
        """Check that the model has the same weights on all ranks, to the bit.

        Raises:
            DataError: it has not.
        """


class OneRank:
    """One process, which has nobody to share with."""

    size = 1
    part = slice(None)

    def own(self, rng: np.random.Generator, generator: torch.Generator) -> tuple[np.random.Generator, torch.Generator]:
        """The generators themselves."""
        return rng, generator

    def add(self, loss: float, gradients: list[Tensor]) -> float:  # noqa: ARG002
        """The loss itself; the gradients stay."""
        return loss

    def exchange(self, table: Tensor, pieces: Sequence[Any]) -> None:
        """Do nothing: all pieces are filled."""

    def compare(self, model: nn.Module) -> None:
        """Do nothing."""


ALONE = OneRank()
