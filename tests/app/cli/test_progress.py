"""The progress of a command, on a terminal and elsewhere."""

import os
import pty
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr

import pytest

from latentlink.app.cli.progress import EVERY, Lines, progress
from latentlink.models.training.fit import Epoch
from latentlink.models.training.steps import Step
from tests.app.cli.conftest import Command


class Scene:
    """Lines with a clock that is set by hand."""

    def __init__(self) -> None:
        self.now, self.said = 100.0, list[str]()
        self.lines = Lines(self.said.append, lambda: self.now)

    def after(self, seconds: float) -> list[str]:
        """What is said when so many seconds have passed."""
        self.said.clear()
        self.now += seconds
        self.lines.tick()
        return list(self.said)


def test_a_line_is_due_every_ten_seconds() -> None:
    """Not before, and once."""
    scene = Scene()
    scene.lines.step(Step("reading"))
    assert [len(scene.after(seconds)) for seconds in (EVERY - 1, 1, 0, EVERY - 1, 1)] == [0, 1, 0, 0, 1]


def test_a_step_that_begins_while_the_clock_is_read_waits_for_the_next_look() -> None:
    """Another thread begins it: "-0 s elapsed" was said of it."""
    times, said = iter((0.0, EVERY, EVERY + 1, 2 * EVERY)), list[str]()

    def clock() -> float:
        now = next(times)
        if now == EVERY:
            lines.step(Step("reading"))  # at one second later
        return now

    lines = Lines(said.append, clock)
    lines.tick()
    assert said == []
    lines.tick()
    assert said == ["reading: 9 s elapsed"]


def test_a_new_step_does_not_put_the_line_off() -> None:
    """Ten seconds after the last line the next one is due, whatever has begun meanwhile."""
    scene, gaps = Scene(), []
    for name, seconds in (("reading", 19), ("fit", 7), ("evaluating", 8), ("writing", 30)):
        scene.lines.step(Step(name))
        gaps += [scene.now for _ in range(seconds) if scene.after(1)]
    assert gaps == [110, 120, 130, 140, 150, 160]


def test_one_clock_runs_through_a_whole_training(latentlink: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the reading to the writing; with a clock for each part, up to twenty seconds would pass without a line."""
    steps: list[list[str]] = []

    class Noted(Lines):
        def __init__(self, say: Callable[[str], object]) -> None:
            super().__init__(say)
            steps.append([])

        def step(self, step: Step) -> None:
            steps[-1].append(step.name)

    monkeypatch.setattr("latentlink.app.cli.progress.Lines", Noted)
    assert latentlink("train", "--edges", "ring.csv", "--epochs", 1, "--model", "gae").code == 0
    [names] = steps
    assert names == [
        "reading",
        "preparing the training",
        "splitting the edges",
        "fit with node embeddings",
        "evaluating the model and the heuristics",
        "refit",
        "writing the checkpoint",
    ]


def test_a_step_without_epochs_says_how_long_it_takes() -> None:
    """Counted from its own beginning."""
    scene = Scene()
    scene.lines.step(Step("reading"))
    assert scene.after(12) == ["reading: 12 s elapsed"]
    scene.lines.step(Step("evaluating"))
    assert scene.after(10) == ["evaluating: 10 s elapsed"]


def test_a_fit_says_how_far_it_is_and_how_long_it_may_take() -> None:
    """Two seconds an epoch since the first that was seen, which after a resumption is not the first: 80 epochs are left."""
    scene = Scene()
    scene.lines.step(Step("fit", 100))
    scene.now += 4  # the first one takes longer
    scene.lines.epoch(Epoch(15, 0.75, None, "fit"))
    assert scene.after(6) == ["fit: epoch 15 of 100, loss 0.7500, 10 s elapsed"]
    scene.now += 4
    scene.lines.epoch(Epoch(20, 0.5, None, "fit"))
    assert scene.after(6) == ["fit: epoch 20 of 100, loss 0.5000, 20 s elapsed, at most 256 s left"]


def test_a_share_says_how_far_it_is_and_how_long_it_may_take() -> None:
    """A quarter of the work in ten seconds, after a start from what an interrupted search had done."""
    scene = Scene()
    scene.lines.step(Step("searching"))
    scene.lines.share(0.5, "100 pairs/s")
    scene.now += 6
    scene.lines.share(0.75, "120 pairs/s")
    assert scene.after(4) == ["searching: 75%, 120 pairs/s, 10 s elapsed, at most 10 s left"]


def test_the_lines_need_no_epoch_and_go_to_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread prints them while the training computes; with the block it ends."""
    said = threading.Event()
    monkeypatch.setattr("latentlink.app.cli.progress.EVERY", 0.0)
    monkeypatch.setattr("latentlink.app.cli.progress._LOOK", 0.0)
    tick = Lines.tick

    def telling(lines: Lines) -> None:
        begun = lines._begun
        tick(lines)
        if begun is not None:
            said.set()

    monkeypatch.setattr(Lines, "tick", telling)
    with progress() as watcher:
        watcher.step(Step("reading"))
        assert said.wait(20)
    out, err = capsys.readouterr()
    assert (out, set(err.splitlines())) == ("", {"reading: 0 s elapsed"})
    assert "progress" not in [thread.name for thread in threading.enumerate()]


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
    with _terminal() as shown, progress() as watcher:
        watcher.step(Step("reading"))
        watcher.step(Step("fit", 20))
        watcher.epoch(Epoch(1, 0.5, {"auc": 0.75, "ap": 0.5}, "fit"))
        watcher.epoch(Epoch(2, 0.25, None, "fit"))
    [drawn] = shown
    assert re.search(r"loss 0\.2500  validation AUC 0\.7500.* 2/20", drawn)


def test_shares_are_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """In percent, with what is said beside."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    with _terminal() as shown, progress() as watcher:
        watcher.step(Step("searching"))
        watcher.share(0.25, "100 pairs/s")
        watcher.share(0.5, "120 pairs/s")
    [drawn] = shown
    assert re.search(r"120 pairs/s.* 50%", drawn)


@pytest.mark.parametrize("step", [Step("fit", 20), Step("writing the checkpoint")], ids=["json", "no epochs"])
def test_nothing_is_drawn_on_a_terminal_otherwise(step: Step) -> None:
    """Without a bar, as beside lines of JSON, and in a step without epochs, whose end no epoch tells."""
    with _terminal() as shown, progress(bar=step.epochs is None) as watcher:
        watcher.step(step)
        watcher.epoch(Epoch(1, 0.5, None, "fit"))
    assert shown == [""]


def test_nothing_is_drawn_of_a_short_training_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """A script that reads standard error finds no progress bar."""
    with progress() as watcher:
        watcher.step(Step("fit", 20))
        watcher.epoch(Epoch(1, 0.5, None, "fit"))
    assert capsys.readouterr() == ("", "")
