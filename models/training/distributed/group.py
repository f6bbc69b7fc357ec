"""The group of all ranks: every collective call of `torch.distributed` is here."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn

from latentlink.models.errors import DataError
from latentlink.models.training.distributed.meeting import TO_MEET, meet
from latentlink.models.training.launch import Launch
from latentlink.models.training.resume import State

_TO_HEAR = timedelta(days=365)  # the other ranks wait while rank 0 evaluates; a rank that is lost is noticed at once
_TEXT = 1000  # bytes of a report
_AT_ONCE = 2**30  # bytes of one broadcast


class LostRankError(DataError):
    """Another process of the training has ended."""


class Message(NamedTuple):
    """What rank 0 tells the other ranks: a command, with facts that are JSON and arrays."""

    command: str
    facts: Mapping[str, Any]
    arrays: State


class Group:
    """The ranks of one launch, as `Ranks`, and messages from rank 0 to the others.

    Gradients go by gloo between CPUs, and by NCCL between GPUs; messages always go by gloo.

    Args:
        launch: the place of this process.

    Raises:
        DataError: the others were not found.
    """

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        backend = "gloo"
        if torch.cuda.is_available():
            backend = "cpu:gloo,cuda:nccl"
            torch.cuda.set_device(launch.local_rank % torch.cuda.device_count())
        try:
            self._meeting = meet(launch)
            dist.init_process_group(
                backend, store=self._meeting.store, rank=launch.rank, world_size=self.size, timeout=TO_MEET
            )
            self._messages = dist.new_group(backend="gloo", timeout=_TO_HEAR)
        except (RuntimeError, ValueError) as error:
            raise DataError(
                f"WORLD_SIZE: expected {launch.size} processes that find each other at MASTER_ADDR:MASTER_PORT, found: "
                f"{str(error).partition(chr(10))[0]}"
            ) from error

    @property
    def size(self) -> int:
        """As of `Ranks`."""
        return self.launch.size

    @property
    def part(self) -> slice:
        """As of `Ranks`: every `size`-th from the rank on."""
        return slice(self.launch.rank, None, self.size)

    def own(self, rng: np.random.Generator, generator: torch.Generator) -> tuple[np.random.Generator, torch.Generator]:
        """As of `Ranks`: new in each step, from one number of `rng` and the rank, so that `rng` alone is a training's state."""
        mine = np.random.default_rng([int(rng.integers(2**62)), self.launch.rank])
        return mine, torch.Generator(generator.device).manual_seed(int(mine.integers(2**62)))

    def add(self, loss: float, gradients: list[Tensor]) -> float:
        """As of `Ranks`."""
        gradients[:] = (gradient.contiguous() for gradient in gradients)
        total = gradients[0].new_full((), loss, dtype=torch.float64)
        with _noticing(self.size):
            for work in [dist.all_reduce(tensor, async_op=True) for tensor in (*gradients, total)]:
                work.wait()
        return float(total)

    def exchange(self, table: Tensor, pieces: Sequence[Any]) -> None:
        """As of `Ranks`: each piece is broadcast by the rank that has filled it."""
        for at, piece in enumerate(pieces):
            values, source = table[piece].contiguous(), at % self.size
            with _noticing(self.size):
                dist.broadcast(values, source)
            if source != self.launch.rank:
                table[piece] = values

    def compare(self, model: nn.Module) -> None:
        """As of `Ranks`, by digests."""
        digest = hashlib.sha256()
        for weight in model.parameters():
            digest.update(weight.detach().cpu().numpy().data)
        first, *others = self.reports(digest.hexdigest())
        if differing := [str(rank) for rank, other in enumerate(others, 1) if other != first]:
            raise DataError(
                f"training: expected the same weights in all {self.size} processes, found others in rank "
                f"{', '.join(differing)}; run them on machines with the same processor and the same versions"
            )

    def reports(self, text: str) -> list[str]:
        """A short text of each rank, to all of them."""
        mine = np.zeros(_TEXT, np.uint8)
        encoded = text.encode()[:_TEXT]
        mine[: len(encoded)] = np.frombuffer(encoded, np.uint8)
        texts = [torch.empty(_TEXT, dtype=torch.uint8) for _ in range(self.size)]
        with _noticing(self.size):
            dist.all_gather(texts, torch.from_numpy(mine), group=self._messages)
        return [bytes(one.tolist()).rstrip(b"\0").decode(errors="ignore") for one in texts]

    def tell(self, command: str, arrays: State | None = None, **facts: object) -> None:
        """Tell the other ranks a command; of rank 0 alone."""
        sent = {name: np.require(array, requirements=("C", "W")) for name, array in (arrays or {}).items()}
        kinds = [(name, array.dtype.str, array.shape) for name, array in sent.items()]
        head = np.frombuffer(json.dumps([command, facts, kinds]).encode(), np.uint8).copy()
        self._broadcast(np.array([len(head)]))
        for array in (head, *sent.values()):
            self._broadcast(array)

    def hear(self) -> Message:
        """The next command of rank 0; of the other ranks alone."""
        length = np.zeros(1, np.int64)
        self._broadcast(length)
        head = np.empty(length[0], np.uint8)
        self._broadcast(head)
        command, facts, kinds = json.loads(head.tobytes())
        arrays = {name: np.empty(shape, dtype) for name, dtype, shape in kinds}
        for array in arrays.values():
            self._broadcast(array)
        return Message(command, facts, arrays)

    def close(self) -> None:
        """Leave the group."""
        dist.destroy_process_group()

    def _broadcast(self, array: np.ndarray) -> None:
        if array.nbytes:
            for part in torch.split(torch.from_numpy(array.reshape(-1).view(np.uint8)), _AT_ONCE):
                with _noticing(self.size):
                    dist.broadcast(part, 0, group=self._messages)


@contextmanager
def _noticing(size: int) -> Iterator[None]:
    """Raise a `LostRankError` for what torch raises where another rank is gone."""
    try:
        yield
    except RuntimeError as error:
        raise LostRankError(
            f"training: expected {size} processes to its end, found one gone; the same command with --resume goes on from "
            "the last saved state"
        ) from error
