"""Arguments and options that several commands share."""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, cast

import typer
from typer.models import OptionInfo

from latentlink.app.settings import PREFIX, Settings
from latentlink.models.checkpoint.remote.location import StoreURL, read_location
from latentlink.models.errors import DataError
from latentlink.models.paths import local_path

Model = Annotated[str, typer.Argument(help="NAME or NAME@VERSION, also as STORE/NAME, or a version's directory.")]
STORE_VARIABLE = f"{PREFIX}CHECKPOINTS"


def _directory(text: object) -> Path:
    """A directory of checkpoints, which a `file://` URL names as well.

    Raises:
        DataError: it is a URL of object storage.
    """
    place = read_location(str(text))
    if not isinstance(place, StoreURL):
        return place
    if place.directory is None:
        raise DataError(
            f"--checkpoints: expected a directory, found {place}; copy a model with `latentlink pull`, or train with --publish"
        )
    return place.directory


def path_of(option: str) -> Callable[[object], Path]:
    """What reads the path that an option or argument of this name gives, and refuses a URL."""
    return lambda text: local_path(str(text), option)


Store = Annotated[
    Path,
    typer.Option(
        "--checkpoints",
        envvar=STORE_VARIABLE,
        help="Directory of checkpoints, which holds <name>/<version>/.",
        parser=_directory,
    ),
]
STORE: Path = Settings.model_fields["checkpoints"].default


def json_lines(lines: str, panel: str | None = None) -> OptionInfo:
    """`--json`, in words of `lines` that it prints."""
    help_text = f"Print {lines}; text goes to standard error."
    return cast(OptionInfo, typer.Option("--json", help=help_text, rich_help_panel=panel))


def with_options_of(**groups: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command one option for each field of the dataclasses that it takes, by the names of its parameters."""

    def expand(command: Callable[..., None]) -> Callable[..., None]:
        options = {name: inspect.signature(group).parameters for name, group in groups.items()}

        @wraps(command)
        def expanded(**given: object) -> None:
            made = {name: groups[name](**{one: given.pop(one) for one in of}) for name, of in options.items()}
            command(**made, **given)

        signature = inspect.signature(command)
        own = [parameter for name, parameter in signature.parameters.items() if name not in groups]
        every = [*(parameter for of in options.values() for parameter in of.values()), *own]
        ordered = sorted(every, key=lambda parameter: parameter.kind)
        setattr(expanded, "__signature__", signature.replace(parameters=ordered))  # noqa: B010 - unknown to mypy
        return expanded

    return expand
