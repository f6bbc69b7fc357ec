"""A folder in which a page is followed step by step: its commands, its Python, and the service that it starts."""

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.command import run_command
from tests.docs.likeness import alike
from tests.docs.pages import Step
from tests.e2e.service import free_port, start, wait_for

BIN = Path(sys.executable).parent
# `make test` runs this in a make; a make in it must not take itself for that one's child.
_HIDDEN = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in _HIDDEN}
_SERVE = re.compile(r"\blatentlink serve\b")
_COMMON = re.compile(r"latentlink train --edges docs/people\.csv( --epochs \d+)?")  # the same bytes on every page
_QUOTED = re.compile(r"""'[^']*'|"[^"$`]*\"""")
_PLAIN = re.compile(r"latentlink [^|<>;&$`*]*")  # outside of quotes: no other program and no shell have a part in it
_LATER = re.compile(r"sleep \d+; ")
_PORT = "8000"  # the one that pages speak of


class Stage:
    """Follows a page in a folder; ports of the page become free ones, so that pages never meet.

    Args:
        folder: where commands run.
        trained: what a training with which many pages begin has printed and published, by command; filled by the first.
    """

    def __init__(self, folder: Path, trained: dict[str, tuple[str, Path]]) -> None:
        self.folder, self._trained = folder, trained
        self.port = free_port()
        self._names: dict[str, Any] = {"__name__": "page"}
        self._service: BaseProcess | None = None

    def follow(self, step: Step) -> str | None:
        """Run one step; what was printed where it is not what the page shows, else None."""
        if step.kind == "python":
            printed, failed = self._python(step.source)
        elif _SERVE.search(step.source):
            self.serve(step.source)
            return None
        elif _COMMON.fullmatch(step.source) and not (self.folder / "checkpoints").exists():
            printed, failed = self._once(step.source), False
        elif later := _LATER.match(step.source):
            return self._eventually(Step(step.kind, step.source[later.end() :], step.shown))
        else:
            printed, failed = self._command(step.source)
        # A command may fail where the page shows its error, and nowhere else.
        if failed != bool(re.search(r"^error: ", step.shown, re.MULTILINE)):
            return f"exit code {'of a failure' if failed else '0'}\n{printed}"
        return None if not step.shown or alike(step.shown, printed) else printed

    def serve(self, command: str) -> None:
        """Start the service as the page does, on the free port, and wait until it is ready."""
        self.close()
        words = shlex.split(command)
        at = words.index("latentlink")
        settings = {name: self._expanded(value) for name, value in (word.split("=", 1) for word in words[:at])}
        port = ("--port", str(self.port))
        self._service = start([*words[at + 1 :], *port], settings, folder=self.folder)
        wait_for(f"http://127.0.0.1:{self.port}/readyz", seconds=60)

    def _expanded(self, value: str) -> str:
        """A value as the shell gives it, which runs the commands in it."""
        return self._command(f'printf %s "{value}"')[0] if "$(" in value else value

    def close(self) -> None:
        """Stop the service, as an operator does."""
        if self._service is not None:
            self._service.terminate()
            self._service.join(20)
            self._service = None

    def _environment(self) -> dict[str, str]:
        return {**ENVIRONMENT, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}

    def _here(self, source: str) -> str:
        return source.replace(f"localhost:{_PORT}", f"127.0.0.1:{self.port}")

    def _eventually(self, step: Step, seconds: float = 30) -> str | None:
        """Run what a reader runs after a moment's sleep until it prints what the page shows."""
        deadline = time.monotonic() + seconds
        while (printed := self.follow(step)) is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        return printed

    def _command(self, command: str) -> tuple[str, bool]:
        if _PLAIN.fullmatch(
            _QUOTED.sub("", command)
        ):  # without a process of its own, which takes seconds to import torch
            _, *words = shlex.split(command)
            outcome = run_command(*words, folder=self.folder, one_stream=True)
            return outcome.out, outcome.code != 0
        done = subprocess.run(
            self._here(command),
            shell=True,
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout, done.returncode != 0

    def _once(self, command: str) -> str:
        """Train as the page says, or take what another page has trained by the same command."""
        published = self.folder / "checkpoints"
        if command not in self._trained:
            printed, failed = self._command(command)
            if failed:
                return printed
            kept = Path(tempfile.mkdtemp(dir=self.folder.parent)) / "checkpoints"
            self._trained[command] = printed, shutil.copytree(published, kept)
        printed, kept = self._trained[command]
        if not published.exists():
            shutil.copytree(kept, published)
        return printed

    def _python(self, source: str) -> tuple[str, bool]:
        """Run it with the names that the page's Python has so far, in the page's folder."""
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(io.StringIO()) as printed:
            try:
                exec(compile(self._here(source), "page", "exec"), self._names)
            except Exception:  # reported with the page's other steps
                return printed.getvalue() + traceback.format_exc(), True
        return printed.getvalue(), False


@contextlib.contextmanager
def staged(folder: Path, trained: dict[str, tuple[str, Path]]) -> Iterator[Stage]:
    """A stage whose service ends with the block."""
    stage = Stage(folder, trained)
    try:
        yield stage
    finally:
        stage.close()
