"""What validation chooses on a graph whose links go across."""

import dataclasses

import networkx as nx
import numpy as np
import pytest

from latentlink.models.arrays import Int64
from latentlink.models.errors import DataError
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.evaluation.splits import split_edges
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import edge_keys
from latentlink.models.graph.types import NodeTypes
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.inference.scoring import HEAVIEST
from latentlink.models.training.parts import selection
from latentlink.models.training.parts.selection import Choice, Columns, Selector, best_fit
from latentlink.models.training.parts.spectrum import Kind, Spectrum, kinds_for, spectrum
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


def test_features_keep_the_encoder(scene: Scene) -> None:
    """One that says the opposite is left out, and stays in where it is all that reads features."""
    graph = dataclasses.replace(scene.graph, features=np.eye(160, 3, dtype=np.float32))
    opposite = 3 * np.repeat(np.eye(4, dtype=np.float32), 40, axis=0)
    fits = [Selector(one, scene.split, [opposite]).choose().fit for one in (scene.graph, graph)]
    assert fits == [None, 0]


def test_near_nodes_never_repel_each_other() -> None:
    """Of a tree all held-out links join two components, which would tell them from unlinked pairs."""
    drawn = nx.random_labeled_tree(401, seed=1)
    graph = Graph.from_pairs([str(node) for node in drawn], np.array(drawn.edges, np.int64))
    split = split_edges(graph, 0.05, 0.1, np.random.default_rng(0))
    noise = np.random.default_rng(0).normal(size=(401, 4)).astype(np.float32)
    chosen = Selector(graph, split, [noise], parts=["dense", "spectral"], optional=False).choose()
    above_0, below_0 = np.split(np.array(chosen.composition.spectral), 2)
    assert (above_0 >= 0).all()
    assert np.isfinite(below_0).all()


def test_parts_of_weight_0_are_none(choice: Choice) -> None:
    """Shared links stay among the columns to choose from, but no linked pair has any."""
    assert "shared_links" not in choice.without
    assert (choice.composition.degree > 0) == ("bias" in choice.without)


TYPES = NodeTypes(("user", "item"), (np.arange(160) // 80).astype(np.int16), np.array([[0, 1]], np.int16))


@pytest.mark.parametrize("types", [TYPES, dataclasses.replace(TYPES, apart=np.arange(160).reshape(2, 80).T)])
def test_between_two_sides_the_spectrum_is_of_singular_values(scene: Scene, types: NodeTypes) -> None:
    """Told the types, or 80 nodes in two roles, it has eigenvalues above 0 alone, no shared links, and finds the groups, too."""
    apart = np.empty((0, 2), np.int64) if types.apart is None else types.apart
    edges = scene.graph.edges[~np.isin(edge_keys(scene.graph.edges, 160), edge_keys(apart, 160))]
    graph = dataclasses.replace(scene.graph, edges=edges, types=types)
    typed = Scene(graph, split_edges(graph, 0.1, 0.1, np.random.default_rng(0)), scene.z)
    choice = Selector(*typed[:2], [typed.z]).choose()
    assert choice.spectrum is not None
    assert choice.spectrum.kind in kinds_for(bipartite=True)
    assert (choice.spectrum.values > 0).all()
    assert len(choice.spectrum.values) <= 40  # half of a side
    groups = np.arange(160) // 40
    tested = typed.split.test, typed.split.test_negatives
    assert _auc(typed, choice) > 0.95 * auc_ap(*(1.0 * (np.abs(np.subtract(*groups[p].T)) == 2) for p in tested))["auc"]


def test_named_parts_are_used_as_they_are(scene: Scene) -> None:
    """An encoder that knows nothing stays in, and nothing else is added."""
    chosen = Selector(scene.graph, scene.split, [scene.z], parts=["dense", "bias"], optional=False).choose()
    assert (chosen.fit, chosen.composition.kind, chosen.composition.shared) == (0, None, (0, 0, 0))
    assert chosen.composition.dense > 0
    assert set(chosen.without) == {"dense", "bias"}


def test_fits_are_compared_by_auc_and_ap_of_their_best_compositions() -> None:
    """The second fit's best is ahead by its ranking alone; the first has a composition with a better AUC, but a worse mean."""
    family: list[Columns] = [(("dense", 0),), (("bias", None), ("dense", 0)), (("dense", 1),), (("spectral", None),)]
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


@pytest.mark.parametrize("length", [0, 1e-5, 1e-3])
def test_weights_of_short_vectors_stay_below_those_that_a_checkpoint_may_have(scene: Scene, length: float) -> None:
    """An encoder whose products are far below 1 would need larger ones; the links of their groups it still tells apart."""
    told = np.zeros((160, 6), np.float32)
    told[np.arange(160), np.arange(160) // 40 % 2] = length
    chosen = Selector(scene.graph, scene.split, [told], parts=["dense"], optional=False).choose()
    dense = Embeddings(told, None, {}, scene.graph.edges, None)
    made = chosen.composition.embed(160, scene.graph.edges, None, dense, None)
    assert made.column_weights is not None
    assert (np.abs(made.column_weights) < HEAVIEST).all()
    assert made.column_weights[0] > 0


def test_degrees_do_not_tell_held_out_links() -> None:
    """On a ring, where the ends of a held-out link have one link fewer, an encoder that knows nothing learns nothing."""
    ring = nx.cycle_graph(1_000)
    graph = Graph.from_pairs([str(i) for i in range(1_000)], np.array(ring.edges, np.int64))
    split = split_edges(graph, 0.05, 0.1, np.random.default_rng(0))
    z = np.random.default_rng(1).normal(size=(1_000, 6)).astype(np.float32)
    chosen = Selector(graph, split, [z], parts=["dense", "bias"], optional=False).choose()
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


def test_a_named_spectrum_needs_one_kind_alone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another kind has no columns, the one that has some is used."""

    def regularized(n: int, edges: Int64, kind: Kind, rank: int, *, bipartite: bool) -> Spectrum | None:
        return spectrum(n, edges, kind, rank, bipartite=bipartite) if kind is Kind.REGULARIZED else None

    monkeypatch.setattr(selection, "spectrum", regularized)
    chosen = Selector(*scene[:2], [scene.z], parts=["dense", "spectral"], optional=False).choose()
    assert chosen.composition.kind is Kind.REGULARIZED
