"""CSV → train → serve over a real socket → answers equal σ(zᵢᵀzⱼ) computed by other means."""

import csv
import math
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from safetensors.numpy import load_file

from latentlink.models.checkpoint import encode_nodes, publish
from latentlink.models.graph.graph import adjacency
from tests.command import run_command
from tests.e2e.service import LATENTLINK, Service, running_service, wait_for
from tests.models.checkpoint.helpers import facts, files

TRAIN = "train --edges edges.tsv --source from --target to --features features.csv --name people --epochs 30"
IDS = [f"person {i}" for i in range(58)] + ["Zoë & co", "a/b?c=d"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Edges and features as a user has them, and a model trained by the command."""
    folder, rng = tmp_path_factory.mktemp("user"), random.Random(0)
    with (folder / "edges.tsv").open("w", newline="") as file:
        rows = [
            (a, b)
            for i, a in enumerate(IDS)
            for j, b in enumerate(IDS)
            if i < j and rng.random() < (0.4, 0.02)[(i + j) % 2]
        ]
        csv.writer(file, delimiter="\t").writerows([("from", "to"), *rows])
    with (folder / "features.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("node", "even", "rest"), *((a, 1 - i % 2, i / 60) for i, a in enumerate(IDS))])
    done = subprocess.run([LATENTLINK, *TRAIN.split()], cwd=folder, capture_output=True, text=True, check=True)
    assert "published  checkpoints/people/" in done.stdout
    assert done.stderr == ""  # no progress bar where there is no terminal
    return folder


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Service]:
    """The model, served."""
    with running_service(folder / "checkpoints") as service:
        yield service


@pytest.fixture(scope="module")
def z(folder: Path) -> dict[str, list[float]]:
    """The vectors by id, read by the safetensors library and the node order of the feature table."""
    [path] = (folder / "checkpoints" / "people").glob("2*/embeddings.safetensors")
    return dict(zip(IDS, load_file(path)["mu"].tolist(), strict=True))


def _probability(z: dict[str, list[float]], a: str, b: str) -> float:
    return 1 / (1 + math.exp(-math.fsum(x * y for x, y in zip(z[a], z[b], strict=True))))


def test_every_pair_has_the_probability_of_its_vectors(service: Service, z: dict[str, list[float]]) -> None:
    """All 3,600 pairs agree with an independent σ(zᵢᵀzⱼ) to 1e-6."""
    pairs = [[a, b] for a in IDS for b in IDS]
    answer = httpx.post(f"{service.url}/v1/models/people/scores", json={"pairs": pairs}).json()
    for (a, b), probability in zip(pairs, answer["probability"], strict=True):
        assert probability == pytest.approx(_probability(z, a, b), abs=1e-6)


def test_neighbors_are_the_best_unknown_pairs(service: Service, z: dict[str, list[float]], folder: Path) -> None:
    """For every node the top 5 are those of a sorted list of all unlinked nodes."""
    with (folder / "edges.tsv").open(newline="") as file:
        edges = {frozenset(row) for row in list(csv.reader(file, delimiter="\t"))[1:]}
    for node in IDS:
        free = [other for other in IDS if other != node and frozenset((node, other)) not in edges]
        best = sorted(free, key=lambda other: -_probability(z, node, other))[:5]
        answer = httpx.get(f"{service.url}/v1/models/people/neighbors", params={"node": node, "k": 5}).json()
        assert [entry["node"] for entry in answer["neighbors"]] == best


def test_embeddings_are_those_of_the_checkpoint(service: Service, z: dict[str, list[float]]) -> None:
    """The vectors come back as float32, to the bit."""
    answer = httpx.post(f"{service.url}/v1/models/default/embeddings", json={"nodes": IDS}).json()
    assert answer["nodes"] == IDS
    vectors = np.array(answer["embeddings"], np.float32)
    assert (vectors == np.array([z[node] for node in IDS], np.float32)).all()


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    """Two processes, that of the command and this one, write one `embeddings.safetensors`."""
    assert run_command(*TRAIN.split(), "--checkpoints", tmp_path, folder=folder).code == 0
    [again] = tmp_path.glob("people/2*/embeddings.safetensors")
    [first] = folder.glob("checkpoints/people/2*/embeddings.safetensors")
    assert again.read_bytes() == first.read_bytes()


def test_sigterm_ends_the_service_cleanly(folder: Path) -> None:
    """Exit code 0 within 5 seconds, with one worker and with two."""
    for workers in ("1", "2"):
        with running_service(folder / "checkpoints", "--workers", workers, path="/healthz") as service:
            code, seconds = service.stop()
        assert code == 0
        assert seconds < 5


def test_an_empty_store_turns_ready_with_the_first_checkpoint(folder: Path, tmp_path: Path) -> None:
    """The service waits with 503 and answers once a checkpoint is installed."""
    [source] = (folder / "checkpoints" / "people").glob("2*")
    with running_service(tmp_path / "none", path="/healthz") as service:
        assert httpx.get(f"{service.url}/readyz").status_code == 503
        assert run_command("install", source, "--checkpoints", "none", folder=tmp_path).code == 0
        wait_for(f"{service.url}/readyz")
        models = httpx.get(f"{service.url}/v1/models").json()["models"]
        assert [model["name"] for model in models] == ["people"]


def test_sigterm_does_not_wait_for_a_long_search(tmp_path: Path) -> None:
    """With a long batch in work the service drains as long as it may, refuses the rest, and exits with code 0."""
    n, rng = 50_000, np.random.default_rng(0)
    ids = [str(i) for i in range(n)]
    known = adjacency(n, np.array([[0, 1]]))
    publish(
        tmp_path,
        "large",
        facts(counts={"nodes": n, "edges": 1, "features": 0, "dim": 32}),
        {
            **files(),
            "embeddings.safetensors": {"mu": rng.normal(size=(n, 32)).astype(np.float32)},
            "graph.safetensors": {"indptr": known.indptr, "indices": known.indices},
            "nodes.safetensors": encode_nodes(ids),
        },
    )
    body = {"nodes": ids[:10_000], "k": 100}
    with running_service(tmp_path, LATENTLINK_DRAIN_SECONDS="1") as service, ThreadPoolExecutor(1) as pool:
        long = pool.submit(httpx.post, f"{service.url}/v1/models/large/neighbors", json=body, timeout=60)
        time.sleep(1)
        assert not long.done()
        code, seconds = service.stop()
        assert (code, seconds < 5) == (0, True)
        assert long.result().status_code == 503


def test_health_answers_while_a_large_checkpoint_is_read(folder: Path, tmp_path: Path) -> None:
    """A store that takes longer to read than a service waits before it listens does not keep it from saying that it lives."""
    shutil.copytree(folder / "checkpoints", tmp_path / "slow")
    slow = tmp_path / "sitecustomize.py"
    slow.write_text(
        "import latentlink.models.checkpoint.reader as r, time\n"
        "verify = r._verify_files\n"
        "r._verify_files = lambda *a: (time.sleep(4), verify(*a))\n"
    )
    with running_service(tmp_path / "slow", path="/healthz", PYTHONPATH=str(tmp_path)) as service:
        assert httpx.get(f"{service.url}/readyz").status_code == 503
        wait_for(f"{service.url}/readyz")
