"""AE and VAE on Cora's words, d = 16: reconstruction beside a PCA, completion beside column means, samples beside the data.

The named peers are scikit-learn's PCA of as many dimensions, clipped to the (ε, 1 − ε) that suits it best on the very test rows,
and column means. Exits 1 if a target is missed; what is missed is listed. Needs LATENTLINK_DATA.

    python -m benchmarks.features --quick         1 seed
    python -m benchmarks.features --seeds 3
"""

import sys
import time
from dataclasses import replace

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import average_precision_score

from benchmarks._graphs import data_folder, load
from benchmarks._results import parser_of
from latentlink.models.arrays import Float32
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.splits import split_rows
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.decoder import expected, samples
from latentlink.models.training.protocol import train
from latentlink.models.training.trained import Trained

DIM, HIDDEN_CELLS = 16, 0.2
CLIPS = 10.0 ** -np.arange(1, 6.1, 0.1)
MEAN_WITHIN, ONES_WITHIN = 0.003, 0.10


def main() -> int:
    """Measure and print one table; the exit code."""
    parser = parser_of(__doc__, quick="1 seed")
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 … SEEDS-1")
    arguments = parser.parse_args()
    folder = data_folder()
    if folder is None:
        print("LATENTLINK_DATA names no folder: nothing to measure")
        return 0
    torch.set_num_threads(1)
    graph = load("cora", folder)
    assert isinstance(graph.features, CSR)
    x = graph.features.to_dense()
    print(f"Cora, {x.shape[0]:,} × {x.shape[1]:,} words, d = {DIM}, 85/5/10, 1 thread")
    print(
        f"{'seed':5}{'model':6}{'BCE test':>9}{'PCA':>8}{'ratio':>7}{'AP filled':>11}{'means':>8}{'ratio':>7}"
        f"{'column off':>12}{'ones':>7}{'s':>5}"
    )
    missed = []
    for seed in range(1 if arguments.quick else arguments.seeds):
        pca, hidden = _pca_bce(x, seed), np.random.default_rng(seed).random(x.shape) < HIDDEN_CELLS
        for model in ("ae", "vae"):
            missed += _measure(
                graph, x, hidden, pca, TrainingConfig.model_validate({"model": model, "dim": DIM, "seed": seed})
            )
    print("\n".join(f"missed: {line}" for line in missed) or "all targets reached")
    return 1 if missed else 0


def _measure(graph: Graph, x: Float32, hidden: np.ndarray, pca: float, config: TrainingConfig) -> list[str]:
    started = time.perf_counter()
    trained = train(graph, config)
    bce = trained.metrics.reconstruction["model"].bce or 0.0
    filled, means = _completion(graph, x, hidden, config)
    off, ones = _samples(trained, x) if config.variational else (0.0, 1.0)
    samples = f"{off:>12.4f}{ones:>7.3f}" if config.variational else f"{'–':>12}{'–':>7}"
    print(
        f"{config.seed:<5}{config.model:6}{bce:>9.2f}{pca:>8.2f}{bce / pca:>7.3f}{filled:>11.4f}{means:>8.4f}"
        f"{filled / means:>7.2f}{samples}{time.perf_counter() - started:>5.0f}",
        flush=True,
    )
    targets = {
        f"BCE {bce:.2f}, the PCA has {pca:.2f}": bce < pca,
        f"AP of filled cells {filled:.4f}, column means have {means:.4f}": filled > means,
        f"columns of samples off by {off:.4f}": off <= MEAN_WITHIN,
        f"ones in samples {ones:.3f} of the data's": abs(ones - 1) <= ONES_WITHIN,
    }
    return [f"{config.model}, seed {config.seed}: {target}" for target, reached in targets.items() if not reached]


def _pca_bce(x: Float32, seed: int) -> float:
    """Cross-entropy of the test rows under a PCA of the training rows, with its best ε."""
    config = TrainingConfig(seed=seed)
    rows = split_rows(len(x), config.validation, config.test, np.random.default_rng(seed))
    pca = PCA(DIM, random_state=0).fit(x[rows.train])
    test = x[rows.test].astype(np.float64)
    p = pca.inverse_transform(pca.transform(test))
    return min(_bce(test, np.clip(p, clip, 1 - clip)) for clip in CLIPS)


def _bce(x: np.ndarray, p: np.ndarray) -> float:
    return float(-(x * np.log(p) + (1 - x) * np.log1p(-p)).sum(axis=1).mean())


def _completion(graph: Graph, x: Float32, hidden: np.ndarray, config: TrainingConfig) -> tuple[float, float]:
    """Average precision of the hidden cells: by the model that never saw them, and by the means of what is left."""
    seen = np.where(hidden, np.float32(np.nan), x)
    embeddings = train(replace(graph, features=seen), config).embeddings
    filled = expected(embeddings.weights, embeddings.mu)
    means = np.broadcast_to(np.nanmean(seen, axis=0), x.shape)
    return tuple(float(average_precision_score(x[hidden], guess[hidden])) for guess in (filled, means))  # type: ignore[return-value]


def _samples(trained: Trained, x: Float32) -> tuple[float, float]:
    """How far the columns of as many drawn rows as there are nodes are off on average, and their ones by those of the data."""
    drawn = np.concatenate(list(samples(trained.embeddings.weights, len(x), np.random.default_rng(0))))
    return float(np.abs(drawn.mean(axis=0) - x.mean(axis=0)).mean()), float(drawn.sum() / x.sum())


if __name__ == "__main__":
    sys.exit(main())
