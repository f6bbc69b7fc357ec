"""Calibration and cut-offs of links with relations: of all together, and of each relation that has enough validation links."""

from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.evaluation.probabilities.calibration import fit_calibration
from latentlink.models.evaluation.probabilities.calibration_report import Logits, facts_of
from latentlink.models.evaluation.probabilities.thresholds import cut_offs
from latentlink.models.evaluation.probabilities.unlinked import SCORED, Best, Histogram, bin_edges, scan_unlinked
from latentlink.models.evaluation.relational.scorers import TripleScorer
from latentlink.models.evaluation.scorers import Scorer
from latentlink.models.evaluation.splits import Split
from latentlink.models.facts.probabilities import LEAST_LINKS, KnotFacts, Probabilities, RelationProbabilities
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import edge_keys
from latentlink.models.graph.pair_space import TypedPairs
from latentlink.models.graph.roles import role_pairs, role_types

_LEAST_SCORED = 2**23  # pairs of roles of a relation with a curve of its own


class _Relation(NamedTuple):
    """The evaluated links of one relation, as pairs of roles.

    Attributes:
        train: int64 (e, 2).
        validation: int64 (v, 2).
        test: int64 (t, 2).
        test_negatives: int64 (t, 2).
    """

    train: Int64
    validation: Int64
    test: Int64
    test_negatives: Int64

    @property
    def has_curve(self) -> bool:
        """Whether there are enough links for a curve and cut-offs of the relation alone."""
        return len(self.validation) >= LEAST_LINKS and len(self.test) > 0

    def logits(self, scorer: Scorer) -> Logits:
        return Logits(*(scorer.score_pairs(part) for part in self[1:]))


def relation_probabilities(scorer: TripleScorer, graph: Graph, split: Split, seed: int) -> Probabilities:
    """The facts of all relations together, with one prior, and of each alone.

    A logit stands for odds where half of the pairs of its relation are linked, so that relations may share a curve and differ by
    their priors: the number of held-out links by that of unlinked pairs. Where a relation has no curve of its own, its
    held-out links are taken to be the same share of its links as of all.

    Args:
        scorer: of N nodes, by a model that was trained on the training triples.
        graph: all triples.
        split: of these.
        seed: of the samples.
    """
    assert graph.relations is not None
    names, rng, space = graph.relations.names, np.random.default_rng(seed), TypedPairs(role_types(graph.n_nodes))
    scorers = [scorer.of_relation(relation) for relation in range(len(names))]
    parts = [_part(graph, split, relation) for relation in range(len(names))]
    logits = [part.logits(one) for part, one in zip(parts, scorers, strict=True)]
    every = Logits(*map(np.concatenate, zip(*logits, strict=True)))
    edges, scored = bin_edges(every.validation), SCORED // len(names)
    unlinked, best = list[Histogram](), Best(np.empty(0), np.empty(0, np.int64))
    shift = (2 * graph.n_nodes) ** 2  # keys of pairs of roles are below it
    for relation, (part, one) in enumerate(zip(parts, scorers, strict=True)):
        most = max(scored, _LEAST_SCORED) if part.has_curve else max(scored, 1)
        found, highest = scan_unlinked(one, space, part.train, part.validation, rng, edges, most)
        unlinked.append(found)
        best = best.merge(highest.logits, highest.keys + relation * shift)
    tested = [edge_keys(part.test, 2 * graph.n_nodes) + at * shift for at, part in enumerate(parts)]
    facts = facts_of(every, _together(unlinked), best, np.concatenate(tested), rng)
    heldout = len(split.validation) + len(split.test)
    expected = [heldout / graph.n_edges * links for links in graph.relations.counts().values()]
    of_each = map(_of_relation, parts, logits, unlinked, expected)
    return facts.model_copy(update={"relations": dict(zip(names, of_each, strict=True))})


def _part(graph: Graph, split: Split, relation: int) -> _Relation:
    parts = graph.triples[split.train], split.validation, split.test, split.test_negatives
    return _Relation(*(role_pairs(part[part[:, 2] == relation, :2], graph.n_nodes) for part in parts))


def _together(parts: list[Histogram]) -> Histogram:
    """The unlinked pairs of all relations, in the same bins."""
    counts = np.sum([part.counts for part in parts], axis=0)
    return Histogram(parts[0].edges, counts, sum(part.share * part.size for part in parts) / float(counts.sum()))


def _of_relation(part: _Relation, logits: Logits, unlinked: Histogram, expected: float) -> RelationProbabilities:
    """The facts of one relation, of whose links so many are expected to be held out."""
    if not part.has_curve:
        return RelationProbabilities(prior=expected / unlinked.size if unlinked.size else 0.0)
    heldout = len(logits.validation) + len(logits.test)
    curve = fit_calibration(logits.validation, unlinked, heldout)
    return RelationProbabilities(
        prior=heldout / unlinked.size,
        knots=KnotFacts(**curve._asdict()),
        thresholds=cut_offs(curve, unlinked, logits.validation, logits.test, heldout),
    )
