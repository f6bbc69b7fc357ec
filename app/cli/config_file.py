"""`--config`: a TOML file of options; options on the command line take precedence."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand

from latentlink.app.cli.training_options import old_option
from latentlink.models.errors import DataError


class ConfiguredCommand(TyperCommand):
    """A command whose options may stand in a file: what is wrong with the value of one names the file."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # click's own class
        """Read the command line, and the file."""
        with _naming_the_file(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # click's own class
        """Run the command."""
        with _naming_the_file(ctx):
            return super().invoke(ctx)


class _Option(NamedTuple):
    """What a key of the file stands for: a parameter, the value of a flag (else None), and whether it may be a list."""

    parameter: str
    flag: bool | None
    several: bool


def read_config(context: typer.Context, path: Path | None) -> Path | None:
    """Make the options in a TOML file the defaults of the command line."""
    if path is None:
        return None
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataError(f"{path}: expected a readable TOML file, found: {error}") from None
    known = {
        option[2:]: _Option(
            str(parameter.name),
            option in parameter.opts if getattr(parameter, "is_flag", False) else None,
            getattr(parameter, "multiple", False),
        )
        for parameter in context.command.params
        for option in parameter.opts + parameter.secondary_opts
        if parameter.name not in ("config", "help")
    }
    defaults: dict[str, object] = {}
    for key, value in given.items():
        name, default = _default(path, key, value, known)
        if name in defaults:
            raise DataError(f"{path}, {key}: expected each option once, found it under another name as well")
        defaults[name] = default
    context.default_map = defaults
    return path


def _default(path: Path, key: str, value: object, known: Mapping[str, _Option]) -> tuple[str, object]:
    """Name and value of the parameter that a line of the file `path` stands for: `no-header = true` is header, False."""
    option = old_option(key.replace("_", "-"))
    if option not in known:
        listed = ", ".join(sorted(known.keys() - {"map"}))  # the hidden one, of earlier versions
        raise DataError(f"{path}: expected options of `train` ({listed}), found {key!r}")
    name, flag, several = known[option]
    values = value if several and isinstance(value, list) else [value]
    if any(type(one) not in ((str, int, float) if flag is None else (bool,)) for one in values):
        expected = "a string or a number" if flag is None else "true or false"
        raise DataError(f"{path}, {key}: expected {expected}, found {value!r}")
    if several:
        return name, values
    return name, value if flag is None else value is flag


@contextmanager
def _naming_the_file(context: typer.Context) -> Iterator[None]:
    """Errors that begin with an option of the file begin with the file instead."""
    try:
        yield
    except typer.BadParameter as error:
        name = "" if error.param is None else str(error.param.name)
        if not _is_of_file(context, name):
            raise
        value = (context.default_map or {})[name]
        raise DataError(
            f"{_file(context)}, {name.replace('_', '-')}: expected another value, found {value!r}: {error.message}"
        ) from None
    except DataError as error:
        option = re.match(r"--[\w-]+(?=: )", str(error))
        if option is None or not any(
            _is_of_file(context, str(p.name)) for p in context.command.params if option[0] in p.opts
        ):
            raise
        raise DataError(f"{_file(context)}, {str(error)[2:]}") from error


def _is_of_file(context: typer.Context, name: str) -> bool:
    """Whether the parameter has its value from the file; the source of one whose value was refused isn't known."""
    source = context.get_parameter_source(name)
    return name in (context.default_map or {}) and (source is None or source.name == "DEFAULT_MAP")


def _file(context: typer.Context) -> object:
    return context.params["config"]
