"""The calibration and the cut-offs of the evaluated run."""

from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float64, Int64
from latentlink.models.evaluation.probabilities.calibration import fit_calibration
from latentlink.models.evaluation.probabilities.reliability import noise_floor, reliability
from latentlink.models.evaluation.probabilities.thresholds import cut_offs
from latentlink.models.evaluation.probabilities.unlinked import Best, Histogram, scan_unlinked
from latentlink.models.evaluation.scorers import Scorer
from latentlink.models.evaluation.splits import Split
from latentlink.models.facts.probabilities import (
    BalancedReliability,
    CalibrationFacts,
    KnotFacts,
    Probabilities,
    SparseReliability,
    TopPairs,
)
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import edge_keys
from latentlink.models.inference.calibration import Curve, probabilities
from latentlink.models.inference.scoring import sigmoid

_TOP = (100, 500)  # best pairs that are compared with the test


def probability_facts(scorer: Scorer, graph: Graph, split: Split, seed: int) -> Probabilities:
    """A calibration, fitted to validation links among the unlinked pairs and measured on test, and the cut-offs it gives.

    The served prior is the share of held-out links among the pairs that are not training links.

    Args:
        scorer: of N nodes, by a model whose message-passing edges are the training edges.
        graph: all edges.
        split: the split of these edges.
        seed: of the samples.
    """
    rng = np.random.default_rng(seed)
    unlinked, best = scan_unlinked(scorer, graph.pair_space, graph.edges[split.train], split.validation, rng)
    logits = (scorer.score_pairs(pairs) for pairs in (split.validation, split.test, split.test_negatives))
    return facts_of(Logits(*logits), unlinked, best, edge_keys(split.test, graph.n_nodes), rng)


class Logits(NamedTuple):
    """The logits of validation links, v > 0, test links and test negatives, float64 (v,), (t,) and (n,)."""

    validation: Float64
    test: Float64
    negatives: Float64


def facts_of(logits: Logits, unlinked: Histogram, best: Best, test: Int64, rng: np.random.Generator) -> Probabilities:
    """The calibration and the cut-offs that logits give.

    Args:
        logits: of links and negatives.
        unlinked: all pairs that are not training links, validation and test links among them.
        best: of them, without validation links.
        test: int64 (t,), the keys of the test links, as `best` has them.
        rng: of the noise floor.
    """
    n_heldout = len(logits.validation) + len(logits.test)
    curve = fit_calibration(logits.validation, unlinked, n_heldout)
    tested = len(logits.test) / (unlinked.size - len(logits.validation))
    balanced, sparse = _reliabilities(curve, logits.test, logits.negatives, tested, rng)
    return Probabilities(
        calibration=CalibrationFacts(
            knots=KnotFacts(**curve._asdict()),
            balanced=balanced,
            sparse=sparse,
            prior=n_heldout / unlinked.size,
            top=_top(curve, best, test, tested),
        ),
        thresholds=cut_offs(curve, unlinked, logits.validation, logits.test, n_heldout),
    )


def _reliabilities(
    curve: Curve, positive: Float64, negative: Float64, share: float, rng: np.random.Generator
) -> tuple[BalancedReliability, SparseReliability]:
    """Reliability on test pairs, before and after, where half of the pairs and where a `share` of them are edges."""
    logits, linked = np.concatenate([positive, negative]), np.repeat([True, False], [len(positive), len(negative)])
    raw, after = sigmoid(logits), probabilities(curve, logits)
    return (
        BalancedReliability(
            before=reliability(raw, linked), after=reliability(after, linked), noise_floor=noise_floor(after, rng)
        ),
        SparseReliability(
            prior=share,
            before=reliability(raw, linked, share),
            after=reliability(probabilities(curve, logits, share), linked, share),
        ),
    )


def _top(curve: Curve, best: Best, test: Int64, share: float) -> list[TopPairs]:
    """Expected and found test links among the best pairs, of which a `share` is expected to be linked overall."""
    expected, found = np.cumsum(probabilities(curve, best.logits, share)), np.cumsum(np.isin(best.keys, test))
    sizes = sorted({min(size, len(best.keys)) for size in _TOP} - {0})
    return [TopPairs(pairs=n, expected=float(expected[n - 1]), found=int(found[n - 1])) for n in sizes]
