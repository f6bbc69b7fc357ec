"""The progress of a long command: on a terminal a bar, elsewhere a line every ten seconds, in whatever step it is."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

import typer

from latentlink.models.training.steps import Step

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from latentlink.models.training.fit import Epoch

EVERY = 10.0  # seconds between two lines
_LOOK = 0.5  # seconds between two looks at the clock


class Advance(NamedTuple):
    """How far a step is.

    Attributes:
        done: how much of it is done.
        total: how much there is at most.
        text: the same in words.
    """

    done: float
    total: float
    text: str


class Watcher(Protocol):
    """Who hears of steps, and of how far they are."""

    def step(self, step: Step) -> None:
        """A step begins."""

    def epoch(self, epoch: "Epoch") -> None:
        """An epoch has ended."""

    def share(self, done: float, text: str) -> None:
        """A share of the step, in [0, 1], is done; `text` says how fast."""


class Lines:
    """A line every ten seconds: the step, how far it is, the seconds that it has taken and may still take.

    Args:
        say: prints a line.
        clock: returns seconds.
    """

    def __init__(self, say: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._due = clock() + EVERY
        self._begun: tuple[Step, float] | None = None
        # The first and the last advance of the step, and the time of the first.
        self._advances: tuple[Advance, Advance, float] | None = None

    def step(self, step: Step) -> None:
        """A step begins."""
        self._advances = None  # first: another thread reads both
        self._begun = (step, self._clock())

    def epoch(self, epoch: "Epoch") -> None:
        """An epoch has ended."""
        if self._begun is not None and (total := self._begun[0].epochs) is not None:
            self._advance(Advance(epoch.number, total, f"epoch {epoch.number:,} of {total:,}, loss {epoch.loss:.4f}"))

    def share(self, done: float, text: str) -> None:
        """A share of the step is done."""
        self._advance(Advance(done, 1, f"{done:.0%}, {text}"))

    def _advance(self, advance: Advance) -> None:
        first, _, since = self._advances or (advance, advance, self._clock())
        self._advances = (first, advance, since)

    def tick(self) -> None:
        """Print a line if it is due."""
        begun = self._begun  # before the clock is read: a step that begins between the two would be -0 s old
        now = self._clock()
        if now >= self._due and begun is not None:
            self._due = now + EVERY
            self._say(self._line(*begun, now))

    def _line(self, step: Step, began: float, now: float) -> str:
        elapsed = f"{now - began:.0f} s elapsed"
        if self._advances is None:
            return f"{step.name}: {elapsed}"
        first, last, since = self._advances
        line = f"{step.name}: {last.text}, {elapsed}"
        if last.done == first.done:
            return line
        left = (now - since) / (last.done - first.done) * (last.total - last.done)
        return f"{line}, at most {left:.0f} s left"  # patience, or what is found, may end it before


class _Bar:
    """A progress bar in each step that tells how far it is: with loss and the first score on validation, or how fast it is.

    Args:
        open_bar: makes one, which closes at the end of its context.
    """

    def __init__(self, open_bar: Callable[[], "Progress"]) -> None:
        self._open_bar, self._opened = open_bar, ExitStack()
        self._name, self._update = "", _nothing
        self._validation = ""

    def step(self, step: Step) -> None:
        """Close the bar of the last step, and open one if this one has epochs."""
        self.close()
        self._name, self._update, self._validation = step.name, _nothing, ""
        if step.epochs is not None:
            self._open(step.epochs)

    def epoch(self, epoch: "Epoch") -> None:
        """Move the bar."""
        if epoch.validation:
            name, value = next(iter(epoch.validation.items()))
            self._validation = f"validation {name.replace('auc', 'AUC')} {value:.4f}"
        self._update(completed=epoch.number, description=f"loss {epoch.loss:.4f}  {self._validation}")

    def share(self, done: float, text: str) -> None:
        """Move the bar, or open it."""
        if self._update is _nothing:
            self._open(1)
        self._update(completed=done, description=text)

    def _open(self, total: int) -> None:
        bar = self._opened.enter_context(self._open_bar())
        self._update = partial(bar.update, bar.add_task(self._name, total=total))

    def close(self) -> None:
        """Close the bar, if one is open."""
        self._opened.close()


def _nothing(**_: object) -> None:
    """Where no bar is open."""


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
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Done(ProgressColumn):
        """2/20, or of a share 10 %."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.completed:.0%}" if task.total == 1 else f"{task.completed:.0f}/{task.total:.0f}")

    columns = (TextColumn("{task.description}"), BarColumn(), Done(), TimeRemainingColumn())
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
