"""Inductive prediction: how good the answers for new nodes are, and how long they take.

Quality: a tenth of the nodes of Cora and CiteSeer is hidden as `latentlink train --evaluate-unseen 0.1` does it; the AUC of
new nodes with features and links is to be within 2 points of the transductive AUC of the same training, and above feature cosine
and the mean of the given neighbours' vectors. Without features there is a number and no target. Needs LATENTLINK_DATA, else it is
left out.

Speed: in process, on a graph of 20,000 nodes made here; a new node with 20 neighbours is to take 1 ms in the median. Beside it,
other neighbourhoods, each also per thousand links, and a new node linked to the largest hub.

Writes results/new_nodes.json; exits 1 if a target is missed.

    python -m benchmarks.new_nodes --quick      1 seed, 100 epochs, d = 128
    python -m benchmarks.new_nodes --seeds 3
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks._graphs import data_folder, load
from benchmarks._results import Claim, conclude, parser_of
from latentlink.app.services.new_nodes import NodeInput, embed
from latentlink.app.services.scorer import Scorer
from latentlink.models.arrays import Int64
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.new_nodes import Fitted, evaluate_unseen
from latentlink.models.facts.metrics import NewNodeMetrics, NewNodes
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.publishing.export import export
from latentlink.models.training.protocol import train

GRAPHS = ("cora", "citeseer")
HIDDEN, WITHIN = 0.1, 0.02
NODES, LINKS, FEATURES, WORDS = 20_000, 60_000, 1_500, 8  # of the graph for times; words are features that a node has
NEIGHBORS, ASKED = 20, 300


def main() -> int:
    """Measure both and print a line a claim; the exit code."""
    parser = parser_of(__doc__, quick="1 seed, 100 epochs, d = 128")
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 … SEEDS-1")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    claims = list(_speed())
    if (folder := data_folder()) is None:
        print("LATENTLINK_DATA names no folder: quality is left out")
    else:
        quick = {"epochs": 100, "dim": 128, "patience": 60, "node_rows": "off"} if arguments.quick else {}
        for name in GRAPHS:
            for seed in range(1 if arguments.quick else arguments.seeds):
                claims += _quality(name, load(name, folder), {"seed": seed, **quick})
    return conclude("new_nodes", claims, quick=arguments.quick)


def _quality(name: str, graph: Graph, options: dict[str, Any]) -> Iterator[Claim]:
    """With features two claims; of features alone, and without any, a line each."""
    seed = options["seed"]
    facts = _hidden(graph, options)
    auc, transductive = _aucs(facts.with_links), facts.transductive.auc or 0.0
    figures = {"transductive": transductive, **auc}
    yield Claim(
        "", f"{name}, seed {seed}: transductive AUC − new nodes'", transductive - auc["model"], WITHIN, True, figures
    )
    best = max(value for by, value in auc.items() if by != "model")
    yield Claim("", f"{name}, seed {seed}: new nodes' AUC / best baseline's", auc["model"] / best, 1, False, figures)
    for what, part in (
        ("features alone", facts.features_alone),
        ("without features", _without_features(graph, options)),
    ):
        if part is not None:
            shown = ", ".join(f"{by} {auc:.4f}" for by, auc in _aucs(part).items())
            print(f"    {name}, seed {seed}, {what}: AUC {shown} on {part.links:,} links", flush=True)


def _aucs(part: NewNodeMetrics | None) -> dict[str, float]:
    """AUC of the model and of the baselines, by name."""
    return {} if part is None else {name: scores.auc or 0.0 for name, scores in part.rows().items()}


def _without_features(graph: Graph, options: dict[str, Any]) -> NewNodeMetrics | None:
    bare = Graph(graph.ids, graph.edges, graph.weights)
    return _hidden(bare, {**options, "node_rows": "on"}).with_links


def _hidden(graph: Graph, options: dict[str, Any]) -> NewNodes:
    config = TrainingConfig.model_validate({**options, "refit": False})

    def fit(visible: Graph) -> Fitted:
        trained = train(visible, config)
        return Fitted(trained.embeddings, trained.features, trained.metrics.test)

    return evaluate_unseen(graph, config, HIDDEN, fit)


def _speed() -> Iterator[Claim]:
    with tempfile.TemporaryDirectory() as folder:
        graph, config = _graph(), TrainingConfig.model_validate({"epochs": 1, "evaluate_every": 1, "node_rows": "off"})
        version = export(Path(folder), "speed", graph, config, train(graph, config))
        model = Scorer(open_checkpoint(version))
        first, later, _ = _times(model, NEIGHBORS)
        figures = {"ms": later, "ms, lengths of rows not known yet": first}
        yield Claim("", f"median ms of a new node with {NEIGHBORS} neighbours", later, 1, True, figures)
        for neighbors in (5, 20, 80, 320, 1_280):
            _, ms, links = _times(model, neighbors)
            print(
                f"    {neighbors:,} neighbours, {links:,.0f} links around: {ms:.2f} ms, {1000 * ms / links:.3f} a thousand"
            )
        degrees = np.diff(model.checkpoint.graph.indptr)
        hub = np.array([int(degrees.argmax())])
        ms, links = _one(model, hub), _links_around(model, hub)
        print(f"    linked to the hub of {degrees.max():,} links, {links:,} around: {ms:.2f} ms, exact", flush=True)


def _graph() -> Graph:
    """Links by preference for low rows, so that there are hubs; a few words a node."""
    random = np.random.default_rng(0)
    ends = (NODES * random.random((LINKS, 2)) ** (1, 3)).astype(np.int64)
    hub = np.stack([np.zeros(2_000, np.int64), random.permutation(NODES)[:2_000]], axis=1)
    rows, words = np.repeat(np.arange(NODES), WORDS), random.integers(0, FEATURES, NODES * WORDS)
    x = CSR.from_coo(rows, words, np.ones(NODES * WORDS, np.float32), (NODES, FEATURES))
    return Graph.from_pairs([str(row) for row in range(NODES)], np.concatenate([ends, hub]), features=x)


def _times(model: Scorer, neighbors: int) -> tuple[float, float, float]:
    """Median ms of new nodes with random neighbours, the first time and again, and the median number of links around them."""
    random = np.random.default_rng(neighbors)
    drawn = [
        np.sort(random.choice(NODES, neighbors, replace=False)) for _ in range(max(20, ASKED * 20 // (20 + neighbors)))
    ]
    first, later = ([_one(model, rows) for rows in drawn] for _ in range(2))
    return (
        float(np.median(first)),
        float(np.median(later)),
        float(np.median([_links_around(model, rows) for rows in drawn])),
    )


def _one(model: Scorer, rows: Int64) -> float:
    """ms of one new node with some words as features."""
    words = np.zeros(FEATURES, np.float32)
    words[rows[:WORDS] % FEATURES] = 1
    new_node = NodeInput(words.tolist(), rows, np.ones(len(rows)))
    started = time.perf_counter()
    [one] = embed(model, [new_node], np.empty((0, 2), np.int64), np.empty(0))
    assert not one.approximate
    return 1000 * (time.perf_counter() - started)


def _links_around(model: Scorer, rows: Int64) -> int:
    """Links that propagation follows: those of its neighbours."""
    indptr = model.checkpoint.graph.indptr
    return int((indptr[rows + 1] - indptr[rows]).sum()) + len(rows)


if __name__ == "__main__":
    sys.exit(main())
