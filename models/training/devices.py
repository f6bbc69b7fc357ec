"""Where torch computes: on the CPU, or on a GPU through CUDA; and that it repeats itself there."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from latentlink.models.errors import DataError
from latentlink.models.host import SMALL_WORK
from latentlink.models.nn.sparse import CPU

DEVICES = ("auto", "cpu", "cuda")


def choose_device(asked: str, step_work: int) -> torch.device:
    """The device for a training.

    Args:
        asked: auto, cpu or cuda. Auto takes a GPU that is there, but for a small graph: what a CPU thread does in no time
            waits for the GPU's launches and transfers.
        step_work: multiply-adds of one training step.

    Raises:
        DataError: `asked` is none of these, or cuda where torch finds no GPU.
    """
    if asked not in DEVICES:
        raise DataError(f"--device: expected {', '.join(DEVICES[:-1])} or {DEVICES[-1]}, found {asked!r}")
    there = asked != "cpu" and torch.cuda.is_available()
    if asked == "cuda" and not there:
        raise DataError("--device: expected a GPU that torch can use (CUDA), found none; train with --device cpu")
    large = asked == "cuda" or step_work >= SMALL_WORK
    return torch.device("cuda") if there and large else CPU


@contextmanager
def deterministic(device: torch.device) -> Iterator[None]:
    """On a GPU only algorithms that repeat every bit, with a warning of what has none there.

    What runs on a CPU is made of such alone, and torch's switch would import its compiler: as long as a small training takes.
    """
    if device.type == "cpu":
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
