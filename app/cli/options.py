"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from latentlink.app.settings import PREFIX

Store = Annotated[Path, typer.Option("--checkpoints", envvar=f"{PREFIX}CHECKPOINTS", help="Directory of checkpoints.")]
STORE = Path("checkpoints")
