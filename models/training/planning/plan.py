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
from latentlink.models.training.launch import ONE_PROCESS, Launch
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
        memory: estimated bytes of a process with and without neighbor sampling, where it is on; else None.
        processes: how many train together.
    """

    config: TrainingConfig
    device: torch.device
    threads: int
    memory: tuple[int, int] | None
    processes: int = 1

    def __str__(self) -> str:
        config = self.config
        where = count(self.threads, "thread") if self.device.type == "cpu" else self.device.type
        if self.processes > 1:
            where = f"{self.processes} processes, {where} each"
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


def make_plan(
    graph: Graph,
    config: TrainingConfig,
    device: str = "auto",
    threads: int | None = None,
    launch: Launch = ONE_PROCESS,
) -> Plan:
    """Choose device, threads and neighbor sampling.

    Args:
        graph: what is trained on.
        config: the hyperparameters.
        device: auto, cpu or cuda.
        threads: CPU threads of each process, or None for a number by the size of the training.
        launch: the processes that train together; those of a machine share its CPUs and memory.

    Raises:
        DataError: the device is missing, there are no threads, the training would not fit into memory, or several processes
            can't share it.
    """
    if threads is not None and not (isinstance(threads, int) and threads > 0):
        raise DataError(f"--threads: expected a whole number from 1, or None, found {threads!r}")
    local = launch.local_size
    chosen = choose_device(device, step_work(graph, config), local)
    available = available_bytes() if chosen.type == "cpu" else None
    config = decide_sampling(graph, config, None if available is None else available // local)
    _require_sampling(config, launch.size)
    if not graph.n_features and not config.of_relations:
        config = config.model_copy(update={"weight_decay": 0.0})
    threads = threads or training_threads(step_work(graph, config), available_cpus(), local)
    sampled, whole = (
        training_bytes(graph, config.model_copy(update={"neighbor_sampling": way})) for way in ("on", "off")
    )
    return Plan(config, chosen, threads, (sampled, whole) if config.neighbor_sampling == "on" else None, launch.size)


def _require_sampling(config: TrainingConfig, processes: int) -> None:
    """Refuse several processes for what one process trains: features, relations, torch modules and full batches."""
    if processes == 1:
        return
    if not config.sees_graph or config.of_relations or config.of_module:
        what = f"--encoder {config.encoder}" if config.of_module else f"--model {config.model}"
        raise DataError(
            f"WORLD_SIZE: expected 1 for {what}, which one process trains, found {processes}; start it without torchrun, or "
            "train a gae or vgae by an encoder of Latentlink's with --neighbor-sampling on"
        )
    if config.neighbor_sampling != "on":
        raise DataError(
            f"--neighbor-sampling: expected on for {processes} processes, which share sampled steps, found full batches; add "
            "--neighbor-sampling on, or start it without torchrun"
        )
