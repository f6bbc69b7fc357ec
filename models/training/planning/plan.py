"""The plan of a training: its config, device, threads and memory, decided before it begins."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from threadpoolctl import threadpool_limits

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.graph.graph import Graph
from latentlink.models.host import available_bytes, available_cpus, training_threads
from latentlink.models.training.planning.cost import decide_sampling, step_work, training_bytes
from latentlink.models.training.planning.devices import choose_device
from latentlink.models.wording import count


@dataclass(frozen=True)
class Plan:
    """What is trained on which hardware.

    Attributes:
        config: with neighbor sampling decided, and no weight decay where there are no features.
        device: of the training.
        threads: CPU threads.
        memory: estimated bytes with and without neighbor sampling, where it is on; else None.
    """

    config: TrainingConfig
    device: torch.device
    threads: int
    memory: tuple[int, int] | None

    def __str__(self) -> str:
        config = self.config
        where = count(self.threads, "thread") if self.device.type == "cpu" else self.device.type
        return f"{config.model} ({config.encoder}, d = {config.dim}) on {where}"

    @property
    def sampling(self) -> str:
        """The estimates by which neighbor sampling was chosen, as the end of a sentence; empty where it is off."""
        if self.memory is None:
            return ""
        sampled, whole = (part / 2**30 for part in self.memory)
        return f", neighbor sampling: about {sampled:.1f} GiB, full batches {whole:.1f} GiB"

    @contextmanager
    def limits(self) -> Iterator[None]:
        """Give torch and BLAS so many threads until the block ends; the bytes of a training depend on the number.

        NumPy's and SciPy's BLAS, which measures and chooses parts, would take every processor else, and wait for each other.
        """
        before = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        try:
            with threadpool_limits(self.threads, user_api="blas"):
                yield
        finally:
            torch.set_num_threads(before)


def make_plan(graph: Graph, config: TrainingConfig, device: str = "auto", threads: int | None = None) -> Plan:
    """Choose device, threads and neighbor sampling.

    Args:
        graph: what is trained on.
        config: the hyperparameters.
        device: auto, cpu or cuda.
        threads: CPU threads, or None for a number by the size of the training.

    Raises:
        DataError: the device is missing, there are no threads, or the training would not fit into memory.
    """
    if threads is not None and not (isinstance(threads, int) and threads > 0):
        raise DataError(f"--threads: expected a whole number from 1, or None, found {threads!r}")
    chosen = choose_device(device, step_work(graph, config))
    config = decide_sampling(graph, config, available_bytes() if chosen.type == "cpu" else None)
    if not graph.n_features and not config.of_relations:
        config = config.model_copy(update={"weight_decay": 0.0})
    threads = threads or training_threads(step_work(graph, config), available_cpus())
    sampled, whole = (
        training_bytes(graph, config.model_copy(update={"neighbor_sampling": way})) for way in ("on", "off")
    )
    return Plan(config, chosen, threads, (sampled, whole) if config.neighbor_sampling == "on" else None)
