"""Cut-offs: how many of the missing links, and how many false ones, score above which logit, counted at the graph's own sparsity.

A calibrated probability does not hold in the far tail, where the best pairs of a sparse graph are, so false links are counted.
The embeddings are those of the evaluated run: the links that it did not know are the missing ones.
"""

from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.facts.probabilities import CutOffCheck, CutOffs
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import NegativeSampler
from latentlink.models.inference.scoring import pair_logits

SCORED = 10_000_000  # pairs that are scored at least, or all
_CUTS = 64
_CHECKED = (0.1, 0.25, 0.5)  # recalls that are compared with those on test
_BLOCK = 2**16  # logits that are compared with every cut at once: in the cache


class Cuts(NamedTuple):
    """What scores above each of c logits, falling.

    Attributes:
        logits: float64 (c,).
        recall: float64 (c,), share of held-out links at or above each.
        false_links: float64 (c,), how many unlinked pairs of the graph are.
        links: how many held-out links the recall is of.
        counted: which share of the unlinked pairs was scored, in (0, 1].
    """

    logits: Float64
    recall: Float64
    false_links: Float64
    links: int
    counted: float


def count_cuts(mu: Float32, graph: Graph, heldout: Float64, rng: np.random.Generator) -> Cuts:
    """Cuts at evenly spaced ranks of the held-out links.

    Args:
        mu: float32 (N, D), embeddings that do not know the held-out links.
        graph: all links, held-out ones too; no other pair is linked.
        heldout: logits (P,) of held-out links.
        rng: of the pairs that are scored where there are too many to score all.
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
    """Of all pairs of two nodes."""
    above, n = np.zeros(len(logits)), len(mu)
    step = max(1, _BLOCK // n)
    for start in range(0, n, step):
        rows = np.arange(start, min(start + step, n))
        block = mu[rows] @ mu.T
        later = np.arange(n)[None, :] > rows[:, None]  # each pair once
        above += _above(block[later], logits)
    return above


def _sampled_above(mu: Float32, graph: Graph, logits: Float64, rng: np.random.Generator) -> Float64:
    """Of `SCORED` unlinked pairs."""
    above, non_edges = np.zeros(len(logits)), NegativeSampler(graph.n_nodes, graph.edges)
    for start in range(0, SCORED, _BLOCK):
        pairs: Int64 = non_edges.draw(min(_BLOCK, SCORED - start), rng)
        above += _above(pair_logits(mu, *pairs.T), logits)
    return above


def _above(scores: Float64 | Float32, logits: Float64) -> Float64:
    return np.array([np.count_nonzero(scores >= logit) for logit in logits], np.float64)


def thresholds_facts(cuts: Cuts, test: Float64, n_heldout: int) -> CutOffs:
    """Cuts as they are published, with the recall on test links, which they were not made of.

    Args:
        cuts: of the validation links.
        test: logits (t,) of the test links.
        n_heldout: how many links the evaluated embeddings did not know.
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
