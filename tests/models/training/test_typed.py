"""Typed graphs through the protocol: all that is drawn, ranked and counted is of types that may be linked."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentlink.models.arrays import Bool, Int64
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.checkpoint.split import NodePairs
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.evaluation import new_nodes
from latentlink.models.evaluation.metrics import link_metrics
from latentlink.models.evaluation.scorers import DecoderScorer
from latentlink.models.evaluation.splits import audit
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.subgraph import induced_subgraph
from latentlink.models.graph.types import NodeTypes
from latentlink.models.publishing.export import export
from latentlink.models.training.given_split import kept_split, split_of
from latentlink.models.training.protocol import train
from latentlink.models.training.replay import graph_of
from latentlink.models.training.trained import Trained
from latentlink.models.training.trainers.trainer import Trainer

USERS, ITEMS = 40, 25
N = USERS + ITEMS
OF = np.random.default_rng(1).permutation(np.repeat([0, 1], [USERS, ITEMS])).astype(np.int16)


def _bipartite() -> Graph:
    """Users and items in two halves each, links within a half; types are mixed among the rows."""
    rng = np.random.default_rng(0)
    users, items = np.flatnonzero(OF == 0), np.flatnonzero(OF == 1)
    half = rng.random((USERS, ITEMS)) < np.where(
        (np.arange(USERS)[:, None] < 20) == (np.arange(ITEMS) < 12), 0.55, 0.05
    )
    one, other = np.nonzero(half)
    types = NodeTypes(("user", "item"), OF, np.array([[0, 1]], np.int16))
    return Graph.from_pairs([str(i) for i in range(N)], np.stack([users[one], items[other]], axis=1), types=types)


GRAPH = _bipartite()
CONFIG = TrainingConfig(epochs=10, dim=8, evaluate_unseen=0.1, seed=1)


def _across(pairs: Int64) -> Bool:
    return np.asarray(OF[pairs[..., 0]] != OF[pairs[..., 1]])


@pytest.fixture(scope="module")
def trained() -> Trained:
    """A default model of that graph, evaluated on new nodes as well."""
    return train(GRAPH, CONFIG.model_copy(update={"refit": False}))


def test_negatives_are_pairs_of_a_user_and_an_item(trained: Trained) -> None:
    """Those of the split, and those of each step of any encoder."""
    assert _across(trained.split.validation_negatives).all()
    assert _across(trained.split.test_negatives).all()
    negatives = Trainer(GRAPH, trained.split.train, CONFIG).negatives.draw(5000, np.random.default_rng(0))
    assert _across(negatives).all()


def test_a_graph_convolution_learns_against_them_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not against a circulant, which has pairs of all types."""
    monkeypatch.delattr(Trainer, "circulants")
    trainer = Trainer(GRAPH, np.arange(GRAPH.n_edges), TrainingConfig(encoder="gcn", epochs=1))
    assert trainer.step() > 0


def test_shared_links_between_two_groups_are_refused() -> None:
    """No node is linked to a user and to an item of theirs, so that nothing would be added."""
    with pytest.raises(DataError, match="--parts: expected no shared_links between two groups of types"):
        train(GRAPH, CONFIG.model_copy(update={"parts": "dense,shared_links"}))


def test_the_audit_counts_pairs_of_one_type(trained: Trained) -> None:
    """A given split with such a negative is refused."""
    wrong = trained.split.validation_negatives.copy()
    wrong[3] = np.flatnonzero(OF == 0)[:2]
    split = replace(trained.split, validation_negatives=wrong)
    assert audit(GRAPH, split, GRAPH.edges[split.train]).self_loops == 1
    pairs = NodePairs(GRAPH.edges[split.train], split.validation, wrong, split.test, split.test_negatives)
    with pytest.raises(DataError, match="negatives that may be links"):
        split_of(pairs, GRAPH, "some file")


def test_full_ranks_are_among_the_other_type(trained: Trained) -> None:
    """Of both ends of each test link, by a loop over nodes."""
    scores, ranks = DecoderScorer(trained.embeddings.decoder).score_rows(np.arange(N)), []
    linked = {tuple(edge) for edge in np.concatenate([GRAPH.edges, GRAPH.edges[:, ::-1]]).tolist()}
    for query, answer in np.concatenate([trained.split.test, trained.split.test[:, ::-1]]).tolist():
        others = [v for v in range(N) if OF[v] != OF[query] and (query, v) not in linked]
        ranks.append(
            1
            + sum(
                (scores[query, v] > scores[query, answer]) + (scores[query, v] == scores[query, answer]) / 2
                for v in others
            )
        )
    assert trained.metrics.test.full_mrr == pytest.approx(np.mean(1 / np.array(ranks)))


