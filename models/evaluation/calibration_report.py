"""The calibration and the cut-offs of the evaluated run."""

import numpy as np

from latentlink.models.arrays import Float32, Int64
from latentlink.models.evaluation.calibration import calibration_facts, fit_calibration
from latentlink.models.evaluation.splits import Split
from latentlink.models.evaluation.thresholds import count_cuts, thresholds_facts
from latentlink.models.facts.probabilities import Probabilities
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import NegativeSampler, edge_keys
from latentlink.models.inference.scoring import pair_logits

_NON_EDGES = (
    100_000  # that calibration is fitted to: cheap to score, and many more than edges to reduce the variance of the fit
)


def probability_facts(mu: Float32, graph: Graph, split: Split, seed: int) -> Probabilities:
    """A calibration, fitted to validation edges and measured on test, and cut-offs, counted over the graph's unlinked pairs.

    The served prior is the share of all pairs that is linked.

    Args:
        mu: float32 (N, D), embeddings whose message-passing edges are the training edges.
        graph: all edges.
        split: the split of these edges.
        seed: of the negative sampling.
    """
    parts = (split.validation, split.test, split.test_negatives)
    validation, test, test_negatives = (pair_logits(mu, *pairs.T) for pairs in parts)
    rng, pairs = np.random.default_rng(seed), graph.n_nodes * (graph.n_nodes - 1) / 2
    unknown = len(test) / (pairs - len(split.train))
    calibration = fit_calibration(validation, pair_logits(mu, *_non_edges(graph, split, rng).T))
    cuts = count_cuts(mu, graph, validation, rng)
    return Probabilities(
        calibration=calibration_facts(
            calibration, test, test_negatives, rng, unknown=unknown, served=graph.n_edges / pairs
        ),
        thresholds=thresholds_facts(cuts, test, len(validation) + len(test)),
    )


def _non_edges(graph: Graph, split: Split, rng: np.random.Generator) -> Int64:
    """The negatives of validation and many more, without those of the test: int64 (m, 2)."""
    drawn = NegativeSampler(graph.n_nodes, graph.edges).draw(_NON_EDGES, rng)
    pairs = np.concatenate([split.validation_negatives, drawn])
    keys, first = np.unique(edge_keys(pairs, graph.n_nodes), return_index=True)  # a small graph repeats them
    tested = np.isin(keys, edge_keys(split.test_negatives, graph.n_nodes))
    return np.asarray(pairs[np.sort(first[~tested])])
