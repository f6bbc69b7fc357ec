"""All ranks but 0: they take part in the steps that rank 0 tells them, and print, write and evaluate nothing."""

import signal
import sys
from contextlib import ExitStack

import torch
from threadpoolctl import threadpool_limits

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError, LatentlinkError
from latentlink.models.training.distributed.graph_parts import unpacked
from latentlink.models.training.distributed.group import Group, Message
from latentlink.models.training.launch import Launch
from latentlink.models.training.planning.devices import deterministic
from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer


def follow(launch: Launch) -> None:
    """Take part until rank 0 says that it ends.

    Raises:
        SystemExit: with 1, rank 0 has ended without a word, or finds and prints what is wrong.
        DataError: the other ranks were not found.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # nothing here has to be put away
        signal.signal(number, signal.SIG_DFL)
    group = Group(launch)
    try:
        _follow(group)
    except DataError:
        sys.exit(1)
    group.close()


def _follow(group: Group) -> None:
    trainer: NeighborSamplingTrainer | None = None
    with ExitStack() as settings:
        while (message := group.hear()).command != "end":
            if message.command == "begin":
                trainer = None  # its tensors are freed before there are others
                trainer = _begun(message, group, settings)
            elif trainer is not None:
                _take_part(trainer, message)


def _begun(message: Message, group: Group, settings: ExitStack) -> NeighborSamplingTrainer | None:
    """The trainer of this rank, None where it can't be made; rank 0 hears why."""
    facts, trainer, problem = message.facts, None, ""
    torch.set_num_threads(facts["threads"])
    settings.enter_context(threadpool_limits(facts["threads"], user_api="blas"))
    device = torch.device(facts["device"])
    settings.enter_context(deterministic(device))
    try:
        graph, config = unpacked(facts["graph"], message.arrays), TrainingConfig.model_validate(facts["config"])
        edges, chosen = torch.arange(graph.n_edges).numpy(), {"node_embeddings": facts["node_embeddings"]}
        trainer = NeighborSamplingTrainer(graph, edges, config, **chosen, device=device, ranks=group)
    except (LatentlinkError, OSError, RuntimeError) as error:
        problem = str(error) or repr(error)
    group.reports(problem)
    return trainer


def _take_part(trainer: NeighborSamplingTrainer, message: Message) -> None:
    match message.command:
        case "step":
            trainer.step()
        case "embed":
            trainer.embed()
        case "load_weights":
            trainer.load_weights(message.arrays)
        case "load_state":
            trainer.load_state(message.arrays)
