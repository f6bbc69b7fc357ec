"""Commands, settings of the service and options of a training, from the command line and pydantic's fields."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from typer.main import get_command

from docs.generate import code
from docs.generate.markdown import item, paragraph, plain, table
from docs.generate.schema import default, words

_TYPES = {"Path": "FILE", "str": "TEXT", "int": "INTEGER", "float": "NUMBER", "list": "TEXT …"}
_MANY = 20  # options
_WORDS = {None: "–", True: "yes", False: "no"}


def commands() -> str:
    """Every command: what it does, its arguments, and its options by panel."""
    group: Any = get_command(code.command_line())  # typer's own copy of click has no types to import
    above: dict[str, set[str]] = {}
    return "\n\n".join(part for name, command in group.commands.items() for part in _command(name, command, above))


def _command(name: str, command: Any, above: dict[str, set[str]]) -> Iterator[str]:
    """A command; where it has all the many options of one `above`, these are not repeated."""
    shown = [parameter for parameter in command.params if not parameter.hidden]
    arguments = [parameter for parameter in shown if parameter.param_type_name == "argument"]
    usage = " ".join(["latentlink", name, *(str(argument.name).upper() for argument in arguments), "[OPTIONS]"])
    yield f"## latentlink {name}"
    yield from (paragraph(plain(part)) for part in command.help.split("\n\n"))
    yield f"```text\n{usage}\n```"
    if described := [_parameter(argument, str(argument.name).upper()) for argument in arguments if argument.help]:
        yield "\n".join(described)
    panels: dict[str | None, list[str]] = {}
    for option in shown:
        if option.param_type_name == "option":
            panels.setdefault(option.rich_help_panel, []).append(_parameter(option, _spelled(option)))
    own = {option for options in panels.values() for option in options}
    for other, repeated in above.items():
        if len(repeated) > _MANY and repeated <= own:
            yield f"All options of [`latentlink {other}`](#latentlink-{other}), and:"
            panels = {None: [option for options in panels.values() for option in options if option not in repeated]}
    above[name] = own
    for panel, options in sorted(panels.items(), key=lambda entry: entry[0] is None):
        if len(panels) > 1:
            yield f"**{panel or 'Other'}**"
        yield "\n".join(options)


def _spelled(option: Any) -> str:
    names = ", ".join(option.opts)
    if option.is_flag:
        return "/".join([names, *option.secondary_opts])
    kind = option.type_descriptor.annotation
    return f"{names} {'|'.join(get_args(kind)) if get_origin(kind) is Literal else _TYPES[kind.__name__]}"


def _parameter(parameter: Any, spelled: str) -> str:
    facts = ["required"] if parameter.required and parameter.param_type_name == "option" else []
    if isinstance(parameter.default, bool):
        facts += [f"default `{parameter.opts[0]}`"] if parameter.default else []
    elif parameter.default is not None and not parameter.required:
        facts.append(f"default `{parameter.default}`")
    if parameter.envvar:
        facts.append(f"or the variable `{parameter.envvar}`")
    more = f" ({', '.join(facts)})" if facts else ""
    return item(f"`{spelled}`{more}: {plain(parameter.help or '')}")


def settings() -> str:
    """Every setting of the service: its variable, type, bounds, default and meaning."""
    schema = code.Settings.model_json_schema()
    return "\n\n".join(
        f"## {code.PREFIX}{name.upper()}\n\n{paragraph(plain(field['description']))}\n\n"
        f"{paragraph(f'{_sentence(words(field))}; {default(field) or _nothing(field)}.')}"
        for name, field in schema["properties"].items()
    )


def _nothing(field: Any) -> str:
    return "default: none" if field.get("type") == "array" else "not set by default"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def training_defaults() -> str:
    """The value of every option of a training for each encoder where nothing else is said."""
    recipes = {name: dict(code.TrainingConfig.model_validate({"encoder": name})) for name in _encoders()}
    fields, options = [name for name in code.TrainingConfig.model_fields if name != "encoder"], _options()
    rows = [[f"`{options[name]}`", *(_shown(recipe[name]) for recipe in recipes.values())] for name in fields]
    return table(["option", *(f"`{name}`" for name in recipes)], rows)


def training_options() -> str:
    """What every option of a training means, and which values it takes."""
    properties, options = code.TrainingConfig.model_json_schema(by_alias=False)["properties"], _options()
    return "\n\n".join(
        f"## {options[name]}\n\n{paragraph(plain(field['description']))}\n\n{paragraph(f'{_sentence(words(field))}.')}"
        for name, field in properties.items()
    )


def _encoders() -> list[str]:
    """The encoders in the order of their field: the default first."""
    first = code.TrainingConfig.model_fields["encoder"].default
    return sorted(code.RECIPES, key=lambda name: (name != first, name))


def _options() -> Mapping[str, str]:
    """The option of `latentlink train` that sets each field, as its help shows it."""
    group: Any = get_command(code.command_line())
    return {parameter.name: parameter.opts[0] for parameter in group.commands["train"].params}


def _shown(value: object) -> str:
    return _WORDS[value] if value is None or isinstance(value, bool) else str(value)
