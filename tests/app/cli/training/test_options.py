"""The options of `latentlink train` are the fields of its config, under new names and old ones."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from latentlink.app.cli.commands import command_line
from latentlink.app.cli.training.options import default_text
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError

ROOT: Any = typer.main.get_command(command_line())
TRAIN = ROOT.commands["train"]
OPTIONS = {option.name: option for option in TRAIN.params}
OTHERS = {
    *(
        "edges",
        "sql",
        "database",
        "features",
        "dataset",
        "root",
        "source",
        "target",
        "weight",
        "header",
        "split",
        "config",
    ),
    *(
        "delimiter",
        "encoding",
        "format",
        "numeric",
        "ignore",
        "one_kind",
        "strip_ids",
        "category",
        "filter_columns",
        "source_type",
        "target_type",
        "type_column",
        "directed",
    ),
    *("relation_column", "split_column"),
    *("store_features", "activate", "require", "map_method", "name", "checkpoints", "publish"),
    *("device", "threads", "resume", "log_dir", "mlflow", "as_json"),
}


def _parsed(*arguments: str) -> dict[str, Any]:
    params: dict[str, Any] = TRAIN.make_context("train", list(arguments)).params
    return params


def test_each_option_is_a_field_or_one_of_data_and_run() -> None:
    """No field lacks an option, and no hyperparameter lacks a field."""
    assert OPTIONS.keys() == OTHERS | TrainingConfig.model_fields.keys()


def test_a_tuning_has_the_options_of_a_training() -> None:
    """And those of its search, but for one that is hidden."""
    tuned = {option.name for option in ROOT.commands["tune"].params}
    assert tuned == (OPTIONS.keys() | {"space", "trials"}) - {"map_method"}


@pytest.mark.parametrize("name", TrainingConfig.model_fields)
def test_an_option_is_described_as_its_field(name: str) -> None:
    """The help is the field's description, and nothing is set unless the option is given."""
    assert OPTIONS[name].help == TrainingConfig.model_fields[name].description
    assert (OPTIONS[name].opts[0], OPTIONS[name].default) == (f"--{name.replace('_', '-')}", None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dim", "256; gcn, linear, mlp 16; torch modules 64"),
        ("weight_decay", "0; gcn 0.0005; lookup 0.02"),
        ("patience", "150; gcn, linear, torch modules never; mlp 20; lookup 30"),
        ("encoder", "normalized"),
        ("refit", "true"),
    ],
)
def test_the_default_names_the_encoders_that_differ(name: str, text: str) -> None:
    """Worked out by hand from the recipes."""
    assert (default_text(name), OPTIONS[name].show_default) == (text, text)


def test_the_help_shows_panels_in_order_and_the_defaults_of_encoders(capsys: pytest.CaptureFixture[str]) -> None:
    """Data, Model, Run; each hyperparameter with its default, none under an old name."""
    with pytest.raises(SystemExit):
        ROOT(["train", "--help"])
    out = capsys.readouterr().out
    assert out.index("─ Data ─") < out.index("─ Model ─") < out.index("─ Run ─")
    assert "(256; gcn, linear, mlp 16; torch modules 64)" in re.sub(r"[│\s]+", " ", out)
    assert "--node-rows" not in out
    assert "--sampled" not in out


@pytest.mark.parametrize("names", [("node-embeddings", "node-rows"), ("neighbor-sampling", "sampled")])
def test_an_old_name_is_the_same_option(tmp_path: Path, names: tuple[str, str]) -> None:
    """On the command line, and in a file with dashes or underscores; the command line takes precedence."""
    field, file = names[0].replace("-", "_"), tmp_path / "run.toml"
    for name in names:
        assert _parsed(f"--{name}", "on")[field] == "on"
        for key in (name, name.replace("-", "_")):
            file.write_text(f"{key} = 'on'\n")
            assert _parsed("--config", str(file))[field] == "on"
            assert _parsed("--config", str(file), f"--{names[1]}", "off")[field] == "off"


def test_links_are_given_once() -> None:
    """Those of the first file would be lost; of other options the last value counts, so that a script's can be changed."""
    with pytest.raises(DataError, match=r"^--sql: expected it once, found it 2 times; join"):
        _parsed("--sql", "SELECT 1", "--sql=SELECT 2")
    assert _parsed("--category", "a", "--category", "b", "--dim", "2", "--dim", "4")["category"] == ["a", "b"]
    assert _parsed("--dim", "2", "--dim", "4")["dim"] == 4
