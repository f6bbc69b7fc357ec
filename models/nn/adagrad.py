"""Adagrad (Duchi, Hazan & Singer 2011) for tables of which a step changes some rows."""

from collections.abc import Sequence

import torch
from torch import Tensor

_LEAST = 1e-10  # as torch's


class Adagrad:
    """Gradient descent with a step size for each entry: the learning rate over the root of the sum of its squared gradients.

    Args:
        parameters: changed in place.
        learning_rate: step size of the first step.

    Attributes:
        moments: for each parameter the sum of the squares of its gradients, in its shape.
    """

    def __init__(self, parameters: Sequence[Tensor], learning_rate: float) -> None:
        self._parameters, self._learning_rate = list(parameters), learning_rate
        self.moments = [(torch.zeros_like(p),) for p in self._parameters]

    def step(self, gradients: Sequence[Tensor], rows: Sequence[Tensor | None]) -> None:
        """One step against the gradients, of some rows of a parameter, int64 (m,), distinct, or of all where these are None."""
        with torch.no_grad():
            for parameter, (squares,), gradient, some in zip(
                self._parameters, self.moments, gradients, rows, strict=True
            ):
                if some is None:
                    squares.addcmul_(gradient, gradient)
                    parameter.addcdiv_(gradient, squares.sqrt().add_(_LEAST), value=-self._learning_rate)
                else:
                    total = squares.index_select(0, some).addcmul_(gradient, gradient)
                    squares.index_copy_(0, some, total)
                    parameter.index_add_(0, some, gradient / total.sqrt_().add_(_LEAST), alpha=-self._learning_rate)
