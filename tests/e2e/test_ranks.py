"""Two processes of torchrun or Ray train together: with equal weights, the same bytes after a kill, one line on an error."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.checkpoint.store import current_version
from tests.command import run_command
from tests.docs.pages import DOCS, blocks
from tests.e2e.service import free_port
from tests.tools import in_environment

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
KARATE = ("train", "--dataset", "karate", "--neighbor-sampling", "on", "--dim", "8", "--epochs", "20")
OPTIONS = (*KARATE, "--resume", "--checkpoints")
LOST = "training: expected 2 processes to its end, found one gone; the same command with --resume goes on"
PAGE = DOCS / "how-to/train-on-several-processes.md"
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--max-restarts", "1")

RAY = in_environment("ray", "ray[train]")
CLUSTER = "import ray\nray.init(num_cpus=2, include_dashboard=False, object_store_memory=2**27)\n"
# Each process of Ray takes seconds to start: one that nobody needs is left out, and none waits for other programs.
RAY_SETTINGS = {
    "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",
}


class Whole(NamedTuple):
    """A training that nothing interrupted: its store, and what it printed."""

    store: Path
    out: str
    err: str


def _start(launcher: Sequence[str], how: str, store: Path, **environment: str) -> "subprocess.Popen[str]":
    command = [sys.executable, *launcher, "-m", "tests.e2e.ranked", how, *OPTIONS, str(store)]
    given = {**os.environ, **environment}
    return subprocess.Popen(command, cwd=ROOT, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Of two ranks, whose gradients and weights are noted."""
    store = tmp_path_factory.mktemp("whole")
    code, out, err = _ended(_start(TORCHRUN, "note", store))
    assert code == 0, err
    return Whole(store, out, err)


def test_gradients_and_weights_are_equal_on_all_ranks(whole: Whole) -> None:
    """After each step of each fit, to the bit, although each rank's own gradients were others."""
    noted = [json.loads(line.removeprefix("noted ")) for line in whole.err.splitlines() if line.startswith("noted ")]
    own, added, weights = (
        [[one[key] for one in noted if one["rank"] == rank and key in one] for rank in (0, 1)]
        for key in ("own", "added", "weights")
    )
    assert len(own[0]) == len(weights[0]) > 20
    assert (added[0], weights[0]) == (added[1], weights[1])
    assert not set(own[0]) & set(own[1])


def test_rank_0_alone_prints_and_publishes(whole: Whole) -> None:
    """The lines of one process, once, and one version."""
    first = [line.split()[0] for line in whole.out.splitlines()]
    assert (first[0], first[-1], first.count("test")) == ("karate:", "published", 1)
    assert "on 2 processes, 1 thread each, neighbor sampling" in whole.out
    [version] = (whole.store / "karate").glob("2*")
    assert open_checkpoint(version).manifest.config.document()["sampled"] == "on"


def test_a_killed_rank_is_started_again_and_the_result_has_the_same_bytes(whole: Whole, tmp_path: Path) -> None:
    """Rank 1 is killed amid a fit; torchrun starts both again, and they go on from what rank 0 has kept."""
    code, out, err = _ended(_start(TORCHRUN, "lose", tmp_path))
    assert code == 0, err
    assert "resuming a training that was interrupted" in out
    assert _facts(tmp_path) == _facts(whole.store)


def test_a_lost_rank_and_another_number_of_ranks_are_a_line(tmp_path: Path) -> None:
    """Two processes without torchrun, of which one is killed; then one process finds the state of two."""
    place = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "LOCAL_WORLD_SIZE": "2"}
    ranks = [_start((), "lose", tmp_path, **place, RANK=str(rank), LOCAL_RANK=str(rank)) for rank in range(2)]
    (code, _, err), *_ = map(_ended, ranks)
    [error] = _errors(err)
    assert (code, error.startswith(LOST)) == (2, True)
    alone = run_command(*OPTIONS, tmp_path, folder=tmp_path)
    assert (alone.code, "with processes 1, found one with processes 2; resume with" in alone.err) == (2, True)


def test_what_one_rank_can_t_do_ends_all_with_one_line(tmp_path: Path) -> None:
    """Of rank 0, which names the rank; nothing is published."""
    code, out, err = _ended(_start(TORCHRUN[:-2], "fail", tmp_path))
    assert (code, _errors(err)) == (1, ["rank 1: x.npy: expected the features that rank 0 maps, found none"])
    assert "published" not in out
    assert not (tmp_path / "karate/CURRENT").exists()


@RAY.needed
def test_by_ray_a_killed_rank_is_started_again_and_the_result_has_the_bytes_of_torchrun(
    whole: Whole, tmp_path: Path
) -> None:
    """The program of the page, in a small cluster of its own; the ranks find each other twice."""
    [text] = [block.text for block in blocks(PAGE) if "TorchTrainer" in block.text]
    program = tmp_path / "ray_train.py"
    program.write_text(CLUSTER + text.replace('"latentlink"', '"tests.e2e.ranked", "lose"'))
    with TemporaryDirectory(dir="/tmp") as folder:  # the name of a socket has at most 107 bytes
        command = [sys.executable, str(program), *OPTIONS[1:], str(tmp_path)]
        environment = {
            **os.environ,
            **RAY_SETTINGS,
            "RAY_TMPDIR": folder,
            "HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "resuming a training that was interrupted" in done.stdout
    assert _facts(tmp_path) == _facts(whole.store)


def _errors(err: str) -> list[str]:
    return [line.removeprefix("error: ") for line in err.splitlines() if line.startswith("error: ")]


def _facts(store: Path) -> dict[str, object]:
    """What a version says, without its name and time."""
    home = store / "karate"
    manifest = json.loads((home / current_version(home) / "manifest.json").read_text())
    return {key: value for key, value in manifest.items() if key not in ("version", "created_at")}
