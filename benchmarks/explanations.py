"""Whether explanations add up, and in time: both sides' parts of random pairs, and the pairs of the slowest hubs.

For each graph, of a default VGAE that was trained for a few epochs, as the work is the same; in one process, one thread:
 E1  the largest distance, over 1,000 random pairs and both sides, between the logit and the sum of the parts
 E2  milliseconds of the slowest of ten pairs of the 20 nodes with the most links, the best of three freshly opened models each
Exits 1 if a target is missed. Without LATENTLINK_DATA only the embedded graph is measured.

    python -m benchmarks.explanations --quick          all four graphs, 100 pairs
    python -m benchmarks.explanations
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks._graphs import EMBEDDED, data_folder, load
from benchmarks._results import Claim, conclude, parser_of
from latentlink.app.services.explaining.sides import Side
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.scoring import pair_logits
from latentlink.models.publishing.export import export
from latentlink.models.training.protocol import train

GRAPHS = ("cora", "citeseer", "movies", "amazon_photo")
APART, MILLISECONDS = 1e-4, 50.0
_EPOCHS, _HUBS, _LISTED = 5, 20, 10


def main() -> int:
    """Measure, print a line a claim, keep the result; the exit code."""
    parser = parser_of(__doc__, quick="100 pairs a graph")
    quick, folder = parser.parse_args().quick, data_folder()
    pairs = 100 if quick else 1000
    torch.set_num_threads(1)
    names = [name for name in GRAPHS if folder is not None or name in EMBEDDED]
    claims = [claim for name in names for claim in _measure(name, load(name, folder), pairs)]
    return conclude("explanations", claims, quick=quick, pairs=pairs)


def _measure(name: str, graph: Graph, pairs: int) -> list[Claim]:
    config = TrainingConfig(epochs=_EPOCHS, node_embeddings="on")
    with tempfile.TemporaryDirectory() as store:
        path = export(Path(store), "bench", graph, config, train(graph, config))
        return [_sums(name, Scorer(open_checkpoint(path)), pairs), _hubs(name, path)]


def _sums(name: str, model: Scorer, size: int) -> Claim:
    pairs = np.random.default_rng(0).integers(0, len(model.nodes), (size, 2))
    logits = pair_logits(model.checkpoint.mu, *pairs.T)
    apart = [
        abs(_total(side) - logit)
        for (source, target), logit in zip(pairs.tolist(), logits.tolist(), strict=True)
        for side in model.explainer.sides(source, target, _LISTED)
    ]
    figures = {"pairs": float(size), "largest logit": float(np.abs(logits).max())}
    return Claim("E1", f"{name}, sum of parts beside the logit", max(apart), APART, True, figures)


def _total(side: Side) -> float:
    parts = [side.rest or 0.0, *(part.contribution for part in side.others)]
    return sum(parts) + (0.0 if side.own is None else side.own.contribution)


def _hubs(name: str, path: Path) -> Claim:
    """Every question goes to a model that was just opened, so that nothing is cached; opening is not counted."""
    degrees = np.diff(open_checkpoint(path, verify=False).graph.indptr)
    hubs = np.argsort(-degrees, kind="stable")[:_HUBS].tolist()
    times = [min(_milliseconds(path, *pair) for _ in range(3)) for pair in zip(hubs[::2], hubs[1::2], strict=True)]
    figures = {"median": float(np.median(times)), "links": float(degrees.max())}
    return Claim("E2", f"{name}, ms of the slowest hubs", max(times), MILLISECONDS, True, figures)


def _milliseconds(path: Path, source: int, target: int) -> float:
    explainer = Scorer(open_checkpoint(path, verify=False)).explainer
    started = time.perf_counter()
    list(explainer.sides(source, target, _LISTED))
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    sys.exit(main())
