"""Logits of triples become odds: by a scale and a bias of each relation, folded into its weights."""

from dataclasses import dataclass, replace

import numpy as np

from latentlink.models.arrays import Float32, Float64
from latentlink.models.evaluation.relational.scorers import RelationDecoders
from latentlink.models.evaluation.relational.splits import by_relation
from latentlink.models.evaluation.splits import Split
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import NegativeSampler
from latentlink.models.graph.pair_space import TypedPairs
from latentlink.models.graph.roles import role_pairs, role_types
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.training.parts.weighting import fit_scale

_OPPONENTS = 20  # unlinked pairs for each validation link


@dataclass(frozen=True)
class Odds:
    """How logits become odds: a softmax tells answers apart, and says nothing of how likely the best of them is.

    Attributes:
        scale: float64 (R,), above 0.
        bias: float64 (R,).
    """

    scale: Float64
    bias: Float64

    def apply(self, embeddings: Embeddings) -> Embeddings:
        """Embeddings whose logits are scale · logit + bias: weights of relations are scaled, and the bias is one more coordinate.

        In it every node has 1 + 0i and each relation its bias + 0i, so that D grows by 2.
        """
        weights = embeddings.weights["relations.weight"] * self.scale[:, None].astype(np.float32)
        biased = _with_coordinate(weights, self.bias.astype(np.float32))
        nodes = _with_coordinate(embeddings.mu, np.ones(len(embeddings.mu), np.float32))
        return replace(embeddings, mu=nodes, weights={**embeddings.weights, "relations.weight": biased})


def fit_odds(embeddings: Embeddings, graph: Graph, split: Split, rng: np.random.Generator) -> Odds:
    """Fit σ(scale · logit + bias) to validation links where half of a relation's pairs are linked (Platt 1999).

    First one scale and one bias for all relations; from these, those of each relation, which a ridge draws back: a relation
    without validation links keeps them.

    Args:
        embeddings: of a model that was trained on the training triples.
        graph: all triples.
        split: of these.
        rng: of unlinked pairs, none of which is a negative of the test.
    """
    assert graph.relations is not None
    scorer, space, n = RelationDecoders(embeddings), TypedPairs(role_types(graph.n_nodes)), graph.n_nodes
    scores = dict[int, tuple[Float64, Float64]]()
    for relation, places in by_relation(split.validation):
        tested = split.test_negatives[split.test_negatives[:, 2] == relation, :2]
        closed = np.concatenate([graph.edges[graph.relations.of == relation], tested])
        drawn = NegativeSampler(space, role_pairs(closed, n)).draw(_OPPONENTS * len(places), rng)
        links, one = role_pairs(split.validation[places, :2], n), scorer.of_relation(relation)
        scores[relation] = one.score_pairs(links), one.score_pairs(drawn)
    heaviest = float(np.abs(embeddings.weights["relations.weight"]).max())
    every = [np.concatenate(some) for some in zip(*scores.values(), strict=True)]
    scale, bias = fit_scale(every[0], every[1], heaviest)
    odds = Odds(*(np.full(len(graph.relations.names), one) for one in (scale, bias)))
    for relation, of_relation in scores.items():
        scaled = [scale * one + bias for one in of_relation]
        steeper, higher = fit_scale(scaled[0], scaled[1], scale * heaviest, hold=True)
        odds.scale[relation], odds.bias[relation] = steeper * scale, steeper * bias + higher
    return odds


def _with_coordinate(numbers: Float32, real: Float32) -> Float32:
    """Complex numbers (m, D), all real parts before all imaginary ones, with one more, which is real (m,): (m, D + 2)."""
    parts, none = np.split(numbers, 2, axis=1), np.zeros_like(real)
    return np.column_stack([parts[0], real, parts[1], none])
