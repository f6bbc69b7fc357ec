"""Test AUC and AP of the paper's configuration on Cora, beside what the paper reports.

Run with LATENTLINK_DATA naming a folder that holds `planetoid/Cora/raw/ind.cora.*`. Exits 1 if a mean misses its target.
"""

import argparse
import json
import os
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from models.config import TrainingConfig
from models.sources import load_graph
from models.training import train

TARGET_AUC = 0.89
# Kipf & Welling 2016, table 1: AUC and AP in percent, mean of 10 runs.
PUBLISHED = {"gae": (91.0, 92.0), "vgae": (91.4, 92.6)}
RESULTS = Path(__file__).parent / "results" / "quality.json"


def main() -> int:
    """Measure, print one table, keep the result; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 … SEEDS-1")
    parser.add_argument("--quick", action="store_true", help="the same: it takes less than a minute")
    seeds = range(parser.parse_args().seeds)
    if (data := os.environ.get("LATENTLINK_DATA")) is None:
        print("nothing measured: set LATENTLINK_DATA to a folder that holds planetoid/Cora/raw")
        return 0
    torch.set_num_threads(1)
    graph = load_graph(dataset="planetoid:Cora", root=Path(data) / "planetoid")
    print(f"Cora, 85/5/10, 200 epochs, GCN 32 → 16, 1 thread, seeds 0–{seeds[-1]}; AUC and AP in percent")
    print(f"{'model':6} {'AUC':>14} {'AP':>14} {'paper AUC':>10} {'paper AP':>9} {'s a run':>8}")
    rows = {model: _measure(graph, model, seeds) for model in PUBLISHED}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"date": datetime.now(UTC).date().isoformat(), "cora": rows}, indent=2) + "\n")
    missed = [model for model, row in rows.items() if statistics.mean(row["auc"]) < TARGET_AUC]
    print(f"target AUC {TARGET_AUC:.0%}: {'missed by ' + ', '.join(missed) if missed else 'reached'}")
    return 1 if missed else 0


def _measure(graph: Any, model: str, seeds: range) -> dict[str, list[float]]:
    row: dict[str, list[float]] = {"auc": [], "ap": [], "seconds": []}
    for seed in seeds:
        started = time.perf_counter()
        config = TrainingConfig.model_validate({"model": model, "encoder": "gcn", "seed": seed})
        test = train(graph, config).metrics["test"]
        row["seconds"].append(round(time.perf_counter() - started, 2))
        row["auc"].append(test["auc"])
        row["ap"].append(test["ap"])
    auc, ap = (f"{100 * statistics.mean(row[m]):.1f} ± {100 * statistics.pstdev(row[m]):.1f}" for m in ("auc", "ap"))
    paper = PUBLISHED[model]
    print(f"{model:6} {auc:>14} {ap:>14} {paper[0]:>10} {paper[1]:>9} {statistics.median(row['seconds']):>8.1f}")
    return row


if __name__ == "__main__":
    sys.exit(main())
