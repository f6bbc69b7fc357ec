"""Every command that the README shows is run, and answers what the README says but for its numbers."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.oracle import assert_answers_are_numpys
from tests.e2e.service import free_port, running_service, wait_for

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BIN = Path(sys.executable).parent
# `make test` runs this in a make; a make in it must not take itself for that one's child.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}


class Shown(NamedTuple):
    """A command of the README and the output beneath it."""

    command: str
    output: str


def _shown() -> list[Shown]:
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    steps = [step for block in blocks for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    return [Shown(*step.split("\n", 1)) for step in steps]


STEPS = _shown()
DEMO = [step for step in STEPS if "models/movies" in step.command]
PEOPLE = [step for step in STEPS if "models/people" in step.command]
OFFLINE = [step for step in STEPS if step.command.startswith(("head", "latentlink train"))]
SERVE = [step for step in STEPS if step.command.startswith("latentlink serve")]
CONTAINERS = [step for step in STEPS if step.command.startswith("docker compose")]


def _run(command: str, folder: Path, port: int = 8000) -> str:
    environment = {**ENVIRONMENT, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    command = command.replace("localhost:8000", f"127.0.0.1:{port}")
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def _skeleton(text: str) -> str:
    """The text without what differs between machines: numbers, and the spaces before them."""
    return re.sub(r"\s*\d[\d.,]*(T\d+Z)?", " #", text).strip()


def _shape(value: object) -> object:
    """A JSON value with its keys, lengths and types, but without its numbers and ids."""
    if isinstance(value, dict):
        return {key: _shape(member) for key, member in value.items()}
    return [_shape(item) for item in value] if isinstance(value, list) else type(value).__name__


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the table that the README speaks of."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "people.csv", folder / "docs")
    return folder


@pytest.fixture(scope="module")
def trained(people: Path) -> dict[str, str]:
    """What the commands before `latentlink serve` print."""
    return {step.command: _run(step.command, people) for step in OFFLINE}


@pytest.fixture(scope="module")
def port(people: Path, trained: dict[str, str]) -> Iterator[int]:
    """`latentlink serve` as the README starts it, on a free port."""
    assert trained
    [step] = SERVE
    _, _, _, checkpoints = shlex.split(step.command)
    with running_service(people / checkpoints) as service:
        yield int(service.url.rpartition(":")[2])


def test_no_command_is_left_out() -> None:
    """Each command of the README is of a kind that is run here; containers have a contract of their own."""
    assert sorted(STEPS) == sorted([*DEMO, *PEOPLE, *OFFLINE, *SERVE, *CONTAINERS])
    assert all((DEMO, PEOPLE, OFFLINE, SERVE, CONTAINERS))


@pytest.mark.parametrize("step", OFFLINE, ids=lambda step: step.command)
def test_commands_print_what_is_shown(step: Shown, trained: dict[str, str]) -> None:
    """The output is the README's, but for its numbers."""
    assert _skeleton(trained[step.command]) == _skeleton(step.output)


@pytest.mark.parametrize("step", PEOPLE, ids=lambda step: step.command)
def test_calls_answer_what_is_shown(step: Shown, people: Path, port: int) -> None:
    """The answer has the README's fields."""
    assert _shape(json.loads(_run(step.command, people, port))) == _shape(json.loads(step.output))


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """`make demo` with the environment that is running this test; its port and what it prints."""
    port, log = free_port(), tmp_path / "log"
    venv = BIN.parent
    # `-o` takes the set-up as done: this very interpreter stands in it.
    command = ["make", "-o", f"{venv}/.installed", f"VENV={venv}", f"PORT={port}", f"CHECKPOINTS={tmp_path}", "demo"]
    with log.open("w") as out, subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=out, stderr=out) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", seconds=300)
            yield port, log
        finally:
            subprocess.run(["pkill", "-TERM", "-P", str(process.pid)], check=False)
            process.terminate()


def test_the_demo_trains_serves_and_answers(demo: tuple[int, Path], tmp_path: Path) -> None:
    """`make demo` ends in a service that answers as the README says, with a curl that works, and every route as numpy does."""
    port, log = demo
    [step] = DEMO
    assert _shape(json.loads(_run(step.command, tmp_path, port))) == _shape(json.loads(step.output))
    [printed] = re.findall(r"curl '.*'", log.read_text())
    neighbors = json.loads(_run(printed.replace("curl", "curl -s"), tmp_path, port))["neighbors"]
    assert len({neighbor["node"] for neighbor in neighbors}) == 5
    [version] = (tmp_path / "movies").glob("2*")
    assert_answers_are_numpys(f"http://127.0.0.1:{port}", version)


def test_the_suite_is_what_make_test_runs() -> None:
    """`make test` runs pytest in the environment that `make setup` made."""
    printed = _run("make -n test", ROOT)
    assert printed.splitlines()[-1] == ".venv/bin/python -m pytest"


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_links_lead_somewhere(target: str) -> None:
    """Every local link of the README names a file of the project."""
    assert (ROOT / target).is_file()
