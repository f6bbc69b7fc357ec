"""CSV → train → serve over a real socket → answers equal those of NumPy on the same vectors."""

import csv
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import numpy as np
import pytest

from tests.command import run_command
from tests.e2e.oracle import Truth, assert_answers_are_numpys
from tests.e2e.service import LATENTLINK, Service, running_service
from tests.support import Small

TRAIN = "train --edges edges.tsv --source one --target other --features features.csv --name people --epochs 30"
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
        csv.writer(file, delimiter="\t").writerows([("one", "other"), *rows])
    with (folder / "features.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("node", "even", "rest"), *((a, 1 - i % 2, i / 60) for i, a in enumerate(IDS))])
    done = subprocess.run([LATENTLINK, *TRAIN.split()], cwd=folder, capture_output=True, text=True, check=True)
    assert "published  checkpoints/people/" in done.stdout
    # No bar where there is no terminal: nothing, or on a slow machine a line every ten seconds.
    assert all(line.partition(": ")[2] and "elapsed" in line for line in done.stderr.splitlines())
    return folder


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Service]:
    """The model, served."""
    with running_service(folder / "checkpoints") as service:
        yield service


def _version(folder: Path) -> Path:
    """The directory of the model's only version."""
    [path] = (folder / "checkpoints/people").glob("2*")
    return path


def test_the_checkpoint_holds_what_the_files_say(folder: Path) -> None:
    """The nodes in the order of the feature table, and the links of the edge list."""
    with (folder / "edges.tsv").open(newline="") as file:
        _, *edges = csv.reader(file, delimiter="\t")
    truth = Truth(_version(folder))
    assert truth.ids == IDS
    links = {frozenset((truth.ids[i], truth.ids[j])) for i, linked in enumerate(truth.links) for j in linked}
    assert links == set(map(frozenset, edges))


def test_every_answer_is_numpy_s(service: Service, folder: Path) -> None:
    """Each route answers as NumPy does on the arrays of the checkpoint."""
    assert_answers_are_numpys(service.url, _version(folder))


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    """Two processes, that of the command and this one, write one `embeddings.safetensors`."""
    assert run_command(*TRAIN.split(), "--checkpoints", tmp_path, folder=folder).code == 0
    [again] = tmp_path.glob("people/2*/embeddings.safetensors")
    assert again.read_bytes() == (_version(folder) / "embeddings.safetensors").read_bytes()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_sigterm_ends_the_service_cleanly(folder: Path, workers: str) -> None:
    """Exit code 0 within 5 seconds, with one worker and with two."""
    with running_service(folder / "checkpoints", "--workers", workers, path="/healthz") as service:
        code, seconds = service.stop()
    assert code == 0
    assert seconds < 5


def test_sigterm_does_not_wait_for_a_long_search(tmp_path: Path) -> None:
    """The service drains as long as it may, cuts a long answer visibly, refuses who has none yet, and exits with code 0."""
    mu = np.random.default_rng(0).normal(size=(50_000, 32)).astype(np.float32)
    Small(mu, np.array([[0, 1]]), mapped=False).publish(tmp_path, "large")
    body = {"nodes": [f"n{row}" for row in range(10_000)], "k": 100}
    half = b"POST /v1/models/large/scores HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"
    with running_service(tmp_path, LATENTLINK_DRAIN_SECONDS="1") as service, ThreadPoolExecutor(1) as pool:
        waiting = socket.create_connection(("127.0.0.1", urlsplit(service.url).port or 0), timeout=20)
        waiting.sendall(half)
        long = pool.submit(httpx2.post, f"{service.url}/v1/models/large/neighbors", json=body, timeout=60)
        time.sleep(1)
        assert not long.done()
        code, seconds = service.stop()
        assert (code, seconds < 5) == (0, True)
        with pytest.raises(httpx2.RemoteProtocolError, match="without sending complete message body"):
            long.result()
        with waiting:
            assert waiting.recv(12) == b"HTTP/1.1 503"
