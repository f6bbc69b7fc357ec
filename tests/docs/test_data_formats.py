"""Every command of docs/reference/data-formats.md is run, and prints what the page says."""

import shlex
from itertools import takewhile
from pathlib import Path

import pytest

from tests.command import run_command
from tests.docs.pages import DOCS, Step, steps
from tests.docs.tables import write_tables

PAGE = DOCS / "reference/data-formats.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the page speaks of."""
    folder = tmp_path_factory.mktemp("data")
    write_tables(folder)
    return folder


@pytest.mark.parametrize("step", steps(PAGE), ids=lambda step: step.source)
def test_commands_print_what_is_shown(step: Step, folder: Path, tmp_path: Path) -> None:
    """One epoch is enough: the shown lines are those before the training, and no warning is left out."""
    _, *words = shlex.split(step.source)
    quick = ("--epochs", 1, "--dim", 4, "--checkpoints", tmp_path)
    _, out, err = run_command(*words, *quick, folder=folder)
    before = takewhile(lambda line: not line.startswith("training "), out.splitlines())
    assert [*before, *err.splitlines()] == step.shown.splitlines()
