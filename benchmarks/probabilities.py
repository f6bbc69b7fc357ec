"""Whether probabilities can be acted on: the links that the calibration expects beside those that are there.

For each graph, with the default VGAE, on test links that neither the encoder nor the calibration saw:
 A1  the factor between expected and found test links among the best 500 pairs that are no training or validation links,
     summed over seeds; beside it the same of the best 100. Where fewer than 50 are found, chance alone exceeds the
     factor: found has to lie in the 95 % interval of a Poisson number with the expected mean
 A2  mean calibrated probability of all pairs that are no training links, counted one by one, by the prior: the worst of all seeds
 A3  calibrated probabilities above each of the cut-offs, counted one by one, by the precision of `thresholds`: the worst of all
 A4  ECE of `calibrated` at one edge to one non-edge, ten bins of equal width, above what a perfect calibration would show on so
     many pairs, mean over seeds
After a split by time, whose test links are of other years than those of validation, A1 and A4 are not claimed; A2 shows
the links. And of a planted partition, whose pairs are linked with at most 0.25:
 A5  the largest calibrated probability
Exits 1 if a target is missed. Without LATENTLINK_DATA only the embedded graphs are measured.

    python -m benchmarks.probabilities --quick                 the small graphs, 1 seed
    python -m benchmarks.probabilities                         ten graphs, 5 seeds: hours
    python -m benchmarks.probabilities --graphs cora --seeds 10
"""

import sys
from collections.abc import Sequence
from typing import NamedTuple

import networkx as nx
import numpy as np
import torch
from scipy.stats import poisson

from benchmarks._graphs import EMBEDDED, NAMES, PLAIN, data_folder, load
from benchmarks._results import Claim, conclude, parser_of
from latentlink.models.arrays import Float64
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.scorers import DecoderScorer
from latentlink.models.facts.probabilities import CutOffs, TopPairs
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.calibration import curve_of, probabilities
from latentlink.models.training.protocol import train
from latentlink.models.training.trained import Trained

QUICK = ("movies", *PLAIN)
FACTOR, MEAN, AGREE, ECE, LARGEST = 1.5, 0.1, 0.01, 0.02, 0.35
_ENOUGH = 50  # found links from which on chance alone does not exceed the factor
_ROWS = 256


def main() -> int:
    """Measure, print a line a claim, keep the result; the exit code."""
    parser = parser_of(__doc__, quick="the small graphs, 1 seed")
    parser.add_argument("--graphs", default=",".join(NAMES), help="comma-separated")
    parser.add_argument("--seeds", type=int, default=5, help="seeds 0 … SEEDS-1")
    arguments = parser.parse_args()
    folder, seeds = data_folder(), range(1 if arguments.quick else arguments.seeds)
    names = QUICK if arguments.quick else arguments.graphs.split(",")
    torch.set_num_threads(1)
    claims = [
        claim
        for name in names
        if folder is not None or name in EMBEDDED
        for claim in _claims_of(name, load(name, folder), seeds)
    ]
    return conclude("probabilities", [*claims, _planted()], quick=arguments.quick, seeds=len(seeds))


class Measured(NamedTuple):
    """Of one training: best pairs, mean by prior, the worst ratio at a cut-off, ECE above the noise, the largest probability."""

    top: list[TopPairs]
    mean: float
    agreement: float
    ece: float
    largest: float


def _claims_of(name: str, graph: Graph, seeds: range) -> list[Claim]:
    claims = _claims(name, [_measure(graph, seed) for seed in seeds])
    return claims if graph.times is None else [claim for claim in claims if claim.number in ("A2", "A3")]


def _measure(graph: Graph, seed: int) -> Measured:
    time = None if graph.times is None else "year"
    trained = train(graph, TrainingConfig(seed=seed, refit=False, time_column=time))
    facts, cuts = trained.probabilities.calibration, trained.probabilities.thresholds
    logits = _unlinked(graph, trained)
    calibrated = probabilities(curve_of(facts), logits, facts.prior)
    return Measured(
        facts.top,
        float(calibrated.mean()) / facts.prior,
        _agreement(cuts, logits, calibrated),
        facts.balanced.after.ece - facts.balanced.noise_floor,
        float(calibrated.max()),
    )


def _unlinked(graph: Graph, trained: Trained) -> Float64:
    """The logits of all pairs that are no training links, falling."""
    n, scorer = graph.n_nodes, DecoderScorer(trained.embeddings.decoder)
    known = np.zeros((n, n), np.bool_)
    known[tuple(graph.edges[trained.split.train].T)] = True
    known |= known.T
    blocks = (np.arange(start, min(start + _ROWS, n)) for start in range(0, n, _ROWS))
    parts = [scorer.score_rows(rows)[~known[rows] & (np.arange(n) > rows[:, None])] for rows in blocks]
    return -np.sort(-np.concatenate(parts).astype(np.float64))


def _agreement(cuts: CutOffs, logits: Float64, calibrated: Float64) -> float:
    """The mean calibrated probability above the cut-off where it differs most from the precision, by that."""
    above = np.maximum(np.searchsorted(-logits, -np.array(cuts.logit), side="right"), 1)
    links = np.array(cuts.recall) * cuts.missing_links
    ratios = np.cumsum(calibrated)[above - 1] / above / (links / (links + np.array(cuts.false_links)))
    return float(np.exp(np.abs(np.log(ratios)).max()))


def _claims(name: str, measured: Sequence[Measured]) -> list[Claim]:
    figures: dict[str, float] = {}
    for at, pairs in enumerate((100, 500)):
        figures[f"expected of {pairs}"] = sum(one.top[at].expected for one in measured)
        figures[f"found of {pairs}"] = sum(one.top[at].found for one in measured)
    means = np.array([one.mean for one in measured])
    return [
        _factor(name, figures["expected of 500"], int(figures["found of 500"]), figures),
        Claim("A2", f"{name}, |mean calibrated / prior - 1|", float(np.abs(means - 1).max()), MEAN, True, figures),
        Claim(
            "A3", f"{name}, |calibrated / precision - 1|", max(one.agreement for one in measured) - 1, AGREE, True, {}
        ),
        Claim(
            "A4", f"{name}, ECE of calibrated above noise", float(np.mean([one.ece for one in measured])), ECE, True, {}
        ),
    ]


def _factor(name: str, expected: float, found: int, figures: dict[str, float]) -> Claim:
    low, high = poisson.interval(0.95, expected)
    factor = float(max(expected, found) / max(min(expected, found), 1))
    target = FACTOR if found >= _ENOUGH else float(max(high / expected, expected / max(low, 1)))
    return Claim("A1", f"{name}, expected and found links of the best 500", factor, target, True, figures)


def _planted() -> Claim:
    drawn = nx.planted_partition_graph(40, 50, 0.25, 0.001, seed=0)
    graph = Graph.from_pairs([str(node) for node in drawn], np.array(drawn.edges, np.int64))
    measured = _measure(graph, 0)
    figures = {f"{what} of {top.pairs}": getattr(top, what) for top in measured.top for what in ("expected", "found")}
    return Claim("A5", "planted partition, largest calibrated", measured.largest, LARGEST, True, figures)


if __name__ == "__main__":
    sys.exit(main())
