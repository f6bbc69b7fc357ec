"""The protocol of triples: what is learned, what logits mean, and what repeats."""

from dataclasses import replace

import numpy as np
import pytest

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.evaluation.relational.evaluate import score_triples
from latentlink.models.evaluation.relational.scorers import RelationDecoders
from latentlink.models.evaluation.relational.splits import split_triples
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.relations import Relations
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.training.protocol import train
from latentlink.models.training.relational import trainer
from latentlink.models.training.relational.odds import Odds, fit_odds
from latentlink.models.training.relational.trainer import RelationalTrainer

CONFIG = TrainingConfig(model="complex", dim=16, epochs=20, validation=0.1, test=0.2)


def rings(n: int = 40) -> Graph:
    """A ring of `next` links, the same turned round as `last`, and `skip` to the node after the next."""
    nodes = np.arange(n)
    pairs = [np.stack([nodes, (nodes + step) % n], axis=1) for step in (1, -1, 2, 7)]
    relations = Relations(("next", "last", "skip", "far"), np.repeat(np.arange(4), n).astype(np.int16))
    return Graph.from_pairs([f"n{node}" for node in nodes], np.concatenate(pairs), relations=relations)


def _same(one: Embeddings, other: Embeddings) -> bool:
    weights = "relations.weight"
    return np.array_equal(one.mu, other.mu) and np.array_equal(one.weights[weights], other.weights[weights])


def test_a_ring_is_learned_and_repeats_to_the_bit() -> None:
    """`last` is `next` turned round, so that its held-out links rank first; the same seed gives the same bytes."""
    graph = rings()
    first, second = (train(graph, CONFIG.model_copy(update={"epochs": 60})) for _ in range(2))
    assert (first.metrics.test.full_mrr or 0) > 2 * (first.metrics.baselines["relation_popularity"].full_mrr or 0)
    assert (first.metrics.test.auc or 0) > 0.9
    assert _same(first.embeddings, second.embeddings)
    assert first.embeddings.mu.shape == (40, 18)


def test_a_sampled_step_changes_no_other_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a large graph a step touches the nodes of its batch and of the sample alone."""
    for name, value in (("MOST_SCORED", 10), ("SAMPLED", 8), ("BATCH", 4)):
        monkeypatch.setattr(trainer, name, value)
    one = RelationalTrainer(rings(), np.arange(4), CONFIG)
    before = one.model.nodes.detach().clone()
    one.step()
    changed = (one.model.nodes != before).any(1).nonzero().flatten()
    assert 8 <= len(changed) <= 16
    assert set(one.triples[:4, :2].ravel().tolist()) <= set(changed.tolist())


def test_a_trainer_continues_from_its_state() -> None:
    """Three steps are one step, its state, and two steps of another trainer from there."""
    graph = rings()
    whole, first, rest = (RelationalTrainer(graph, np.arange(100), CONFIG) for _ in range(3))
    losses = [whole.step() for _ in range(3)]
    first.step()
    rest.load_state(first.state())
    assert [rest.step() for _ in range(2)] == losses[1:]


def test_odds_are_one_coordinate_more() -> None:
    """The logit of each triple becomes scale · logit + bias of its relation."""
    graph = rings()
    embeddings = RelationalTrainer(graph, np.arange(100), CONFIG).embed()
    embeddings = replace(
        embeddings, mu=embeddings.mu * 1000, weights={"relations.weight": embeddings.weights["relations.weight"] * 1000}
    )
    odds = Odds(np.array([2.0, 0.5, 1.0, 3.0]), np.array([-1.0, 0.0, 4.0, 0.25]))
    plain, served = (
        score_triples(RelationDecoders(one), graph.triples, graph.n_nodes)
        for one in (embeddings, odds.apply(embeddings))
    )
    of = graph.triples[:, 2]
    np.testing.assert_allclose(served, odds.scale[of] * plain + odds.bias[of], rtol=1e-5, atol=1e-5)


def test_odds_of_a_relation_without_validation_links_are_those_of_all() -> None:
    """The others have their own; every scale is above 0."""
    graph = rings()
    split = split_triples(graph, 0.1, 0.2, np.random.default_rng(0))
    split = replace(split, validation=split.validation[split.validation[:, 2] != 2])
    embeddings = train(graph, CONFIG.model_copy(update={"refit": False})).embeddings
    odds = fit_odds(embeddings, graph, split, np.random.default_rng(0))
    assert (odds.scale > 0).all()
    assert len(set(odds.bias.tolist())) == len(set(split.validation[:, 2].tolist())) + 1


def test_another_model_is_refused() -> None:
    """It would take all relations for one."""
    with pytest.raises(DataError, match="--model: expected complex for links with relations, found 'vgae'"):
        train(rings(), TrainingConfig())
