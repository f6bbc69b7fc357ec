"""The device of a training, CPU or GPU (CUDA), and its determinism."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from latentlink.models.errors import DataError
from latentlink.models.host import SMALL_WORK
from latentlink.models.nn.sparse import CPU

DEVICES = ("auto", "cpu", "cuda")


def choose_device(name: str, step_work: int, processes: int = 1) -> torch.device:
    """The device for a training.

    Args:
        name: auto, cpu or cuda. Auto takes an available GPU, except for a small graph, where launches and transfers cost more
            than the work itself.
        step_work: multiply-adds of one training step.
        processes: that train together on this machine, on a GPU each.

    Raises:
        DataError: the name is another one, or cuda where torch finds too few GPUs.
    """
    if name not in DEVICES:
        raise DataError(f"--device: expected {', '.join(DEVICES[:-1])} or {DEVICES[-1]}, found {name!r}")
    available = (
        name != "cpu" and torch.cuda.is_available() and (processes == 1 or torch.cuda.device_count() >= processes)
    )
    if name == "cuda" and not available:
        found = torch.cuda.device_count() if torch.cuda.is_available() else 0
        each = "" if processes == 1 else f" for each of the {processes} processes of this machine"
        raise DataError(
            f"--device: expected a GPU that torch can use (CUDA){each}, found {found or 'none'}; train with --device cpu"
        )
    large = name == "cuda" or step_work >= SMALL_WORK
    return torch.device("cuda") if available and large else CPU


@contextmanager
def deterministic(device: torch.device, *, modules: bool = False) -> Iterator[None]:
    """Restrict a GPU, and a CPU that runs `modules`, to algorithms that repeat every bit; torch warns where there are none.

    All operations of Latentlink's encoders on a CPU repeat; torch's switch would import its compiler, which takes as long as a
    small training.
    """
    if device.type == "cpu" and not modules:
        yield
        return
    before, only_warned = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=only_warned)
