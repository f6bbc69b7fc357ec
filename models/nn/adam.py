"""Adam (Kingma & Ba 2014, 1412.6980) with torch's kernel, without torch's optimizer classes.

The first optimizer of a process imports torch's compiler, which takes as long as a whole training on a small graph.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.optim.adam import adam


class Adam:
    """Gradient descent with a step size for each parameter.

    Args:
        parameters: changed in place.
        learning_rate: step size; β₁ and β₂ are the paper's 0.9 and 0.999.
        weight_decay: λ of the penalty λ/2 ‖w‖² that is added to the loss.

    Attributes:
        moments: for each parameter the running means of its gradient and of its square, both in its shape, and the number of
            steps, a scalar.
    """

    def __init__(self, parameters: Iterable[Tensor], learning_rate: float, weight_decay: float = 0.0) -> None:
        self._parameters, self._learning_rate, self._weight_decay = list(parameters), learning_rate, weight_decay
        self.moments = [
            (torch.zeros_like(p), torch.zeros_like(p), torch.zeros((), device=p.device)) for p in self._parameters
        ]

    def descend(self, loss: Tensor) -> None:
        """One step against the gradient of the scalar `loss`, which depends on every parameter."""
        self.step(torch.autograd.grad(loss, self._parameters))

    def step(self, gradients: Sequence[Tensor]) -> None:
        """One step against these gradients, one for each parameter."""
        means, squares, steps = (list(moment) for moment in zip(*self.moments, strict=True))
        with torch.no_grad():
            adam(
                self._parameters,
                list(gradients),
                means,
                squares,
                [],
                steps,
                fused=True,
                amsgrad=False,
                beta1=0.9,
                beta2=0.999,
                lr=self._learning_rate,
                weight_decay=self._weight_decay,
                eps=1e-8,
                maximize=False,
            )
