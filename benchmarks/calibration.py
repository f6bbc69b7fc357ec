"""Whether probabilities can be acted on: calibrated ones on test pairs, and the links that a cut-off is expected to find.

For each graph, with the default VGAE, on edges that neither the encoder nor the calibration saw:
 A1  ECE of `calibrated` at one edge to one non-edge, ten bins of equal width, mean over seeds; beside it what it is before, and
     what a perfectly calibrated model would show on so many pairs
 A2  the links that `thresholds` expects above its cut-offs for recall 0.1, 0.25 and 0.5 beside those that are there: the factor
     between them, the worst of all seeds
Exits 1 if a target is missed. Without LATENTLINK_DATA only the embedded graph is measured.

    python -m benchmarks.calibration --quick                 Cora, CiteSeer and the co-star graph, 1 seed
    python -m benchmarks.calibration                         all four graphs, 5 seeds: about an hour
    python -m benchmarks.calibration --graphs cora --seeds 10
"""

import sys

import numpy as np
import torch

from benchmarks._graphs import EMBEDDED, data_folder, load
from benchmarks._results import Claim, conclude, parser_of
from latentlink.models.config import TrainingConfig
from latentlink.models.facts.probabilities import CutOffCheck
from latentlink.models.graph.graph import Graph
from latentlink.models.training.protocol import train

GRAPHS = ("cora", "citeseer", "movies", "amazon_photo")
QUICK = GRAPHS[:3]
ECE, FACTOR = 0.03, 1.5


def main() -> int:
    """Measure, print a line a claim, keep the result; the exit code."""
    parser = parser_of(__doc__, quick="three graphs, 1 seed")
    parser.add_argument("--graphs", default=",".join(GRAPHS), help="comma-separated")
    parser.add_argument("--seeds", type=int, default=5, help="seeds 0 … SEEDS-1")
    arguments = parser.parse_args()
    folder, seeds = data_folder(), range(1 if arguments.quick else arguments.seeds)
    names = QUICK if arguments.quick else arguments.graphs.split(",")
    torch.set_num_threads(1)
    claims = [
        claim
        for name in names
        if folder is not None or name in EMBEDDED
        for claim in _measure(name, load(name, folder), seeds)
    ]
    return conclude("calibration", claims, quick=arguments.quick, seeds=len(seeds))


def _measure(name: str, graph: Graph, seeds: range) -> list[Claim]:
    facts = [train(graph, TrainingConfig(seed=seed, refit=False)).probabilities for seed in seeds]
    balanced = [fact.calibration.balanced for fact in facts]
    after, before, floor = (
        np.array(column) for column in zip(*((b.after.ece, b.before.ece, b.noise_floor) for b in balanced), strict=True)
    )
    errors = {"before": before.mean(), "noise floor": floor.mean(), "worst seed": after.max()}
    factors = np.array([[_factor(check) for check in fact.thresholds.checks] for fact in facts])  # (seeds, 3)
    worst = dict(zip(("at recall 0.1", "0.25", "0.5"), factors.max(axis=0).tolist(), strict=True))
    figures = {key: float(value) for key, value in errors.items()}
    return [
        Claim("A1", f"{name}, ECE of calibrated", float(after.mean()), ECE, True, figures),
        Claim("A2", f"{name}, links expected and found", float(factors.max()), FACTOR, True, worst),
    ]


def _factor(check: CutOffCheck) -> float:
    """Between the expected and the found number of test links: shares of as many."""
    expected, found = check.recall, max(check.recall_on_test, np.finfo(float).tiny)
    return float(max(expected / found, found / expected))


if __name__ == "__main__":
    sys.exit(main())
