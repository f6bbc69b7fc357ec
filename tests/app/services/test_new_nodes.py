"""New nodes are embedded one after the other."""

import numpy as np
import pytest

from latentlink.app.services.new_nodes import NodeInput, embed
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.inference.encoders.khop import KHop, PowerRow


@pytest.mark.parametrize("kind", ["alone", "gcn-alone"])
def test_each_is_embedded_when_it_is_asked_for(
    kind: str, trained: dict[str, Checkpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order of the request, also where another node stands between two of a group; none before."""
    model, started = Scorer(trained[kind]), list[int]()
    start = KHop.start

    def counted(khop: KHop, node: int) -> PowerRow:
        started.append(node)
        return start(khop, node)

    monkeypatch.setattr(KHop, "start", counted)
    new_nodes = [NodeInput(None, np.array([at]), np.ones(1)) for at in range(3)]
    embedded = embed(model, new_nodes, np.array([[0, 2]]), np.ones(1))
    assert started == []
    first = next(embedded)
    assert set(started) == {len(model.nodes)}
    others = list(embedded)
    assert [one.members[one.at] for one in (first, *others)] == [0, 1, 2]
    assert [one.linked.tolist() for one in (first, *others)] == [[0], [1], [2]]
