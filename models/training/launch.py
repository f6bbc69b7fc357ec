"""Which of the processes of a training this one is, as `torchrun` and other launchers say it; without torch."""

from collections.abc import Mapping
from dataclasses import dataclass

from latentlink.models.errors import DataError


@dataclass(frozen=True)
class Launch:
    """The place of this process among those that were launched together.

    Attributes:
        rank: from 0 to `size` − 1; rank 0 leads.
        size: how many processes there are.
        local_rank: as `rank`, among the processes of this machine.
        local_size: how many of them there are on this machine, which share its CPUs and memory.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1


ONE_PROCESS = Launch()


def read_launch(environment: Mapping[str, str]) -> Launch:
    """The launch that the variables WORLD_SIZE, RANK, LOCAL_RANK and LOCAL_WORLD_SIZE say; one process without WORLD_SIZE.

    Raises:
        DataError: they contradict each other, or the address at which rank 0 is found is missing.
    """
    size = _number(environment, "WORLD_SIZE", 1, range(1, 2**31))
    if size == 1:
        return ONE_PROCESS
    rank = _number(environment, "RANK", None, range(size))
    local_size = _number(environment, "LOCAL_WORLD_SIZE", 1, range(1, size + 1))
    for name in ("MASTER_ADDR", "MASTER_PORT"):
        if not environment.get(name):
            raise DataError(f"{name}: expected it beside WORLD_SIZE={size}, found none; {_HINT}")
    return Launch(rank, size, _number(environment, "LOCAL_RANK", 0, range(local_size)), local_size)


_HINT = "start the processes with torchrun, or unset WORLD_SIZE to train in one"


def _number(environment: Mapping[str, str], name: str, default: int | None, allowed: range) -> int:
    text = environment.get(name, "" if default is None else str(default))
    if not (text.isascii() and text.isdigit() and int(text) in allowed):
        raise DataError(
            f"{name}: expected a whole number from {allowed.start} to {allowed[-1]}, found {text or 'none'}; {_HINT}"
        )
    return int(text)
