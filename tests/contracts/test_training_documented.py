"""docs/training.md says of every setting of a training what the code says."""

import re
from pathlib import Path

import pytest

from latentlink.models.config import RECIPES, TrainingConfig

GUIDE = (Path(__file__).parents[2] / "docs/training.md").read_text("utf-8")
SETTINGS = GUIDE.split("## Settings")[1].split("\n## ")[0]
HEADER, _, *ROWS = [[cell.strip() for cell in row.split("|")[1:-1]] for row in re.findall(r"^\|.*\|$", SETTINGS, re.M)]
TOLD = {None: "never", True: "yes", False: "no"}


def test_every_setting_has_a_row_with_its_meaning() -> None:
    """The table has the fields of the config in their order, each with the field's own description."""
    fields = TrainingConfig.model_fields.items()
    assert [(row[0], row[-1]) for row in ROWS] == [
        (f"`--{name.replace('_', '-')}`", field.description) for name, field in fields
    ]


@pytest.mark.parametrize("encoder", RECIPES)
def test_the_defaults_of_every_encoder_are_told(encoder: str) -> None:
    """A column holds what a config of that encoder has where nothing else is said."""
    values = TrainingConfig.model_validate({"encoder": encoder}).model_dump().values()
    column = [row[HEADER.index(encoder)] for row in ROWS]
    assert column == [TOLD[value] if value is None or isinstance(value, bool) else str(value) for value in values]
