"""Hidden nodes: nothing of them is known, no given link is scored, and the numbers are those of a computation by hand."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from latentlink.app.cli.report import summary
from latentlink.models.arrays import Float32, Float64
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.new_nodes import Fitted, evaluate_unseen
from latentlink.models.facts.metrics import LinkMetrics
from latentlink.models.graph.columns import Column
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.graph.subgraph import features_fitted_on, induced_subgraph
from latentlink.models.graph.types import NodeTypes
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.publishing.model_card import model_card
from latentlink.models.training.fit import Epoch
from latentlink.models.training.protocol import train
from tests.app.trained import propagation

N = 30
CONFIG = TrainingConfig.model_validate({"encoder": "linear", "model": "gae", "hops": 1, "dim": 4})


def _graph(*, features: bool = True) -> Graph:
    random = np.random.default_rng(3)
    x = random.normal(0, 1, (N, 5)).astype(np.float32) if features else None
    return Graph.from_pairs([f"n{row}" for row in range(N)], random.integers(0, N, (70, 2)), features=x)


class Spy:
    """A fit that trains nothing: random weights and vectors; what it was given is kept."""

    def __init__(self) -> None:
        self.given: Graph | None = None
        self.weight: Float32 = np.random.default_rng(0).normal(0, 1, (5, 4)).astype(np.float32)

    def __call__(self, graph: Graph) -> Fitted:
        """As if it had been trained."""
        self.given = graph
        n, named = graph.n_nodes, "linear.features.weight"
        if graph.features is None:
            named, self.weight = "linear.rows.weight", np.random.default_rng(0).normal(0, 1, (n, 4)).astype(np.float32)
        mu = np.random.default_rng(1).normal(0, 1, (n, 4)).astype(np.float32)
        return Fitted(
            Embeddings(mu, None, {named: self.weight}, graph.edges, None), graph.features, LinkMetrics(auc=0.5)
        )

    def inputs(self, graph: Graph) -> Float64:
        """What meets the weights."""
        return np.eye(graph.n_nodes) if graph.features is None else np.asarray(graph.features, np.float64)


def test_training_knows_nothing_of_hidden_nodes() -> None:
    """Neither ids, nor links, nor features; what is left is as it was."""
    graph, spy = _graph(), Spy()
    facts = evaluate_unseen(graph, CONFIG, 0.2, spy)
    assert (facts.hidden, facts.transductive.auc) == (6, 0.5)
    given = spy.given
    assert given is not None
    assert given.n_nodes == 24
    rows = [int(node[1:]) for node in given.ids]
    links = {(f"n{a}", f"n{b}") for a, b in graph.edges.tolist() if a in rows and b in rows}
    assert {(given.ids[a], given.ids[b]) for a, b in given.edges.tolist()} == links
    assert isinstance(graph.features, np.ndarray)
    np.testing.assert_array_equal(given.features, graph.features[rows])


@pytest.mark.parametrize("features", [True, False])
def test_every_metric_is_that_of_the_extended_graph(features: bool) -> None:
    """By the formula in full matrices, without the scored link; each node is linked to all nodes but one, the non-edge."""
    pairs = np.array([(a, b) for a in range(N) for b in range(a) if a ^ 1 != b])
    graph, spy = Graph.from_pairs(_graph().ids, pairs, features=_graph(features=features).features), Spy()
    facts = evaluate_unseen(graph, CONFIG, 0.2, spy)
    given = spy.given
    assert given is not None
    mu, rows = spy(given).embeddings.mu.astype(np.float64), [int(node[1:]) for node in given.ids]
    scores: dict[str, list[tuple[float, float]]] = {"model": [], "mean_of_neighbors": [], "feature_cosine": []}
    for v in (v for v in range(N) if v not in rows and v ^ 1 in rows):
        other = rows.index(v ^ 1)
        for u in (at for at in range(len(rows)) if at != other):
            rest = [at for at in range(len(rows)) if at not in (u, other)]
            z, mean = _embedding(graph, given, spy, v, rest), mu[rest].mean(axis=0)
            scores["model"].append((mu[u] @ z, mu[other] @ z))
            scores["mean_of_neighbors"].append((mu[u] @ mean, mu[other] @ mean))
            if graph.features is not None:
                x = np.asarray(graph.features, np.float64)
                x /= np.linalg.norm(x, axis=1, keepdims=True)
                scores["feature_cosine"].append((x[rows[u]] @ x[v], x[rows[other]] @ x[v]))
    assert facts.features_alone is None
    assert facts.with_links is not None
    assert facts.with_links.links == len(scores["model"])
    measured = facts.with_links.rows()
    assert set(measured) == {name for name, pairs in scores.items() if pairs}
    for name, metrics in measured.items():
        positive, negative = np.array(scores[name]).T
        truth = np.repeat([1, 0], len(positive))
        assert metrics.auc == pytest.approx(roc_auc_score(truth, np.concatenate([positive, negative])), abs=1e-3)
        assert metrics.mrr == pytest.approx(np.where(positive > negative, 1, 1 / 101).mean(), abs=1e-3)


def test_without_another_link_a_new_node_has_its_features_alone() -> None:
    """Counted by itself, and not at all where there are no features."""
    star = np.array([[0, leaf] for leaf in range(1, N)])
    for features in (True, False):
        graph = Graph.from_pairs(_graph().ids, star, features=_graph(features=features).features)
        facts = evaluate_unseen(graph, CONFIG, 0.1, Spy())
        assert facts.with_links is None
        assert (facts.features_alone.links if facts.features_alone else 0) == (3 if features else 0)


def test_nodes_beside_hubs_are_thinned_by_what_their_links_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every leaf reaches all N nodes through its hub: with a limit of 4 N, four links are ranked."""
    star = np.array([(hub, leaf) for hub in (0, 1) for leaf in range(2, N)])
    graph = Graph.from_pairs(_graph().ids, star)
    monkeypatch.setattr("latentlink.models.evaluation.new_nodes._REACHED", 4 * N)
    facts = evaluate_unseen(graph, CONFIG, 0.2, Spy()).with_links
    assert facts is not None
    assert facts.links == 4


