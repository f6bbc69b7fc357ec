"""Rank 0: it runs the protocol, and tells the other ranks each step in which they take part."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from latentlink.models.arrays import Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.nn.sparse import CPU
from latentlink.models.training.distributed.graph_parts import packed
from latentlink.models.training.distributed.group import Group
from latentlink.models.training.resume import State
from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer


class Leader:
    """Leads the other ranks of a group."""

    def __init__(self, group: Group) -> None:
        self.group, self._awaited = group, True

    def trainer(
        self,
        graph: Graph,
        train_edges: Int64,
        config: TrainingConfig,
        *,
        node_embeddings: bool = False,
        device: torch.device = CPU,
    ) -> "LeadingTrainer":
        """A trainer of this rank, once the others have one of the same edges; the arguments are of a `NeighborSamplingTrainer`.

        Raises:
            DataError: a rank can't train.
        """
        facts, arrays = packed(graph, train_edges)
        chosen = {"config": config.model_dump(), "node_embeddings": node_embeddings}
        place = {"device": device.type, "threads": torch.get_num_threads()}
        with self.together("begin", arrays, graph=facts, **chosen, **place):
            trainer = LeadingTrainer(graph, train_edges, config, self, node_embeddings=node_embeddings, device=device)
            for rank, problem in enumerate(self.group.reports("")):
                if problem:
                    raise DataError(f"rank {rank}: {problem}")
        if (m := trainer.n_supervision) < self.group.size:
            raise DataError(
                f"WORLD_SIZE: expected at most {m:,} processes, one for each supervision edge of a step, found "
                f"{self.group.size:,}; train in fewer"
            )
        return trainer

    @contextmanager
    def together(self, command: str, arrays: State | None = None, **facts: object) -> Iterator[None]:
        """Tell the other ranks what this one does in the block; once that fails they are told nothing more."""
        self._awaited = False
        self.group.tell(command, arrays, **facts)
        yield
        self._awaited = True

    def end(self) -> None:
        """Send the other ranks home; those that are in the midst of a step notice the end of this process."""
        if self._awaited:
            self._awaited = False
            self.group.tell("end")
            self.group.close()


class LeadingTrainer(NeighborSamplingTrainer):
    """A `NeighborSamplingTrainer` whose steps and embeddings are done by all ranks."""

    def __init__(
        self,
        graph: Graph,
        train_edges: Int64,
        config: TrainingConfig,
        leader: Leader,
        *,
        node_embeddings: bool,
        device: torch.device,
    ) -> None:
        ranks = leader.group
        super().__init__(graph, train_edges, config, node_embeddings=node_embeddings, device=device, ranks=ranks)
        self._leader = leader

    def step(self) -> float:
        """As of a `NeighborSamplingTrainer`."""
        with self._leader.together("step"):
            return super().step()

    def embed(self) -> Embeddings:
        """As of a `NeighborSamplingTrainer`."""
        with self._leader.together("embed"):
            return super().embed()

    def load_weights(self, weights: State) -> None:
        """Replace the weights of all ranks."""
        with self._leader.together("load_weights", weights):
            super().load_weights(weights)

    def load_state(self, state: State) -> None:
        """Replace the state of all ranks."""
        with self._leader.together("load_state", state):
            super().load_state(state)
