"""What validation chooses on a graph whose links go across."""

import dataclasses

import networkx as nx
import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.evaluation.splits import split_edges
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.types import NodeTypes
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.training.parts.selection import Choice, Columns, Selector, best_fit
from latentlink.models.training.parts.spectrum import kinds_for
from tests.models.training.parts.conftest import Scene


@pytest.fixture(scope="module")
def choice(scene: Scene) -> Choice:
    """Of an encoder that knows nothing."""
    return Selector(scene.graph, scene.split, [scene.z]).choose()


def _auc(scene: Scene, choice: Choice) -> float:
    train = scene.graph.edges[scene.split.train]
    dense = Embeddings(scene.z, None, {}, train, None)
    decoder = choice.composition.embed(160, train, None, dense, choice.spectrum).decoder
    scores = (decoder.pairs(*pairs.T) for pairs in (scene.split.test, scene.split.test_negatives))
    return auc_ap(*scores)["auc"]


def test_spectral_columns_find_links_across(scene: Scene, choice: Choice) -> None:
    """The best possible AUC is that of the groups, 0.88; common neighbours of a linked pair there are none."""
    groups = np.arange(160) // 40
    possible = [
        1.0 * (np.abs(np.subtract(*groups[pairs].T)) == 2) for pairs in (scene.split.test, scene.split.test_negatives)
    ]
    assert _auc(scene, choice) > 0.98 * auc_ap(*possible)["auc"] > 0.8
    assert choice.composition.shared == (0, 0, 0)


def test_what_each_part_adds_is_told_by_compositions_without_it(choice: Choice) -> None:
    """One for each part that was chosen, and without the spectrum none is left."""
    assert "spectral" in choice.without
    assert choice.without["spectral"].kind is None


def test_of_two_types_the_spectrum_is_of_singular_values(scene: Scene) -> None:
    """Told the types, it has eigenvalues above 0 alone, no shared links, and finds the groups as well."""
    types = NodeTypes(("user", "item"), (np.arange(160) // 80).astype(np.int16), np.array([[0, 1]], np.int16))
    graph = dataclasses.replace(scene.graph, types=types)
    typed = Scene(graph, split_edges(graph, 0.1, 0.1, np.random.default_rng(0)), scene.z)
    choice = Selector(*typed[:2], [typed.z]).choose()
    assert choice.spectrum is not None
    assert choice.spectrum.kind in kinds_for(bipartite=True)
    assert (choice.spectrum.values > 0).all()
    assert len(choice.spectrum.values) <= 40  # half of a side
    assert "shared-links" not in choice.without
    groups = np.arange(160) // 40
    tested = typed.split.test, typed.split.test_negatives
    assert _auc(typed, choice) > 0.95 * auc_ap(*(1.0 * (np.abs(np.subtract(*groups[p].T)) == 2) for p in tested))["auc"]


def test_named_parts_are_used_as_they_are(scene: Scene) -> None:
    """An encoder that knows nothing stays in, and nothing else is added."""
    chosen = Selector(scene.graph, scene.split, [scene.z], parts=["dense", "degree"], optional=False).choose()
    assert (chosen.fit, chosen.composition.kind, chosen.composition.shared) == (0, None, (0, 0, 0))
    assert chosen.composition.dense > 0
    assert set(chosen.without) == {"dense", "degree"}


def test_fits_are_compared_by_auc_and_ap_of_their_best_compositions() -> None:
    """The second fit's best is ahead by its ranking alone; the first has a composition with a better AUC, but a worse mean."""
    family: list[Columns] = [(("dense", 0),), (("degree", None), ("dense", 0)), (("dense", 1),), (("spectral", None),)]
    metrics = np.array([[0.9, 0.9, 0.2, 0.4], [0.95, 0.95, 0.1, 0.1], [0.89, 0.89, 0.5, 0.5], [0.99, 0.99, 0.9, 0.9]])
    assert best_fit(family, metrics) == 0
    assert best_fit(family, metrics - [[0], [0], [0], [0.5]] - [[0.02, 0.02, 0, 0], [0] * 4, [0] * 4, [0] * 4]) == 1
    assert best_fit(family[3:], metrics[3:]) is None


def test_of_two_fits_the_better_one_is_chosen(scene: Scene) -> None:
    """The second knows the groups that are linked."""
    told = np.zeros((160, 6), np.float32)
    told[np.arange(160), np.arange(160) // 40 % 2] = 3
    noise = np.random.default_rng(2).normal(size=told.shape).astype(np.float32)
    chosen = Selector(scene.graph, scene.split, [scene.z, told + 0.1 * noise], parts=["dense"]).choose()
    assert chosen.fit == 1


def test_degrees_do_not_tell_held_out_links() -> None:
    """On a ring, where the ends of a held-out link have one link fewer, an encoder that knows nothing learns nothing."""
    ring = nx.cycle_graph(1_000)
    graph = Graph.from_pairs([str(i) for i in range(1_000)], np.array(ring.edges, np.int64))
    split = split_edges(graph, 0.05, 0.1, np.random.default_rng(0))
    z = np.random.default_rng(1).normal(size=(1_000, 6)).astype(np.float32)
    chosen = Selector(graph, split, [z], parts=["dense", "degree"], optional=False).choose()
    assert chosen.composition.degree == 0


def test_named_parts_that_a_graph_has_no_room_for_are_refused() -> None:
    """A single training link has no two eigenvectors, and they were asked for."""
    pairs = np.array([(i, j) for i in range(7) for j in range(i)])
    graph = Graph.from_pairs([str(i) for i in range(7)], pairs[:14])
    split = split_edges(graph, 0.1, 0.1, np.random.default_rng(0))
    few = dataclasses.replace(split, train=split.train[:1])
    z = np.ones((7, 2), np.float32)
    with pytest.raises(DataError, match="room for spectral columns"):
        Selector(graph, few, [z], parts=["dense", "spectral"], optional=False).choose()