def _embedding(graph: Graph, given: Graph, spy: Spy, v: int, rest: list[int]) -> Float64:
    n = given.n_nodes
    adjacency = np.zeros((n + 1, n + 1))
    adjacency[tuple(given.edges.T)] = 1
    adjacency[rest, n] = 1
    hidden = spy.inputs(given) @ spy.weight
    own = np.zeros(4) if graph.features is None else np.asarray(graph.features)[v] @ spy.weight
    return np.asarray((propagation(adjacency + adjacency.T) @ np.vstack([hidden, own]))[n])


@pytest.mark.parametrize(("rows", "count"), [(40, 2), (400, 40)])
def test_features_are_those_of_a_table_fitted_to_visible_rows(rows: int, count: int) -> None:
    """Numbers in units of visible rows, values that no visible row has are nobody's; dense and sparse."""
    random = np.random.default_rng(1)
    towns = [f"t{row % count}" for row in range(rows)]
    towns[0] = towns[1] = "far"
    table: dict[str, Column] = {
        "age": random.normal(40, 9, rows),
        "town": towns,
        "old": (random.random(rows) < 0.4).astype(float),
    }
    preprocessing, visible = Preprocessing.fit(table), np.arange(5, rows)
    x = preprocessing.transform(table)
    assert isinstance(x, CSR) == (rows == 400)
    pairs = random.integers(0, rows, (100, 2))
    graph = replace(Graph.from_pairs(list(map(str, range(rows))), pairs, features=x), preprocessing=preprocessing)
    ours = features_fitted_on(graph, visible)
    fitted = Preprocessing.fit({name: column[5:] for name, column in table.items()})
    theirs = fitted.transform(table)
    columns = [preprocessing.names.index(name) for name in fitted.names]
    dense, expected = (part.to_dense() if isinstance(part, CSR) else np.asarray(part) for part in (ours, theirs))
    np.testing.assert_allclose(dense[:, columns], expected, atol=1e-5)
    assert not dense[:, preprocessing.names.index("town=far")].any()
    left = induced_subgraph(graph, visible, ours).features
    np.testing.assert_array_equal(left.to_dense() if isinstance(left, CSR) else left, dense[visible])


