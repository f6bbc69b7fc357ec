"""Quality of torch modules as encoders: the same module trained by Latentlink and in a loop written by hand.

Modules are two layers of SAGEConv and of GATConv; the loop is that of torch-geometric's autoencoder example, its GAE around the
module, with the same features, splits, widths, optimizer and rule of selection: the epoch that is best on validation. Ours has
the inner product alone and no mask, as the loop; the default, with a mask and all parts, is printed beside. Means over seeds of
test AUC and AP; exits 1 if ours is more than half a point below. Needs LATENTLINK_DATA.

    python -m benchmarks.modules --quick     1 seed
    python -m benchmarks.modules
"""

import random
import sys

import numpy as np
import torch
from torch_geometric.nn import GAE

from benchmarks._graphs import data_folder, load
from benchmarks._results import keep, parser_of
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.evaluation.splits import Split, split_edges
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.scoring import pair_logits
from latentlink.models.nn.modules import pyg_module
from latentlink.models.training.protocol import train

NAMES = ("SAGEConv", "GATConv")
WITHIN = 0.5  # percent
Scores = tuple[float, float]


def main() -> int:
    """Measure, print, keep; the exit code."""
    parser = parser_of(__doc__, quick="1 seed")
    parser.add_argument("--seeds", type=int, default=5, help="seeds 0 … SEEDS-1")
    arguments = parser.parse_args()
    folder = data_folder()
    if folder is None:
        print("LATENTLINK_DATA names no folder: nothing to measure")
        return 0
    torch.set_num_threads(1)
    graph, seeds = load("cora", folder), range(1 if arguments.quick else arguments.seeds)
    print(f"Cora, seeds 0–{seeds[-1]}; test AUC/AP, percent, means")
    rows = [_row(graph, name, seeds) for name in NAMES]
    keep("modules", quick=arguments.quick, rows=rows)
    missed = [row["claim"] for row in rows if not row["reached"]]
    print("\n".join(f"missed: {claim}" for claim in missed) or "all targets reached")
    return 1 if missed else 0


def _row(graph: Graph, name: str, seeds: range) -> dict[str, object]:
    plain = {"parts": "dense", "edge_masking": 0.0, "evaluate_every": 1}
    theirs = [_by_hand(graph, name, seed) for seed in seeds]
    ours = [_trained(graph, name, seed, **plain) for seed in seeds]
    default = [_trained(graph, name, seed) for seed in seeds]
    differences = np.subtract(ours, theirs).mean(axis=0)
    texts = ["{:.2f}/{:.2f}".format(*np.mean(scores, axis=0)) for scores in (theirs, ours, default)]
    print(f"{name:10} loop {texts[0]}   ours {texts[1]}   default {texts[2]}", flush=True)
    return {
        "claim": f"{name}: {differences[0]:+.2f} AUC, {differences[1]:+.2f} AP of the loop",
        "loop": theirs,
        "ours": ours,
        "default": default,
        "reached": bool((differences >= -WITHIN).all()),
    }


def _trained(graph: Graph, name: str, seed: int, **changed: object) -> Scores:
    config = TrainingConfig.model_validate({"encoder": f"pyg:{name}", "seed": seed, "refit": False, **changed})
    test = train(graph, config).metrics.test
    return 100 * (test.auc or 0.0), 100 * (test.ap or 0.0)


def _by_hand(graph: Graph, name: str, seed: int) -> Scores:
    """The loop."""
    config = TrainingConfig(encoder=f"pyg:{name}")
    split = split_edges(graph, config.validation, config.test, np.random.default_rng(seed))
    torch.manual_seed(seed)
    random.seed(seed)  # of its negatives
    assert isinstance(graph.features, CSR)
    x, edges = torch.from_numpy(graph.features.to_dense()), graph.edges[split.train]
    edge_index = torch.from_numpy(np.concatenate([edges, edges[:, ::-1]]).T.copy())
    model = GAE(pyg_module(name, x.shape[1], config.hidden, config.dim))
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    best, test = -1.0, (0.0, 0.0)
    for _ in range(config.epochs):
        model.train()
        optimizer.zero_grad()
        loss = model.recon_loss(model.encode(x, edge_index), edge_index)
        loss.backward()
        optimizer.step()
        model.eval()
        with torch.no_grad():
            z = model.encode(x, edge_index).numpy()
        if (quality := sum(_scores(z, split, "validation"))) > best:
            best, test = quality, _scores(z, split, "test")
    return test


def _scores(z: np.ndarray, split: Split, part: str) -> Scores:
    pairs = getattr(split, part), getattr(split, f"{part}_negatives")
    found = auc_ap(*(pair_logits(z, *some.T) for some in pairs))
    return 100 * found["auc"], 100 * found["ap"]


if __name__ == "__main__":
    sys.exit(main())
