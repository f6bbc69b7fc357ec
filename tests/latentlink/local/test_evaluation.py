"""`evaluate`: scores of another method on the split of a model."""

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from latentlink import LinkPredictor, Split, evaluate
from latentlink.models.arrays import Array
from latentlink.models.errors import DataError
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.relations import Relations
from latentlink.models.sources import load_graph
from tests.latentlink.local.conftest import QUICK
from tests.latentlink.local.test_predictor import EDGES, GRAPHS


def test_the_model_s_own_scores_have_its_own_metrics(karate: LinkPredictor) -> None:
    """A model that was not refit answers as it was tested: all its metrics, and those of the heuristics."""
    found = evaluate(lambda pairs: karate.scores(pairs).logit, karate.split_)
    assert found.pop("given") == pytest.approx(karate.metrics_["test"])
    assert found == karate.baselines_


@pytest.mark.parametrize(
    "kind", ["directed", *(pytest.param(one, marks=pytest.mark.slow) for one in ("typed", "by time"))]
)
def test_so_have_those_of_other_graphs(kind: str, tmp_path: Path) -> None:
    """Directions, types and a split by time, each pair in the order of its ends."""
    (tmp_path / "ring.csv").write_text(EDGES)
    graph = load_graph(edges=tmp_path / "ring.csv", **GRAPHS[kind][1])
    options: dict[str, Any] = {"source_type": "user", "target_type": "item"} if kind == "typed" else {}
    with LinkPredictor(**QUICK, refit=False).fit(graph) as model:
        found = evaluate(lambda pairs: model.scores(pairs.tolist(), **options).logit, model.split_)
        assert found.pop("given") == pytest.approx(model.metrics_["test"])
        assert found == model.baselines_


def test_so_have_those_of_triples() -> None:
    """A graph of relations gets their model; the function gets the name of the relation as a third column."""
    club = load_graph(dataset="karate")
    of = Relations(("likes", "knows"), (club.edges.sum(axis=1) % 2).astype(np.int16))
    graph = Graph.from_pairs(club.ids, club.edges, relations=of)
    with LinkPredictor(dim=4, epochs=1, refit=False, verbose=False).fit(graph) as model:

        def score(triples: Array) -> Array:
            logits: Array = model.scores(triples[:, :2].tolist(), relations=triples[:, 2].tolist()).logit
            return logits

        assert model.info()["kind"] == "complex"
        assert {*model.split_.test[:, 2]} <= {"likes", "knows"}
        found = evaluate(score, model.split_)
        assert found.pop("given") == pytest.approx(model.metrics_["test"])
        assert found == model.baselines_
        arrays = evaluate((score(model.split_.test), score(model.split_.test_negatives)), model.split_)
        assert arrays["given"]["auc"] == model.metrics_["test"]["auc"]
        assert arrays["relation_popularity"]["auc"] == model.baselines_["relation_popularity"]["auc"]


def test_a_heuristic_of_another_library_has_the_metrics_of_ours(karate: LinkPredictor) -> None:
    """networkx's Adamic-Adar on the training links, as a function of ids."""
    graph = nx.Graph(map(tuple, karate.split_.train))
    graph.add_nodes_from(karate.split_.nodes)

    def score(pairs: Array) -> list[float]:
        return [one for _, _, one in nx.adamic_adar_index(graph, [*map(tuple, pairs)])]

    found = evaluate(score, karate.split_)
    assert found["given"] == pytest.approx(found["adamic_adar"])


def test_two_arrays_give_the_metrics_of_pairs(karate: LinkPredictor) -> None:
    """AUC and AP by hand, and the heuristics' on the same pairs; no ranks, for which there are no scores."""
    positive, negative = np.arange(7.0), np.arange(7.0) - 2.5
    found = evaluate((positive, negative), karate.split_)
    above = sum(p > n for p in positive for n in negative)
    assert found["given"]["auc"] == above / 49
    assert found["given"]["ap"] == auc_ap(positive, negative)["ap"]
    assert found["given"].keys() == {"auc", "ap", "hits@10", "hits@50", "hits@100"}
    for name, row in karate.baselines_.items():
        assert found[name]["auc"] == row["auc"]


@pytest.mark.parametrize("scores", [(np.zeros(6), np.zeros(7)), (np.full(7, np.nan), np.zeros(7)), lambda _: [0.0]])
def test_scores_of_another_shape_are_refused(karate: LinkPredictor, scores: Any) -> None:
    """One finite number for each pair."""
    with pytest.raises(DataError, match=r"scores: expected .* finite numbers, one for each of "):
        evaluate(scores, karate.split_)


@pytest.mark.parametrize("scores", [(np.zeros(7),), (["a"] * 7, np.zeros(7))])
def test_what_is_no_pair_of_arrays_is_refused(karate: LinkPredictor, scores: Any) -> None:
    """One array, or texts."""
    with pytest.raises(DataError, match=r"^scores: expected "):
        evaluate(scores, karate.split_)


def test_a_model_is_no_split(karate: LinkPredictor) -> None:
    """The message names the attribute to pass."""
    split: Any = karate
    with pytest.raises(DataError, match=r"^split: expected split_ of a model, found LinkPredictor$"):
        evaluate(lambda pairs: np.ones(len(pairs)), split)


def test_a_split_has_ids_and_rows(karate: LinkPredictor) -> None:
    """The same pairs; together the links are the graph's, and no non-link is one."""
    split, graph = karate.split_, load_graph(dataset="karate")
    named = {(graph.ids[a], graph.ids[b]) for a, b in graph.edges.tolist()}
    train, validation, test = ([*map(tuple, part)] for part in (split.train, split.validation, split.test))
    assert (sorted(train + validation + test), split.types) == (sorted(named), None)
    assert [(split.nodes[a], split.nodes[b]) for a, b in split.rows.test.tolist()] == test
    assert not named & {*map(tuple, split.test_negatives)}
    assert repr(split).endswith("train 68, validation 3, validation negatives 3, test 7, test negatives 7")


def test_a_split_of_types_has_the_type_of_each_row(tmp_path: Path) -> None:
    """An id of two types is two rows; pairs begin with the user."""
    (tmp_path / "ring.csv").write_text(EDGES)
    graph = load_graph(edges=tmp_path / "ring.csv", **GRAPHS["typed"][1])
    with LinkPredictor(**QUICK).fit(graph) as model:
        split: Split = model.split_
        assert split.types is not None
        rows = [*zip(split.nodes.tolist(), split.types.tolist(), strict=True)]
        assert len({*rows}) == len(rows) == 60
        for part, known in ((split.train, True), (split.test_negatives, False)):
            scores = model.scores(part.tolist(), source_type="user", target_type="item")
            assert {*scores.known.tolist()} == {known}
