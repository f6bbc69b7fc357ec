"""The models that pages speak of without training them."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.command import run_command
from tests.docs.pages import ROOT
from tests.docs.stage import BIN, ENVIRONMENT
from tests.e2e.service import free_port, wait_for


class Demo(NamedTuple):
    """A running `make demo`: its port, the directory of its checkpoints, and the file with what it prints."""

    port: int
    checkpoints: Path
    log: Path

    @property
    def printed_command(self) -> str:
        """The call that the demo suggests."""
        [command] = re.findall(r"curl '.*'", self.log.read_text())
        return str(command).replace("curl", "curl -s")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`make demo` with the environment that is running this test, and fewer epochs, which are as good for form."""
    folder = tmp_path_factory.mktemp("demo")
    port, log, venv = free_port(), folder / "log", BIN.parent
    # `-o` takes the set-up as done: this very interpreter stands in it.
    command = ["make", "-o", f"{venv}/.installed", f"VENV={venv}", f"PORT={port}", f"CHECKPOINTS={folder}", "EPOCHS=2"]
    with (
        log.open("w") as out,
        subprocess.Popen([*command, "demo"], cwd=ROOT, env=ENVIRONMENT, stdout=out, stderr=out) as process,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", seconds=300)
            yield Demo(port, folder, log)
        finally:
            subprocess.run(["pkill", "-TERM", "-P", str(process.pid)], check=False)
            process.terminate()


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of checkpoints with the model `people`, as the first tutorial trains it."""
    folder = tmp_path_factory.mktemp("people")
    shutil.copy(ROOT / "docs/people.csv", folder)
    assert run_command("train", "--edges", "people.csv", folder=folder).code == 0
    return folder / "checkpoints"