def test_lists_hold_test_items_of_users(trained: Trained) -> None:
    """Recall@20 and NDCG@20 by a loop over users: known items are left out, test items compete with each other."""
    scores, split = DecoderScorer(trained.embeddings.decoder).score_rows(np.arange(N)), trained.split
    known = {frozenset(pair) for pair in np.concatenate([GRAPH.edges[split.train], split.validation]).tolist()}
    tested = {frozenset(pair) for pair in split.test.tolist()}
    recalls, gains = [], []
    for user in np.flatnonzero(OF == 0).tolist():
        answers = [v for v in range(N) if frozenset((user, v)) in tested]
        items = [v for v in range(N) if OF[v] == 1 and frozenset((user, v)) not in known]
        best = sorted(items, key=(-scores[user]).__getitem__)[:20]
        if answers:
            recalls.append(sum(v in best for v in answers) / len(answers))
            ideal = sum(1 / np.log2(place + 2) for place in range(len(answers)))
            gains.append(sum(1 / np.log2(best.index(v) + 2) for v in answers if v in best) / ideal)
    assert trained.metrics.test.recall_20 == pytest.approx(np.mean(recalls))
    assert trained.metrics.test.ndcg_20 == pytest.approx(np.mean(gains))
    assert all(one.recall_20 is not None for one in trained.metrics.baselines.values())


def test_the_prior_is_the_density_among_pairs_of_a_user_and_an_item(trained: Trained) -> None:
    """And so is the number of pairs that the cut-offs count."""
    unlinked = USERS * ITEMS - len(trained.split.train)
    heldout = len(trained.split.validation) + len(trained.split.test)
    assert trained.probabilities.calibration.prior == pytest.approx(heldout / unlinked)
    assert trained.probabilities.thresholds.false_links[-1] <= unlinked


def test_the_model_beats_a_coin(trained: Trained) -> None:
    """Two halves of users and items are easy, once users are never compared with users."""
    positive, negative = trained.test_logits
    assert (link_metrics(positive, negative).auc or 0) > 0.75
    assert trained.metrics.unseen is not None


def test_a_hidden_node_is_ranked_among_nodes_of_the_other_type() -> None:
    """Known ones that it is not linked to."""
    visible = np.sort(np.random.default_rng(2).permutation(N)[10:])
    known = induced_subgraph(GRAPH, visible, None)
    assert known.types is not None
    assert known.types.of.tolist() == OF[visible].tolist()
    for link in new_nodes._hidden_links(GRAPH, visible, np.random.default_rng(0)):
        assert (OF[visible[link.ends]] != OF[link.v]).all()
        assert not np.isin(link.ends[1:], [link.ends[0], *link.given]).any()


def test_types_are_part_of_the_fingerprint() -> None:
    """And graphs without any keep theirs."""
    plain = Graph(GRAPH.ids, GRAPH.edges)
    other = Graph(GRAPH.ids, GRAPH.edges, types=NodeTypes(("a", "b"), OF, np.array([[0, 1]], np.int16)))
    assert len({GRAPH.fingerprint(), plain.fingerprint(), other.fingerprint()}) == 3


def test_a_checkpoint_has_the_types_and_gives_the_graph_back(tmp_path: Path, trained: Trained) -> None:
    """Format version 2; ids of two types may be equal, and a given split finds each node by type and id."""
    ids = [f"{kind}" for kind in np.where(OF == 0, np.arange(N), N - 1 - np.arange(N))]
    graph = replace(GRAPH, ids=ids)
    assert len(set(ids)) < N
    path = export(tmp_path, "typed", graph, CONFIG, trained)
    checkpoint = open_checkpoint(path)
    manifest = checkpoint.manifest
    assert (manifest.format_version, manifest.types, manifest.index) == (2, ["user", "item"], None)
    assert [tuple(pair) for pair in manifest.linked] == [("user", "item")]
    assert checkpoint.nodes.types is not None
    assert checkpoint.nodes.types.tolist() == OF.tolist()
    assert graph_of(checkpoint).fingerprint() == graph.fingerprint()
    assert kept_split(checkpoint, graph).fingerprint() == replace(trained.split, given=True).fingerprint()
    card = (path / "MODEL_CARD.md").read_text("utf-8")
    assert "40 of type user, 25 of type item. Links go between user and item" in card
    assert "| recall@20 | ndcg@20 |" in card
    assert "lists of item for each user" in card


def test_a_plain_checkpoint_has_no_types(tmp_path: Path) -> None:
    """Its manifest has neither field, so that its bytes are as before."""
    graph = Graph(GRAPH.ids, GRAPH.edges)
    config = TrainingConfig(epochs=1, dim=4, parts="dense")
    document = json.loads(
        (export(tmp_path, "plain", graph, config, train(graph, config)) / "manifest.json").read_text()
    )
    assert not {"types", "linked", "directed"} & document.keys()
    assert document["format_version"] == 1
