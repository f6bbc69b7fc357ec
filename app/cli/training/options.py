"""The options of `latentlink train` that are fields of `TrainingConfig`, generated from the fields: no text stands twice."""

import inspect
from collections.abc import Callable
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import typer

from latentlink.app.cli.data_options import DATA
from latentlink.models.config import TrainingConfig, new_name
from latentlink.models.recipes import RECIPES, is_module

MODEL, RUN = "Model", "Run"
_PANELS = {
    "time_column": DATA,
    **dict.fromkeys(("model", "encoder", "dim", "hidden", "hops", "node_embeddings", "parts"), MODEL),
}


def with_training_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give `command`, which takes `**settings`, one option for each field; options of the same panel stand together."""
    signature = inspect.signature(command)
    parameters = (p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD)
    own = [p.replace(kind=p.KEYWORD_ONLY) for p in parameters]  # in any order
    settings = [_parameter(name) for name in TrainingConfig.model_fields]
    # Panels appear in the order of their first options.
    ordered = [*_in(own, DATA), *(p for panel in (DATA, MODEL, RUN) for p in _in(settings, panel))]
    rest = [parameter for parameter in own if parameter not in ordered]
    setattr(command, "__signature__", signature.replace(parameters=[*ordered, *rest]))  # noqa: B010 - unknown to mypy
    return command


def default_text(name: str) -> str:
    """The default of a field, then those of encoders that have another one: `256; others 16`, `0; gcn 0.0005`."""
    default, encoders = getattr(TrainingConfig(), name), dict[object, list[str]]()
    if name == "encoder":
        return str(default)
    for encoder in RECIPES:
        value = getattr(TrainingConfig.model_validate({"encoder": encoder}), name)
        encoders.setdefault(value, []).append("torch modules" if is_module(encoder) else encoder)
    alike = len(encoders.pop(default)) == 1 and len(encoders) == 1
    texts = [f"{'others' if alike else ', '.join(group)} {_text(value)}" for value, group in encoders.items()]
    return "; ".join([_text(default), *texts])


def old_option(token: str) -> str:
    """The present name of a renamed option or key, without dashes in front: `node-rows` is `node-embeddings`."""
    name = token.replace("-", "_")
    return new_name(name).replace("_", "-") if new_name(name) != name else token


def kind_of(annotation: Any) -> type:
    """The type of one value of an option; pydantic then checks choices and ranges, and words the error."""
    if get_origin(annotation) is Literal:
        return str
    if get_origin(annotation) is Annotated:
        return kind_of(get_args(annotation)[0])
    alternatives = [kind for kind in get_args(annotation) if kind is not NoneType]
    return kind_of(alternatives[0]) if alternatives else annotation


def _parameter(name: str) -> inspect.Parameter:
    field = TrainingConfig.model_fields[name]
    kind, option = kind_of(field.annotation), f"--{name.replace('_', '-')}"
    declared = f"{option}/--no-{option[2:]}" if kind is bool else option
    info = typer.Option(
        declared,
        help=field.description,
        rich_help_panel=_PANELS.get(name, RUN),
        show_default=False if field.default is None else default_text(name),
    )
    annotation = Annotated[kind | None, info]  # type: ignore[valid-type]  # made at runtime
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _in(parameters: list[inspect.Parameter], panel: str) -> list[inspect.Parameter]:
    options = (p for p in parameters if get_origin(p.annotation) is Annotated)  # and not the context
    return [p for p in options if p.annotation.__metadata__[0].rich_help_panel == panel]


def _text(value: object) -> str:
    if value is None:
        return "never"
    return f"{value:g}" if isinstance(value, float) else str(value).lower()
