"""What a trainer reads of a graph arrives as it was: a trainer of it has the same steps."""

import json
from pathlib import Path

import numpy as np
import pytest

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.roles import role_graph
from latentlink.models.graph.types import NodeTypes
from latentlink.models.training.distributed.graph_parts import packed, unpacked
from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer

N = 40
RANDOM = np.random.default_rng(0)
PAIRS, X = RANDOM.integers(0, N, (150, 2)), RANDOM.random((N, 6), np.float32)
WEIGHTS = RANDOM.uniform(0.5, 2, len(PAIRS)).astype(np.float32)
IDS = [str(i) for i in range(N)]
BETWEEN = np.stack([PAIRS[:, 0] // 2, PAIRS[:, 1] // 2 + N // 2], axis=1)
TYPES = NodeTypes(("a", "b"), np.repeat(np.array([0, 1], np.int16), N // 2), np.array([[0, 1]], np.int16))
GRAPHS = {
    "dense and weighted": Graph.from_pairs(IDS, PAIRS, WEIGHTS, X),
    "sparse": Graph.from_pairs(IDS, PAIRS, features=CSR.from_dense(np.where(X < 0.5, X, 0))),
    "typed": Graph.from_pairs(IDS, BETWEEN, types=TYPES),
    "roles": role_graph(Graph.from_pairs(IDS, PAIRS, features=X, directed=True)),
}


def _sent(graph: Graph, edges: np.ndarray) -> Graph:
    facts, arrays = packed(graph, edges)
    return unpacked(json.loads(json.dumps(facts)), arrays)


@pytest.mark.parametrize("kind", GRAPHS)
def test_a_trainer_of_what_was_sent_has_the_same_bytes(kind: str) -> None:
    """After three steps on some of the edges, of every kind of graph."""
    graph, edges = GRAPHS[kind], np.arange(0, GRAPHS[kind].n_edges, 2)
    config, vectors = TrainingConfig.model_validate({"dim": 4, "neighbor_sampling": "on"}), []
    for given, some in ((graph, edges), (_sent(graph, edges), np.arange(len(edges)))):
        trainer = NeighborSamplingTrainer(given, some, config, node_embeddings=True)
        losses = [trainer.step() for _ in range(3)]
        vectors.append((losses, trainer.embed().mu.tobytes()))
    assert vectors[0] == vectors[1]


def test_mapped_features_are_mapped_again_and_not_sent(tmp_path: Path) -> None:
    """At their path, which must be there."""
    np.save(tmp_path / "x.npy", X)
    graph = Graph.from_pairs(IDS, PAIRS, features=np.asarray(np.load(tmp_path / "x.npy", mmap_mode="r")))
    facts, arrays = packed(graph, np.arange(graph.n_edges))
    assert arrays.keys() == {"edges"}
    found = unpacked(json.loads(json.dumps(facts)), arrays).features
    assert isinstance(found, np.ndarray)
    assert isinstance(found.base, np.memmap)
    assert found.tobytes() == X.tobytes()
    (tmp_path / "x.npy").unlink()
    with pytest.raises(DataError, match=r"x\.npy: expected the features that rank 0 maps"):
        unpacked(facts, arrays)
