"""Cut-offs: recall of missing links and number of false links above each logit, at the sparsity of the graph.

False links are counted, because a calibrated probability is inaccurate in the far tail, where the best pairs of a sparse graph
are. The embeddings are those of the evaluated run; its held-out links are the missing links.
"""

from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.facts.probabilities import CutOffCheck, CutOffs
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import NegativeSampler
from latentlink.models.inference.scoring import pair_logits

SCORED = 10_000_000  # unlinked pairs that are scored; all pairs of a graph with fewer
_CUTS = 64
_CHECKED = (0.1, 0.25, 0.5)  # recalls on validation that are compared with those on test
_BLOCK = 2**16  # logits that are compared with every cut at once, so that they stay in the cache


class Cuts(NamedTuple):
    """Cut-offs at c logits, descending.

    Attributes:
        logits: float64 (c,).
        recall: float64 (c,), share of held-out links at or above each logit.
        false_links: float64 (c,), number of unlinked pairs at or above each logit.
        links: number of held-out links.
        counted: share of the unlinked pairs that was scored, in (0, 1].
    """

    logits: Float64
    recall: Float64
    false_links: Float64
    links: int
    counted: float


def count_cuts(mu: Float32, graph: Graph, heldout: Float64, rng: np.random.Generator) -> Cuts:
    """Cut-offs at evenly spaced ranks of the held-out links.

    Args:
        mu: float32 (N, D), embeddings trained without the held-out links.
        graph: the whole graph, with the held-out links.
        heldout: logits (P,) of held-out links.
        rng: generator of the scored pairs, where there are too many to score all.
    """
    falling = np.sort(heldout)[::-1]
    ranks = np.unique(np.linspace(0, len(falling) - 1, _CUTS).round().astype(np.int64))
    logits = falling[ranks]
    n_pairs = graph.n_nodes * (graph.n_nodes - 1) // 2
    unlinked = n_pairs - graph.n_edges
    if n_pairs <= SCORED:
        above = _all_above(mu, logits) - _above(pair_logits(mu, *graph.edges.T), logits)
        share = 1.0
    else:
        above, share = _sampled_above(mu, graph, logits, rng), SCORED / unlinked
    recall = np.searchsorted(-falling, -logits, side="right") / len(falling)
    return Cuts(logits, recall, np.maximum(above / share, 0), len(falling), share)


def _all_above(mu: Float32, logits: Float64) -> Float64:
    """The number of pairs of two nodes at or above each logit, float64 (c,)."""
    above, n = np.zeros(len(logits)), len(mu)
    step = max(1, _BLOCK // n)
    for start in range(0, n, step):
        rows = np.arange(start, min(start + step, n))
        block = mu[rows] @ mu.T
        later = np.arange(n)[None, :] > rows[:, None]  # each pair once
        above += _above(block[later], logits)
    return above


def _sampled_above(mu: Float32, graph: Graph, logits: Float64, rng: np.random.Generator) -> Float64:
    """The number of `SCORED` random unlinked pairs at or above each logit, float64 (c,)."""
    above, non_edges = np.zeros(len(logits)), NegativeSampler(graph.n_nodes, graph.edges)
    for start in range(0, SCORED, _BLOCK):
        pairs: Int64 = non_edges.draw(min(_BLOCK, SCORED - start), rng)
        above += _above(pair_logits(mu, *pairs.T), logits)
    return above


def _above(scores: Float64 | Float32, logits: Float64) -> Float64:
    return np.array([np.count_nonzero(scores >= logit) for logit in logits], np.float64)


def thresholds_facts(cuts: Cuts, test: Float64, n_heldout: int) -> CutOffs:
    """The published cut-offs, with their recall on the test links.

    Args:
        cuts: cut-offs from the validation links.
        test: logits (t,) of the test links.
        n_heldout: number of held-out links, of validation and test.
    """
    places = [min(int(np.searchsorted(cuts.recall, recall)), len(cuts.logits) - 1) for recall in _CHECKED]
    checks = [
        CutOffCheck(
            recall=float(cuts.recall[at]),
            recall_on_test=float((test >= cuts.logits[at]).mean()),
            false_links=float(cuts.false_links[at]),
        )
        for at in places
    ]
    return CutOffs(
        logit=cuts.logits.tolist(),
        recall=cuts.recall.tolist(),
        false_links=cuts.false_links.tolist(),
        validation_links=cuts.links,
        missing_links=n_heldout,
        counted_share=cuts.counted,
        checks=checks,
    )
