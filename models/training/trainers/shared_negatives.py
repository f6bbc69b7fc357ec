"""Negatives of links between two groups of types: nodes that are drawn once a step, for all links together."""

from collections.abc import Mapping

import numpy as np
import torch

from latentlink.models.arrays import Int64
from latentlink.models.graph.graph import adjacency
from latentlink.models.graph.types import NodeTypes
from latentlink.models.nn.softmax_loss import SharedNegatives

SHARED_NEGATIVES = 512  # of a type
SCORES = 2**24  # of nodes with their negatives, in a step on all nodes, at most


class SharedNegativeSampler:
    """Draws the negatives of a step, none of which a node has a training edge to.

    Args:
        types: of N nodes, in two groups.
        edges: int64 (e, 2), the training edges.
        device: of what `among` returns.

    Attributes:
        ways: the number of pairs of types that may be linked; a node has negatives of no more types.
    """

    def __init__(self, types: NodeTypes, edges: Int64, device: torch.device) -> None:
        self._of, self._device, self.ways = types.of, device, len(types.linked)
        self._ways = [*types.linked.tolist(), *types.linked[:, ::-1].tolist()]
        self._nodes = {kind: np.flatnonzero(types.of == kind) for kind in np.unique(types.linked).tolist()}
        self._linked = adjacency(len(types.of), edges)

    def draw(self, rng: np.random.Generator, most: int = SHARED_NEGATIVES) -> dict[int, Int64]:
        """At most so many nodes of each type that has links, int64 (k,), distinct."""
        return {kind: rng.choice(nodes, min(most, len(nodes)), replace=False) for kind, nodes in self._nodes.items()}

    def among(self, nodes: Int64, drawn: Mapping[int, Int64]) -> list[SharedNegatives]:
        """What was drawn, as places among `nodes`, int64 (m,), rising, which contain it: the negatives of each type for each."""
        kinds, found = self._of[nodes], []
        for here, there in self._ways:
            asked = np.flatnonzero(kinds == here)
            linked = self._linked.take(drawn[there])
            ends = np.searchsorted(nodes[asked], linked.indices)
            known = np.isin(linked.indices, nodes[asked])
            closed = ends[known] * len(drawn[there]) + linked.row_of_entry()[known]
            parts = asked, np.searchsorted(nodes, drawn[there]), closed
            found.append(SharedNegatives(*(torch.from_numpy(part).to(self._device) for part in parts)))
        return found
