"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated, cast

import typer
from typer.models import OptionInfo

from latentlink.app.settings import PREFIX, Settings

Model = Annotated[str, typer.Argument(help="NAME or NAME@VERSION, also as STORE/NAME, or a version's directory.")]
Store = Annotated[
    Path,
    typer.Option("--checkpoints", envvar=f"{PREFIX}CHECKPOINTS", help=Settings.model_fields["checkpoints"].description),
]
STORE: Path = Settings.model_fields["checkpoints"].default


def json_lines(lines: str, panel: str | None = None) -> OptionInfo:
    """`--json`, in words of `lines` that it prints."""
    help_text = f"Print {lines}; text goes to standard error."
    return cast(OptionInfo, typer.Option("--json", help=help_text, rich_help_panel=panel))