@pytest.mark.parametrize("count", [2, 40])
def test_features_of_types_are_fitted_to_visible_rows_of_the_type(count: int) -> None:
    """Rows of several types in any order: each column as its own table alone has it; dense and sparse."""
    random, of = np.random.default_rng(1), np.arange(90) % 3 == 0
    tables: list[dict[str, Column]] = [
        {"age": random.normal(40, 9, 60), "town": [f"t{row % count}" for row in range(60)]},
        {"age": random.normal(3, 1, 30), "new": (np.arange(30) < 2).astype(float)},
    ]
    fitted = [Preprocessing.fit(table) for table in tables]
    visible = np.arange(6, 90)
    x = np.zeros((90, sum(len(part.names) for part in fitted)), np.float32)
    expected = x.copy()
    for part, own, column in zip(fitted, (~of, of), (0, len(fitted[0].names)), strict=True):
        columns = slice(column, column + len(part.names))
        alone = part.transform(tables[column > 0])
        graph = Graph.from_pairs([str(row) for row in range(own.sum())], np.array([[0, 1]]), features=alone)
        known = np.flatnonzero(np.isin(np.flatnonzero(own), visible))
        theirs = features_fitted_on(replace(graph, preprocessing=part), known)
        for whole, block in ((x, alone), (expected, theirs)):
            whole[own, columns] = block.to_dense() if isinstance(block, CSR) else np.asarray(block)
    types = NodeTypes(("user", "item"), of.astype(np.int16), np.array([[0, 1]], np.int16))
    graph = Graph.from_pairs([str(row) for row in range(90)], np.array([[0, 1]]), types=types)
    graph = replace(graph, preprocessing=Preprocessing(columns=(), types=dict(zip(types.names, fitted, strict=True))))
    ours = features_fitted_on(replace(graph, features=CSR.from_dense(x) if count == 40 else x), visible)
    dense = ours.to_dense() if isinstance(ours, CSR) else np.asarray(ours)
    np.testing.assert_allclose(dense, expected, atol=1e-5)
    assert np.ptp(dense[of][2:, -1]) == 0


def test_features_that_only_have_names_stay_as_they_are() -> None:
    """No number is standardised anew, and no column that is constant on the visible rows is left out."""
    x = np.random.default_rng(1).random((9, 3)).astype(np.float32)
    x[:5, 1] = 0
    graph = Graph.from_pairs(list("abcdefghi"), np.array([[0, 1]]), features=x)
    named = replace(graph, preprocessing=Preprocessing.named(["Drama", "Italy", "War"]))
    np.testing.assert_array_equal(np.asarray(features_fitted_on(named, np.arange(5))), x)


def test_a_training_reports_new_nodes_beside_its_own_metrics() -> None:
    """With phases of its own, and without another number or byte changed."""
    graph, seen = _graph(), list[Epoch]()
    config = TrainingConfig.model_validate({"encoder": "linear", "epochs": 3, "dim": 4})
    plain = train(graph, config)
    hiding = train(graph, config.model_copy(update={"evaluate_unseen": 0.2}), seen.append)
    assert [(e.number, e.phase) for e in seen[:4]] == [(n, "unseen fit") for n in (1, 2, 3)] + [(1, "fit")]
    assert hiding.metrics.model_copy(update={"unseen": None}) == plain.metrics
    np.testing.assert_array_equal(hiding.embeddings.mu, plain.embeddings.mu)
    assert hiding.metrics.unseen is not None
    part = hiding.metrics.unseen.with_links
    assert part is not None
    model, cosine = part.model, part.feature_cosine
    assert cosine is not None
    _, section = model_card("people", graph, config, hiding).split("## New nodes")
    assert f"\n{part.links} links" in section
    assert f"| **this model** | {model.auc:.4f} | {model.ap:.4f} |" in section
    assert f"| feature cosine | {cosine.auc:.4f} | {cosine.ap:.4f} |" in section
    assert "## New nodes" not in model_card("people", graph, config, plain)
    assert f"AUC {model.auc:.4f}  AP {model.ap:.4f}" in summary(graph, config, hiding)
