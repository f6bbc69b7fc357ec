"""All commands: their help, the version, and an exit that leaves no traceback."""

import inspect
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest

from latentlink.app.cli.commands import command_line
from latentlink.app.cli.training.options import kind_of
from latentlink.models.errors import DataError
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


def _paths() -> list[tuple[str, str, Any]]:
    """The command, the parameter and its option, of every parameter that is a path."""
    commands = {command.name or command.callback.__name__: command.callback for command in _registered()}
    return [
        (name, parameter.name, get_args(parameter.annotation)[1])
        for name, callback in commands.items()
        for parameter in inspect.signature(callback).parameters.values()
        if get_origin(parameter.annotation) is Annotated and kind_of(parameter.annotation) is Path
    ]


def _registered() -> list[Any]:
    return [command for command in command_line().registered_commands if command.callback]


@pytest.mark.parametrize(
    ("command", "name", "info"), _paths(), ids=lambda value: str(value) if isinstance(value, str) else ""
)
def test_no_path_is_made_of_a_url(command: str, name: str, info: Any) -> None:
    """A path `s3://b/x` would be a local folder `s3:`; stores of checkpoints alone may be at a URL."""
    assert info.parser is not None, f"{command}: {name} has no parser"
    what = "checkpoints" if name == "checkpoints" else f"(--)?{name.replace('_', '-')}"
    with pytest.raises(DataError, match=f"^(--)?{what}: expected "):
        info.parser("s3:/b/x")
