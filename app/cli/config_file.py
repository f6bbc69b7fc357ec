"""`--config`: a TOML file of options; options on the command line take precedence."""

import inspect
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand

from latentlink.app.cli.training.options import kind_of, old_option
from latentlink.models.errors import DataError

# What a value may be by the type of the option; of any other option a string or a number.
_EXPECTED: Mapping[type, tuple[str, tuple[type, ...]]] = {
    bool: ("true or false", (bool,)),
    int: ("a whole number", (int,)),
    float: ("a number", (int, float)),
}


class _Option(NamedTuple):
    """A parameter of the command: its name, type, whether it may be repeated, and what a flag sets (None: no flag)."""

    name: str
    kind: type
    multiple: bool
    flag: bool | None


class Command(TyperCommand):
    """A command that reads one query of links: of most other options given twice the last value counts, as usual."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # click's own class
        """Read the command line.

        Raises:
            DataError: several queries of links are given, of which all but the last would be lost.
        """
        _, _, given = self.make_parser(ctx).parse_args(args=[*args])
        names = [option.name for option in given]
        if (times := names.count("sql")) > 1:
            raise DataError(f"--sql: expected it once, found it {times} times; join the links in one")
        return super().parse_args(ctx, args)


class ConfiguredCommand(Command):
    """A command whose options may stand in a file: what is wrong with the value of one names the file."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # click's own class
        """Read the command line, and the file."""
        with _naming_the_file(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # click's own class
        """Run the command."""
        with _naming_the_file(ctx):
            return super().invoke(ctx)


def read_config(context: typer.Context, path: Path | None) -> Path | None:
    """Make the options in a TOML file the defaults of the command line."""
    if path is None:
        return None
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataError(f"{path}: expected a readable TOML file, found: {error}") from None
    known = dict(_options(context.command))
    defaults: dict[str, object] = {}
    for key, value in given.items():
        name, default = _default(path, key, value, known, context.info_name)
        if name in defaults:
            raise DataError(f"{path}, {key}: expected each option once, found it under another name as well")
        defaults[name] = default
    context.default_map = defaults
    return path


def _options(command: Any) -> Iterator[tuple[str, _Option]]:
    """The options of a command without their dashes, both forms of a flag among them."""
    annotations = {name: p.annotation for name, p in inspect.signature(command.callback).parameters.items()}
    for parameter in command.params:
        if parameter.name not in ("config", "help"):
            kind = kind_of(annotations[parameter.name])
            for option in parameter.opts + parameter.secondary_opts:
                flag = option in parameter.opts if kind is bool else None
                yield option[2:], _Option(parameter.name, kind, parameter.multiple, flag)


def _default(path: Path, key: str, value: object, known: Mapping[str, _Option], command: object) -> tuple[str, object]:
    """Name and value of the parameter that a line of the file `path` stands for: `no-header = true` is header, False."""
    option = old_option(key.replace("_", "-"))
    if option not in known:
        listed = ", ".join(sorted(known.keys() - {"map"}))  # the hidden one, of earlier versions
        raise DataError(f"{path}: expected options of `{command}` ({listed}), found {key!r}")
    name, kind, multiple, flag = known[option]
    expected, kinds = _EXPECTED.get(kind, ("a string or a number", (str, int, float)))
    values = value if multiple and isinstance(value, list) else [value]
    for one in values:
        if type(one) not in kinds:
            raise DataError(f"{path}, {key}: expected {expected}, found {one!r}")
    if multiple:
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
        option = re.match(r"(?:--)?([\w-]+)(?=: )", str(error))
        if option is None or not any(
            _is_of_file(context, str(p.name)) for p in context.command.params if f"--{option[1]}" in p.opts
        ):
            raise
        raise DataError(f"{_file(context)}, {str(error).removeprefix('--')}") from error


def _is_of_file(context: typer.Context, name: str) -> bool:
    """Whether the parameter has its value from the file; the source of one whose value was refused isn't known."""
    source = context.get_parameter_source(name)
    return name in (context.default_map or {}) and (source is None or source.name == "DEFAULT_MAP")


def _file(context: typer.Context) -> object:
    return context.params["config"]
