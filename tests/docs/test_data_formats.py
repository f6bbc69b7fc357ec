"""Every command of docs/reference/data-formats.md is run, and prints what the page says."""

import shlex
import sys
from pathlib import Path

import pytest

from latentlink.app.cli import main
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
def test_commands_print_what_is_shown(
    step: Step,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One epoch is enough: the shown lines are the first on both streams, and no warning is left out."""
    monkeypatch.chdir(folder)
    quick = ["--epochs", "1", "--dim", "4", "--checkpoints", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", [*shlex.split(step.source), *quick])
    with pytest.raises(SystemExit):
        main()
    out, err = capsys.readouterr()
    assert [*out.splitlines()[:1], *err.splitlines()] == step.shown.splitlines()
