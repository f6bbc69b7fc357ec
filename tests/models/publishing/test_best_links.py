"""The most likely missing links that a checkpoint carries."""

from pathlib import Path

import numpy as np
import pytest

from latentlink.app.schemas.links import LinksRequest
from latentlink.app.services.link_lists.finding import finder_of
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import Checkpoint, open_checkpoint
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.relations import Relations
from latentlink.models.graph.types import NodeTypes
from latentlink.models.publishing import best_links
from latentlink.models.publishing.export import export
from latentlink.models.training.protocol import train

N = 30
CONFIG = TrainingConfig(epochs=2, dim=4)


def graph(kind: str) -> Graph:
    """A random graph, in which links of types go from the first half to the other one."""
    random = np.random.default_rng(3)
    pairs = np.stack([random.integers(0, N // 2, 120), random.integers(N // 2, N, 120)], axis=1)
    types = NodeTypes.of_edges(("user", "item"), (np.arange(N) >= N // 2).astype(np.int16), pairs)
    typed = types if kind == "typed" else None
    directed = kind in ("directed", "relational")
    relations = Relations(("likes", "knows"), (np.arange(120) % 2).astype(np.int16)) if kind == "relational" else None
    ids = [f"n{row}" for row in range(N)]
    return Graph.from_pairs(ids, pairs, types=typed, directed=directed, relations=relations)


def published(store: Path, kind: str) -> Checkpoint:
    """A model of it."""
    config = TrainingConfig(model="complex", epochs=2, dim=4) if kind == "relational" else CONFIG
    made = graph(kind)
    return open_checkpoint(export(store, "made", made, config, train(made, config)))


@pytest.mark.parametrize("kind", ["plain", "directed", "typed", "relational"])
def test_the_list_is_that_of_the_search(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rows and relations in the same order as the data plane finds in the opened checkpoint."""
    monkeypatch.setattr(best_links, "LIMIT", 50)
    checkpoint = published(tmp_path, kind)
    finder = finder_of(Scorer(checkpoint), LinksRequest(limit=50))
    for _ in finder.steps():
        pass
    links, found = finder.links(), checkpoint.best_links
    assert found is not None
    assert len(found.sources) == 50
    assert found.sources.tolist() == links.sources.tolist()
    assert found.targets.tolist() == links.targets.tolist()
    assert found.relations.tolist() == links.relations.tolist()


def test_a_search_that_would_be_long_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkpoint is whole without the list."""
    monkeypatch.setattr(best_links, "_MOST_WORK", 1)
    assert published(tmp_path, "plain").best_links is None
