"""Time of an epoch (P1) and of a whole training (P2) beside torch-geometric's loop, at no lower quality; and on a busy machine.

The named peer is the training loop of torch-geometric's autoencoder example: GCNConv in GAE and VGAE, the same widths 32 and
16, the same features, the same split, one thread each. Epochs are timed in turns, a dozen at a time. Test AUC is that of the
epoch that is best on validation, for both, over the same splits, with the standard error of the mean difference. Our recipe has
a weight decay, the example none: like for like, ours without it and the example with it stand beside. A whole training runs from
the start of its process: the peer's imports and its 200 epochs; ours reads CSV and npz, trains, evaluates, refits (another 200
epochs at most) and publishes. Exits 1 if a target is missed. Needs LATENTLINK_DATA.

    python -m benchmarks.training --quick     Cora, 1 seed
    python -m benchmarks.training
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks._graphs import data_folder, load
from benchmarks._pyg import DECAY, EPOCHS, Loop
from benchmarks._results import keep, mean_and_error, parser_of
from latentlink.models.arrays import Float32
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.evaluation.splits import Split, split_edges
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.host import available_cpus, training_threads
from latentlink.models.inference.scoring import pair_logits
from latentlink.models.nn.autoencoders import Posterior
from latentlink.models.nn.losses import circulant_loss
from latentlink.models.nn.pairs import pair_matrix
from latentlink.models.nn.sparse import CPU
from latentlink.models.training.planning.cost import step_work
from latentlink.models.training.planning.devices import deterministic
from latentlink.models.training.protocol import train
from latentlink.models.training.trainers.trainer import Trainer

ROUNDS, BATCH = 15, 12
FASTER, WHOLE, BUSY = 10.0, 0.5, 1.5
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def main() -> int:
    """Measure, print, keep; the exit code."""
    parser = parser_of(__doc__, quick="Cora, 1 seed")
    parser.add_argument("--seeds", type=int, default=20, help="seeds 0 … SEEDS-1 of the quality")
    arguments = parser.parse_args()
    folder = data_folder()
    if folder is None:
        print("LATENTLINK_DATA names no folder: nothing to measure")
        return 0
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, 1 thread each; medians of {ROUNDS} rounds of {BATCH} epochs in turns")
    names = ("cora",) if arguments.quick else ("cora", "citeseer")
    seeds = range(1 if arguments.quick else arguments.seeds)
    rows = [_epochs(name, load(name, folder), model, seeds) for name in names for model in ("gae", "vgae")]
    rows.append(_whole(load("cora", folder), 1 if arguments.quick else 5))
    rows.append(_busy(load("cora", folder)))
    _profile(load("cora", folder))
    keep("training", quick=arguments.quick, rows=rows)
    missed = [row["claim"] for row in rows if not row["reached"]]
    print("\n".join(f"missed: {claim}" for claim in missed) or "all targets reached")
    return 1 if missed else 0


def _epochs(name: str, graph: Graph, model: str, seeds: range) -> dict[str, Any]:
    x, split = _dense(graph), _split(graph, 0)
    peer = Loop(x, graph.edges[split.train], variational=model == "vgae", seed=0)
    ours = Trainer(graph, split.train, _config(model, 0))
    with deterministic(CPU):
        theirs_ms, ours_ms = _in_turns(peer.epoch, ours.step)
    theirs_auc, decayed_auc = ([_peer_auc(graph, x, model, seed, decay) for seed in seeds] for decay in (0.0, DECAY))
    ours_auc, undecayed_auc = (
        [_auc(graph, model, seed, **change) for seed in seeds] for change in ({}, {"weight_decay": 0})
    )
    ratio, differences = theirs_ms / ours_ms, np.subtract(ours_auc, theirs_auc)
    mean, error = mean_and_error(differences.tolist())
    alike, alike_error = mean_and_error(np.subtract(ours_auc, decayed_auc).tolist())
    print(
        f"{name:9}{model:5} epoch: PyG {theirs_ms:6.2f} ms, ours {ours_ms:5.2f} ms, {ratio:5.1f}×"
        f"   test AUC: PyG {100 * np.mean(theirs_auc):.2f}, ours {100 * np.mean(ours_auc):.2f}, "
        f"{100 * mean:+.2f} ± {100 * error:.2f} (first five {100 * differences[:5].mean():+.2f}), "
        f"without weight decay {100 * np.mean(undecayed_auc):.2f}; "
        f"PyG with it {100 * np.mean(decayed_auc):.2f}, {100 * alike:+.2f} ± {100 * alike_error:.2f}",
        flush=True,
    )
    return {
        "claim": f"{name} {model}: {ratio:.1f}× of {FASTER:.0f}×, AUC {100 * mean:+.2f} ± {100 * error:.2f}",
        "pyg_ms": theirs_ms,
        "ours_ms": ours_ms,
        "ratio": ratio,
        "pyg_auc": theirs_auc,
        "pyg_decayed_auc": decayed_auc,
        "ours_auc": ours_auc,
        "ours_undecayed_auc": undecayed_auc,
        "reached": bool(ratio >= FASTER and mean >= 0),
    }


def _in_turns(*steps: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Milliseconds of one call of each step: medians over rounds, a round being a batch of each."""
    times: list[list[float]] = [[] for _ in steps]
    for _ in range(rounds + 1):
        for step, measured in zip(steps, times, strict=True):
            started = time.perf_counter()
            for _ in range(BATCH):
                step()
            measured.append(1e3 * (time.perf_counter() - started) / BATCH)
    return [float(np.median(measured[1:])) for measured in times]  # the first round warms up


