"""What a training prints: to a person, on a terminal, and with `--json` to a program."""

import json
import os
import pty
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentlink.app.cli.report import progress_bar, summary
from latentlink.models.config import TrainingConfig
from latentlink.models.sources import load_graph
from latentlink.models.training.fit import Epoch
from latentlink.models.training.protocol import train
from tests.app.cli.conftest import Command, published


def test_json_lines_are_the_epochs_of_fit_and_refit(latentlink: Command, tmp_path: Path) -> None:
    """Every epoch of each phase, with the curve that the manifest keeps; the text goes to standard error."""
    code, out, err = latentlink("train", "--edges", "ring.csv", "--epochs", 6, "--dim", 4, "--json")
    *epochs, result = map(json.loads, out.splitlines())
    curve = published(tmp_path).manifest.training.curve
    fit, refit = epochs[:6], epochs[6:]
    assert (code, [e["epoch"] for e in refit]) == (0, list(range(1, result["epoch"] + 1)))
    assert [e["loss"] for e in fit] == curve.loss
    assert [e["validation"] and e["validation"]["auc"] for e in fit] == curve.validation_auc
    assert [e["phase"] for e in epochs] == ["fit with node rows"] * 6 + ["refit"] * len(refit)
    assert ("30 nodes" in err, result["path"] in err) == (True, True)


def test_the_last_json_line_is_the_result(latentlink: Command, tmp_path: Path) -> None:
    """Name, version, path and metrics of what was published, as the manifest has them."""
    out = latentlink("train", "--edges", "ring.csv", "--epochs", 2, "--dim", 4, "--json").out
    result = json.loads(out.splitlines()[-1])
    manifest = json.loads((tmp_path / result["path"] / "manifest.json").read_text())
    assert [result[key] for key in ("name", "version", "metrics")] == ["ring", manifest["version"], manifest["metrics"]]


def test_a_posterior_that_is_the_prior_is_warned_of() -> None:
    """Where μ is 0 and σ 1 for all nodes, embeddings hold nothing: the summary has 0 nats a node; else no such line."""
    graph = load_graph(dataset="karate")
    config = TrainingConfig(encoder="gcn", epochs=60, refit=False)
    trained = train(graph, config)
    prior = replace(trained.embeddings, mu=np.zeros((34, 2), np.float32), logvar=np.zeros((34, 2), np.float32))
    assert re.findall(r"^warning .* (\S+) nats", summary(graph, config, replace(trained, embeddings=prior)), re.M) == [
        "0.0000"
    ]
    assert "nats" not in summary(graph, config, trained)


@contextmanager
def _terminal() -> Iterator[list[str]]:
    """Standard error is a terminal; what is drawn on it, once the block has ended."""
    shown: list[str] = []
    reader, writer = pty.openpty()

    def read() -> None:
        drawn = b""
        try:
            while chunk := os.read(reader, 1 << 16):
                drawn += chunk
        except OSError:  # how Linux tells the end
            pass
        shown.append(drawn.decode())

    thread = threading.Thread(target=read)
    thread.start()
    with os.fdopen(writer, "w") as stream, redirect_stderr(stream):
        yield shown
    thread.join()
    os.close(reader)


def test_progress_is_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loss, the last score on validation, and the epochs so far."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    with _terminal() as shown, progress_bar(20) as on_epoch:
        on_epoch(Epoch(1, 0.5, {"auc": 0.75, "ap": 0.5}, "fit"))
        on_epoch(Epoch(2, 0.25, None, "fit"))
    [drawn] = shown
    assert re.search(r"loss 0\.2500  validation AUC 0\.7500.* 2/20", drawn)


def test_nothing_is_drawn_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """A script that reads standard error finds no progress bar."""
    with progress_bar(20) as on_epoch:
        on_epoch(Epoch(1, 0.5, None, "fit"))
    assert capsys.readouterr() == ("", "")
