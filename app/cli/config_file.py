"""`--config`: a TOML file of options; options on the command line take precedence."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import typer

from latentlink.app.cli.training_options import old_option
from latentlink.models.errors import DataError


def read_config(context: typer.Context, path: Path | None) -> Path | None:
    """Make the options in a TOML file the defaults of the command line."""
    if path is None:
        return None
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataError(f"{path}: expected a readable TOML file, found: {error}") from None
    known = {
        option[2:]: (str(parameter.name), option in parameter.opts if getattr(parameter, "is_flag", False) else None)
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


def _default(path: Path, key: str, value: object, known: Mapping[str, tuple[str, bool | None]]) -> tuple[str, object]:
    """Name and value of the parameter that a line of the file `path` stands for: `no-header = true` is header, False.

    `known` maps each option to its parameter and to the value that a flag sets, None for an option that isn't a flag.
    """
    option = old_option(key.replace("_", "-"))
    if option not in known:
        listed = ", ".join(sorted(known.keys() - {"map"}))  # the hidden one, of earlier versions
        raise DataError(f"{path}: expected options of `train` ({listed}), found {key!r}")
    name, flag = known[option]
    if type(value) not in ((str, int, float) if flag is None else (bool,)):
        expected = "a string or a number" if flag is None else "true or false"
        raise DataError(f"{path}, {key}: expected {expected}, found {value!r}")
    return name, value if flag is None else value is flag