def _peer_auc(graph: Graph, x: Float32, model: str, seed: int, decay: float) -> float:
    """Test AUC of the peer with a weight decay, at the epoch that is best on validation."""
    split = _split(graph, seed)
    peer = Loop(x, graph.edges[split.train], variational=model == "vgae", seed=seed, weight_decay=decay)
    best, test = -1.0, 0.0
    for _ in range(EPOCHS):
        peer.epoch()
        mu = peer.embed()
        scores = _scores(mu, split.validation, split.validation_negatives)
        if (quality := scores["auc"] + scores["ap"]) > best:
            best, test = quality, _scores(mu, split.test, split.test_negatives)["auc"]
    return test


def _auc(graph: Graph, model: str, seed: int, **changed: float) -> float:
    """Test AUC of ours, by the same rule."""
    return train(graph, _config(model, seed, **changed)).metrics.test.auc or 0.0


def _scores(mu: Float32, positives: np.ndarray, negatives: np.ndarray) -> dict[str, float]:
    return auc_ap(pair_logits(mu, *positives.T), pair_logits(mu, *negatives.T))


def _whole(graph: Graph, rounds: int) -> dict[str, Any]:
    """Seconds of whole processes in turns; the default encoder is printed beside, without a target."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        np.savez(folder / "graph.npz", x=_dense(graph), edges=graph.edges)
        np.savez(folder / "features.npz", ids=np.array(graph.ids), x=_dense(graph))
        (folder / "edges.csv").write_text(
            "source,target\n" + "".join(f"{graph.ids[i]},{graph.ids[j]}\n" for i, j in graph.edges)
        )
        command = [
            sys.executable,
            "-c",
            "from latentlink.app.cli import main; main()",
            "train",
            "--model",
            "vgae",
            "--epochs",
            "200",
        ]
        data = ["--edges", "edges.csv", "--features", "features.npz", "--checkpoints", "store"]
        commands = [
            [sys.executable, "-m", "benchmarks._pyg", "graph.npz"],
            [*command, *data, "--encoder", "gcn"],
            [*command, *data],
        ]
        seconds = np.median([[_seconds(command, folder) for command in commands] for _ in range(rounds)], axis=0)
    peer, ours, default = seconds.tolist()
    print(f"whole training of a VGAE on Cora, 200 epochs, medians of {rounds}: PyG {peer:.1f} s,", end=" ")
    print(f"ours {ours:.1f} s, {ours / peer:.2f}×; the default encoder, two fits and a refit, {default:.1f} s")
    return {
        "claim": f"whole training {ours / peer:.2f}× of {WHOLE}×",
        "pyg_s": peer,
        "ours_s": ours,
        "default_s": default,
        "reached": ours <= WHOLE * peer,
    }


def _busy(graph: Graph) -> dict[str, Any]:
    """A step under the default thread policy, alone and beside a process that burns a core, in turns; and on two threads."""
    run = Trainer(graph, _split(graph, 0).train, _config("vgae", 0))
    threads = training_threads(step_work(graph, run.config), available_cpus())
    times: dict[tuple[int, bool], list[float]] = {}
    for _ in range(ROUNDS):
        for count, busy in ((threads, False), (threads, True), (2, False), (2, True)):
            torch.set_num_threads(count)
            burner = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
            time.sleep(0.1)
            times.setdefault((count, busy), []).extend(_in_turns(run.step, rounds=1))
            if burner:
                burner.kill()
                burner.wait()
    torch.set_num_threads(1)
    own, two = (float(np.median(times[count, True]) / np.median(times[count, False])) for count in (threads, 2))
    print(
        f"step on Cora beside a busy process, on {threads} of {available_cpus()} cores: {own:.2f}×; on two {two:.2f}×"
    )
    claim = f"busy core {own:.2f}× of {BUSY}×"
    return {"claim": claim, "threads": threads, "ratio": own, "ratio_two_threads": two, "reached": own <= BUSY}


def _profile(graph: Graph) -> None:
    """Where a step of the VGAE goes: each part by itself, forward and backward, as a share of the whole."""
    run = Trainer(graph, _split(graph, 0).train, _config("vgae", 0))
    n = graph.n_nodes
    edges, negatives = pair_matrix(n, run.ends), run.circulants.draw(run.rng)
    z = torch.zeros(n, run.config.dim, requires_grad=True)
    heads = [torch.zeros_like(z, requires_grad=True) for _ in range(2)]

    def encode() -> None:
        posterior = run.model(run.inputs.whole, run.propagation.whole)
        torch.autograd.grad(posterior.mu.sum() + posterior.logvar.sum(), list(run.model.parameters()))

    def sample() -> None:
        sampled, divergence = Posterior(*heads).sample(run.generator)
        torch.autograd.grad(sampled.sum() + divergence, heads)

    parts = {
        "drawing non-edges": lambda: run.circulants.draw(run.rng),
        "encoder": encode,
        "noise, z and KL": sample,
        "loss": lambda: torch.autograd.grad(circulant_loss(z, edges, negatives), z),
    }
    whole, *each = _in_turns(run.step, *parts.values())
    shares = (f"{name} {milliseconds / whole:.0%}" for name, milliseconds in zip(parts, each, strict=True))
    print(f"a step of the VGAE on Cora, {whole:.2f} ms: {', '.join(shares)}; the rest is Adam and Python")


def _seconds(command: list[str], folder: Path) -> float:
    environment = {**ONE_THREAD, "PYTHONPATH": str(Path(__file__).parents[1])}
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started


def _config(model: str, seed: int, **changed: float) -> TrainingConfig:
    return TrainingConfig.model_validate({"model": model, "encoder": "gcn", "seed": seed, "refit": False, **changed})


def _split(graph: Graph, seed: int) -> Split:
    return split_edges(graph, 0.05, 0.10, np.random.default_rng(seed))


def _dense(graph: Graph) -> Float32:
    assert isinstance(graph.features, CSR)
    return graph.features.to_dense()


if __name__ == "__main__":
    sys.exit(main())
