"""All commands: their help, the version, and an exit that leaves no traceback."""

import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from latentlink.app.cli.commands import command_line
from tests.app.cli.conftest import Command
from tests.e2e.service import LATENTLINK
from tests.models.checkpoint.helpers import publish_small

COMMANDS = [
    *("train", "tune", "check", "publish", "evaluate", "predict", "serve", "new-key", "list-keys", "list"),
    *(
        "inspect",
        "compare",
        "activate",
        "rename",
        "prune",
        "install",
        "push",
        "pull",
        "export",
        "reconstruct",
        "sample",
    ),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(latentlink: Command, command: str) -> None:
    """`--help` shows the usage."""
    code, out, _ = latentlink(command, "--help")
    assert (code, f"latentlink {command} [OPTIONS]" in out) == (0, True)


def test_no_command_is_left_out() -> None:
    """Those above are all."""
    commands = [command for command in command_line().registered_commands if command.callback]
    assert [command.name or command.callback.__name__ for command in commands if command.callback] == COMMANDS


def test_the_version_is_that_of_the_distribution(latentlink: Command) -> None:
    """And nothing else is printed."""
    assert latentlink("--version") == (0, f"{version('latentlink')}\n", "")


def test_a_full_standard_output_ends_with_one_message(tmp_path: Path) -> None:
    """On standard error, with exit code 2 and no traceback, not even from the exit of the interpreter."""
    path = publish_small(tmp_path / "checkpoints")
    with Path("/dev/full").open("w") as full:
        command = [str(LATENTLINK), "inspect", str(path)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr[:24], len(done.stderr.splitlines())) == (2, "error: standard output: ", 1)
