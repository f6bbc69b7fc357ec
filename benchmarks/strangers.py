"""Nodes that were not there at training: their AUC beside that of known nodes, feature cosine and the mean of neighbours.

A tenth of the nodes is hidden entirely. Each is then embedded as a stranger, leaving one out: for each of its links (v, u) to a
visible u, v is embedded with its other visible neighbours, and u is scored beside a visible non-neighbour drawn at random. A link
that is given is never scored; a stranger that has no other is embedded from its features alone and counted by itself.
"transductive" is the test AUC of the same training, among visible nodes. Exits 1 if a target is missed. Needs LATENTLINK_DATA.

    python -m benchmarks.strangers --quick      1 seed, 100 epochs, d = 128
    python -m benchmarks.strangers --seeds 3
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch

from benchmarks._graphs import data_folder, load
from models.config import TrainingConfig
from models.csr import CSR, Float32, Int64
from models.graph import Graph, adjacency
from models.metrics import auc_ap
from models.training import Trained, train
from models.twins import PropagationTwin, Strangers, embed_strangers
from models.walks import Walks

GRAPHS = ("cora", "citeseer")
HIDDEN, WITHIN = 0.1, 0.02


class Asked(NamedTuple):
    """A hidden node `v`, whose link to `u` is asked for beside one to `other`; `given` are its other visible neighbours."""

    v: int
    u: int
    other: int
    given: Int64


def main() -> int:
    """Measure and print one table; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 … SEEDS-1")
    parser.add_argument("--quick", action="store_true", help="1 seed, 100 epochs, d = 128")
    arguments = parser.parse_args()
    folder = data_folder()
    if folder is None:
        print("LATENTLINK_DATA names no folder: nothing to measure")
        return 0
    torch.set_num_threads(1)
    missed: list[str] = []
    for name in GRAPHS:
        for features in (True, False):
            for seed in range(1 if arguments.quick else arguments.seeds):
                quick = {"epochs": 100, "dim": 128, "patience": 60} if arguments.quick else {}
                config = TrainingConfig.model_validate(
                    {"seed": seed, "refit": False, "node_rows": "off" if features else "on", **quick}
                )
                missed += _measure(name, load(name, folder), config, features=features)
    print("\n".join(f"missed: {line}" for line in missed) or "all targets reached")
    return 1 if missed else 0


def _measure(name: str, graph: Graph, config: TrainingConfig, *, features: bool) -> Iterator[str]:
    """Print a line for each kind of stranger; the targets that are missed."""
    rng = np.random.default_rng(config.seed)
    visible = np.sort(rng.permutation(graph.n_nodes)[int(HIDDEN * graph.n_nodes) :])
    assert isinstance(graph.features, CSR)
    x = graph.features.to_dense()
    trained = train(_part(graph, visible, features), config)
    scores = _scores(graph, visible, trained, config, x, rng)
    transductive = trained.metrics["test"]["auc"]
    what = f"{name}, seed {config.seed}, {'features' if features else 'no features'}"
    for kind, columns in scores.items():
        aucs = {by: auc_ap(*np.array(pairs, float).T)["auc"] for by, pairs in columns.items()}
        told = "  ".join(f"{by} {auc:.4f}" for by, auc in aucs.items())
        print(f"{what}, {kind} ({len(columns['stranger']):,}): {told}  transductive {transductive:.4f}", flush=True)
        if kind == "with links":
            best = max((auc for by, auc in aucs.items() if by != "stranger"), default=0.0)
            if aucs["stranger"] < max(transductive - WITHIN, best):
                yield f"{what}: strangers at {aucs['stranger']:.4f}"


def _part(graph: Graph, visible: Int64, features: bool) -> Graph:
    """The graph of the visible nodes alone."""
    place = np.full(graph.n_nodes, -1)
    place[visible] = np.arange(len(visible))
    edges = place[graph.edges]
    x = graph.features.take(visible) if features and isinstance(graph.features, CSR) else None
    return Graph([graph.ids[row] for row in visible.tolist()], edges[(edges >= 0).all(axis=1)], None, x)


def _asked(graph: Graph, visible: Int64, rng: np.random.Generator) -> Iterator[Asked]:
    """Every link from a hidden node to a visible one, beside a draw."""
    linked = adjacency(graph.n_nodes, graph.edges)
    for v in np.setdiff1d(np.arange(graph.n_nodes), visible).tolist():
        neighbors = np.intersect1d(linked.row(v), visible)
        others = np.setdiff1d(visible, neighbors)
        for u in neighbors.tolist():
            yield Asked(v, u, int(rng.choice(others)), neighbors[neighbors != u])


def _scores(
    graph: Graph, visible: Int64, trained: Trained, config: TrainingConfig, x: Float32, rng: np.random.Generator
) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Scores of link and non-link, by what the stranger had and by who scored."""
    mu, twin = trained.embeddings.mu, _twin(trained, len(visible), config)
    unit = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    scores: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for v, u, other, given in _asked(graph, visible, rng):
        ends, neighbors = np.searchsorted(visible, [u, other]), np.searchsorted(visible, given)
        if not len(given) and trained.features is None:
            continue
        stranger = Strangers.one(len(visible), None if trained.features is None else x[v], neighbors)
        z = embed_strangers(twin, stranger)[0].z
        by = scores["with links" if len(given) else "features alone"]
        by["stranger"].append(_both(mu[ends] @ z))
        if trained.features is not None:
            by["cosine"].append(_both(unit[[u, other]] @ unit[v]))
        if len(given):
            by["mean of neighbours"].append(_both(mu[ends] @ mu[neighbors].mean(axis=0)))
    return scores


def _both(scores: np.ndarray) -> tuple[float, float]:
    return float(scores[0]), float(scores[1])


def _twin(trained: Trained, n_nodes: int, config: TrainingConfig) -> PropagationTwin:
    """The encoder in numpy, over the links that it saw."""
    seen = adjacency(n_nodes, trained.embeddings.edges)
    walks = Walks(seen.indptr, seen.indices, None)
    return PropagationTwin(
        trained.embeddings.weights, trained.features, walks, kind=config.encoder, dim=config.dim, hops=config.hops
    )


if __name__ == "__main__":
    sys.exit(main())
