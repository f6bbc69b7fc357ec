"""New nodes, embedded one by one."""

import numpy as np
import pytest

from latentlink.app.services.new_nodes import NodeInput, embed
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.inference.encoders import ExtendedGraph, NewNode


@pytest.mark.parametrize("linked", [False, True])
def test_several_new_nodes_are_embedded_step_by_step(
    trained: dict[str, Checkpoint], linked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Near hubs each takes tenths of a second, after which the work can be ended."""
    embedded, made = ExtendedGraph.embed, list[int]()

    def counted(graph: ExtendedGraph, at: int) -> NewNode:
        made.append(at)
        return embedded(graph, at)

    monkeypatch.setattr(ExtendedGraph, "embed", counted)
    new_nodes = [NodeInput(None, np.array([1]), np.ones(1)), NodeInput(None, np.array([2]), np.ones(1))]
    links = np.array([[0, 1]][: int(linked)], np.int64).reshape(-1, 2)
    next(embed(Scorer(trained["alone"]), new_nodes, links, np.ones(len(links))))
    assert len(made) == 1
