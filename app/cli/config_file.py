"""`--config`: a TOML file of options; options on the command line take precedence."""

import inspect
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import typer

from latentlink.app.cli.training_options import kind_of, old_option
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
        name, default = _default(path, key, value, known)
        if name in defaults:
            raise DataError(f"{path}, {key}: expected each option once, found it under another name as well")
        defaults[name] = default
    context.default_map = defaults
    return path


def naming_the_file(command: Callable[..., None]) -> Callable[..., None]:
    """Let errors about options whose values are the file's name the file: `run.toml, dim: …` instead of `--dim: …`."""

    @wraps(command)
    def named(context: typer.Context, **options: object) -> None:
        try:
            command(**options)
        except DataError as error:
            found = re.match(r"(?:--)?([a-z-]+)", str(error))
            source = context.get_parameter_source(_name(found[1])) if found else None
            if source is None or source.name != "DEFAULT_MAP":
                raise
            raise DataError(f"{options['config']}, {str(error).removeprefix('--')}") from None

    signature = inspect.signature(command)
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    parameters = [context, *signature.parameters.values()]
    setattr(named, "__signature__", signature.replace(parameters=parameters))  # noqa: B010 - unknown to mypy
    return named


def _options(command: Any) -> Iterator[tuple[str, _Option]]:
    """The options of a command without their dashes, both forms of a flag among them."""
    annotations = {name: p.annotation for name, p in inspect.signature(command.callback).parameters.items()}
    for parameter in command.params:
        if parameter.name not in ("config", "help"):
            kind = kind_of(annotations[parameter.name])
            for option in parameter.opts + parameter.secondary_opts:
                flag = option in parameter.opts if kind is bool else None
                yield option[2:], _Option(parameter.name, kind, parameter.multiple, flag)


def _name(option: str) -> str:
    """The parameter of an option: `map` is a word of Python, and so is its parameter's other name."""
    return {"map": "map_method"}.get(option, option.replace("-", "_"))


def _default(path: Path, key: str, value: object, known: Mapping[str, _Option]) -> tuple[str, object]:
    """Name and value of the parameter that a line of the file `path` stands for: `no-header = true` is header, False."""
    option = old_option(key.replace("_", "-"))
    if option not in known:
        listed = ", ".join(sorted(known.keys() - {"map"}))  # the hidden one, of earlier versions
        raise DataError(f"{path}: expected options of `train` ({listed}), found {key!r}")
    name, kind, multiple, flag = known[option]
    expected, kinds = _EXPECTED.get(kind, ("a string or a number", (str, int, float)))
    values = value if multiple and isinstance(value, list) else [value]
    for one in values:
        if type(one) not in kinds:
            raise DataError(f"{path}, {key}: expected {expected}, found {one!r}")
    if multiple:
        return name, values
    return name, value if flag is None else value is flag
