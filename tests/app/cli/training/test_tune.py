"""`latentlink tune`: trials on validation, and a checkpoint with the bytes of `latentlink train`."""

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.app.cli.conftest import RING, Command, published

OPTIONS = ("--edges", "ring.csv", "--epochs", 4, "--evaluate-every", 1, "--parts", "dense", "--seed", 2)


def test_the_best_has_the_bytes_of_a_training(latentlink: Command, tmp_path: Path) -> None:
    """Every file but the manifest, whose facts are the same but for version and time."""
    done = latentlink(
        "tune", *OPTIONS, "--space", "dim=2,6", "--space", "edge-masking=0.5,0.8", "--checkpoints", "tuned"
    )
    assert (done.code, done.err) == (0, "")
    assert (
        len(re.findall(r"^trial \d: validation 0\.\d{4} with dim [26], edge_masking 0\.[58]$", done.out, re.MULTILINE))
        == 4
    )
    found = re.search(r"^best       trial .* with dim (\d), edge_masking (0\.\d)$", done.out, re.MULTILINE)
    assert found is not None
    best = ("--dim", found[1], "--edge-masking", found[2])
    assert latentlink("train", *OPTIONS, *best, "--checkpoints", "trained").code == 0
    [tuned], [trained] = ([*(tmp_path / store / "ring").glob("2*")] for store in ("tuned", "trained"))
    manifests = (json.loads((version / "manifest.json").read_text()) for version in (tuned, trained))
    first, second = ({**one, "version": "", "created_at": ""} for one in manifests)
    assert first == second
    files = {path.name for path in tuned.iterdir()} - {"manifest.json", "manifest.sha256"}
    assert {name for name in files if (tuned / name).read_bytes() != (trained / name).read_bytes()} == set()


def test_lines_of_json_have_the_trials_the_epochs_of_the_best_and_the_result(latentlink: Command) -> None:
    """In this order, and nothing else."""
    done = latentlink(
        "tune", *OPTIONS, "--space", "dim=2,4", "--trials", 1, "--json", "--no-refit", "--no-activate", "--resume"
    )
    trial, *epochs, result = map(json.loads, done.out.splitlines())
    assert trial.keys() == {"trial", "state", "validation", "params", "error"}
    assert (trial["trial"], trial["state"], trial["error"]) == (1, "complete", None)
    assert [one["epoch"] for one in epochs] == [1, 2, 3, 4]
    assert trial["validation"] == max((one["validation"]["auc"] + one["validation"]["ap"]) / 2 for one in epochs)
    assert result["activated"] is False
    assert "nothing to resume, beginning anew\n" in done.err


def test_options_may_stand_in_a_file(latentlink: Command, tmp_path: Path) -> None:
    """Those of the search, too; an unknown one is named with the command."""
    (tmp_path / "run.toml").write_text('edges = "ring.csv"\nspace = ["dim=0,2"]\n')
    done = latentlink("tune", "--config", "run.toml")
    assert (done.code, done.err) == (2, "error: --dim: expected a number greater than or equal to 1, found '0'\n")
    (tmp_path / "run.toml").write_text("spaces = 1\n")
    assert "expected options of `tune` (" in latentlink("tune", "--config", "run.toml").err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--space: expected a hyperparameter with its values, found none; add one, as dim=64,128"),
        (("dim",), "--space: expected NAME=VALUES, as dim=64,128 or edge-masking=0.5..0.9, found 'dim'"),
        (("dim=4", "dim=8"), "--space: expected dim once, found it again; give all its values at once"),
        (
            ("seed=1..2",),
            "--space: expected no seed, which decides the split, on which all trials are compared; leave it out",
        ),
        (("hops=1..x",), "--hops: expected a valid integer, unable to parse string as an integer, found 'x'"),
    ],
)
def test_a_wrong_space_is_one_line(words: tuple[str, ...], message: str, latentlink: Command, tmp_path: Path) -> None:
    """Nothing is read or written."""
    done = latentlink("tune", "--edges", "nowhere.csv", *(part for word in words for part in ("--space", word)))
    assert (done.code, done.out, done.err) == (2, "", f"error: {message}\n")
    assert not (tmp_path / "checkpoints").exists()


def test_what_is_missing_is_named(latentlink: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it."""
    for package, options in (
        ("optuna", ("tune", *OPTIONS, "--space", "dim=2")),
        ("mlflow", ("train", *OPTIONS, "--mlflow", "x")),
    ):
        monkeypatch.setitem(sys.modules, package, None)
        done = latentlink(*options)
        extra = {"optuna": "tune"}.get(package, package)
        message = f"expected the package {package}, found none; pip install 'latentlink[{extra}]'"
        assert (done.code, done.err.partition(": ")[2].partition(": ")[2]) == (2, f"{message}\n")


def test_a_search_that_has_ended_shows_its_best_and_trains_nothing(latentlink: Command, tmp_path: Path) -> None:
    """With the result of its training; a version that was removed is trained again."""
    command = ("tune", *OPTIONS, "--space", "dim=2,4", "--json", "--resume")
    *_, first = latentlink(*command).out.splitlines()
    again = latentlink(*command)
    assert [json.loads(line)["trial"] for line in again.out.splitlines()[:-1]] == [1, 2]
    assert (again.out.splitlines()[-1], again.code) == (first, 0)
    assert f"finished   all trials have ended, and the best is published as {json.loads(first)['path']};" in again.err
    assert len([*(tmp_path / "checkpoints/ring").glob("2*")]) == 1
    assert latentlink(*command, "--require", "auc=1").code == 3
    shutil.rmtree(tmp_path / json.loads(first)["path"])
    assert json.loads(latentlink(*command).out.splitlines()[-1])["version"] != json.loads(first)["version"]


@pytest.mark.slow
def test_a_tuning_that_is_killed_ends_as_one_that_is_not(latentlink: Command, tmp_path: Path) -> None:
    """With the same trials and the same vectors; without --resume it begins anew."""
    search = ("--space", "dim=2..8", "--space", "edge-masking=0.3..0.8", "--trials", 6, "--json")
    command = ["tune", *OPTIONS, *search, "--epochs", 60]
    whole = _trials(latentlink(*command, "--name", "whole").out)
    (tmp_path / "ring.csv").write_text(RING)
    run = [sys.executable, "-m", "latentlink", *map(str, command)]
    with subprocess.Popen(run, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        begun = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    resumed = latentlink(*command, "--resume")
    assert _trials("".join(begun)) == whole[:3]
    assert _trials(resumed.out) == whole
    first, second = (published(tmp_path, name).path / "embeddings.safetensors" for name in ("whole", "ring"))
    assert first.read_bytes() == second.read_bytes()


def _trials(lines: str) -> list[dict[str, Any]]:
    return [one for line in lines.splitlines() if "trial" in (one := json.loads(line))]
