"""The progress of a training: on a terminal a bar, elsewhere a line every ten seconds, in whatever step it is."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol

import typer

from latentlink.models.training.steps import Step

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from latentlink.models.training.fit import Epoch

EVERY = 10.0  # seconds between two lines
_LOOK = 0.5  # seconds between two looks at the clock


class Watcher(Protocol):
    """Who hears of steps and epochs."""

    def step(self, step: Step) -> None:
        """A step begins."""

    def epoch(self, epoch: "Epoch") -> None:
        """An epoch has ended."""


class Lines:
    """A line every ten seconds: the step, its epoch and loss, the seconds that it has taken and may still take.

    Args:
        say: prints a line.
        clock: returns seconds.
    """

    def __init__(self, say: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._due = clock() + EVERY
        self._begun: tuple[Step, float] | None = None
        self._epochs: tuple[Epoch, Epoch, float] | None = (
            None  # the first and the last of the step, and the first's time
        )

    def step(self, step: Step) -> None:
        """A step begins."""
        self._epochs = None  # first: another thread reads both
        self._begun = (step, self._clock())

    def epoch(self, epoch: "Epoch") -> None:
        """An epoch has ended."""
        first, _, since = self._epochs or (epoch, epoch, self._clock())
        self._epochs = (first, epoch, since)

    def tick(self) -> None:
        """Print a line if it is due."""
        begun = self._begun  # before the clock is read: a step that begins between the two would be -0 s old
        now = self._clock()
        if now >= self._due and begun is not None:
            self._due = now + EVERY
            self._say(self._line(*begun, now))

    def _line(self, step: Step, began: float, now: float) -> str:
        elapsed = f"{now - began:.0f} s elapsed"
        if self._epochs is None or step.epochs is None:
            return f"{step.name}: {elapsed}"
        first, last, since = self._epochs
        line = f"{step.name}: epoch {last.number:,} of {step.epochs:,}, loss {last.loss:.4f}, {elapsed}"
        if last.number == first.number:
            return line
        left = (now - since) / (last.number - first.number) * (step.epochs - last.number)
        return f"{line}, at most {left:.0f} s left"  # patience may end it before


class _Bar:
    """A progress bar with loss and the first score on validation, in each step that has epochs.

    Args:
        open_bar: makes one, which closes at the end of its context.
    """

    def __init__(self, open_bar: Callable[[], "Progress"]) -> None:
        self._open_bar, self._opened = open_bar, ExitStack()
        self._update: Callable[..., object] = lambda **_: None
        self._validation = ""

    def step(self, step: Step) -> None:
        """Close the bar of the last step, and open one if this one has epochs."""
        self.close()
        if step.epochs is not None:
            bar = self._opened.enter_context(self._open_bar())
            self._update, self._validation = partial(bar.update, bar.add_task(step.name, total=step.epochs)), ""

    def epoch(self, epoch: "Epoch") -> None:
        """Move the bar."""
        if epoch.validation:
            name, value = next(iter(epoch.validation.items()))
            self._validation = f"validation {name.replace('auc', 'AUC')} {value:.4f}"
        self._update(completed=epoch.number, description=f"loss {epoch.loss:.4f}  {self._validation}")

    def close(self) -> None:
        """Close the bar, if one is open."""
        self._opened.close()


@contextmanager
def progress(*, bar: bool = True) -> Iterator[Watcher]:
    """Show on standard error how far a command is: with `bar` a bar on a terminal, lines elsewhere.

    One for the whole command, so that no ten seconds between two steps pass without a line.
    """
    from rich.console import Console

    console = Console(stderr=True)
    with _lines() if not console.is_terminal else _bar(console, shown=bar) as watcher:
        yield watcher


@contextmanager
def _bar(console: "Console", *, shown: bool) -> Iterator[Watcher]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with closing(_Bar(lambda: Progress(*columns, console=console, disable=not shown, transient=True))) as bar:
        yield bar


@contextmanager
def _lines() -> Iterator[Watcher]:
    """A thread prints the lines, so that a step without epochs has some, too."""
    lines, ended = Lines(lambda line: typer.echo(line, err=True)), threading.Event()

    def look() -> None:
        while not ended.wait(_LOOK):
            lines.tick()

    thread = threading.Thread(target=look, name="progress", daemon=True)
    thread.start()
    try:
        yield lines
    finally:
        ended.set()
        thread.join()
