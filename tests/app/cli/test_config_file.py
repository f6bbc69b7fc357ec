"""`--config`: a TOML file of options."""

import json
import re
from pathlib import Path

import pytest

from tests.app.cli.conftest import Command, published


def test_options_on_the_command_line_take_precedence(latentlink: Command, tmp_path: Path) -> None:
    """Those of the file stand in for the others, with their types."""
    (tmp_path / "run.toml").write_text('edges = "ring.csv"\nepochs = 2\nlearning-rate = 0.5\ndim = 8\njson = true\n')
    code, out, _ = latentlink("train", "--config", "run.toml", "--dim", 4)
    config = published(tmp_path).manifest.config
    assert [config.epochs, config.learning_rate, config.dim] == [2, 0.5, 4]
    assert (code, json.loads(out.splitlines()[-1])["name"]) == (0, "ring")


@pytest.mark.parametrize(
    ("line", "refit"),
    [("refit = false", False), ("no-refit = true", False), ("no_refit = false", True)],
)
def test_a_flag_has_both_forms_in_a_file(latentlink: Command, tmp_path: Path, line: str, refit: bool) -> None:
    """As on the command line, with - or _."""
    (tmp_path / "run.toml").write_text(f"{line}\n")
    assert latentlink("train", "--edges", "ring.csv", "--epochs", 1, "--dim", 4, "--config", "run.toml").code == 0
    assert published(tmp_path).manifest.config.refit is refit


@pytest.mark.parametrize("key", ["epoch", "no-epochs", "config"])
def test_an_unknown_key_is_refused_with_those_that_are_known(latentlink: Command, tmp_path: Path, key: str) -> None:
    """A typo does not train something else in silence; both forms of a flag are among the known keys."""
    (tmp_path / "run.toml").write_text(f"{key} = 2\n")
    code, _, err = latentlink("train", "--config", "run.toml")
    [known] = re.findall(r"\((.*)\)", err)
    assert (code, err.startswith("error: run.toml: "), f"{key!r}" in err) == (2, True, True)
    assert {"epochs", "header", "no-header", "refit", "no-refit", "time-column"} < set(known.split(", "))
    assert key not in known.split(", ")


REFUSED = {
    'node-rows = "on"\nnode-embeddings = "off"': ["run.toml, node-embeddings: "],
    "epochs = true": ["run.toml, epochs: ", "True"],
    "epochs = [1, 2]": ["run.toml, epochs: ", "[1, 2]"],
    "[name]\nfirst = 1": ["run.toml, name: ", "{'first': 1}"],
    "header = 'yes'": ["run.toml, header: ", "'yes'"],
    "no-header = 1": ["run.toml, no-header: ", " 1\n"],
    'map = "umap"': ["run.toml, map: ", "pca", "'umap'"],
    'epochs = "many"': ["run.toml, epochs: ", "'many'"],
    "epochs = 2.5": ["run.toml, epochs: ", "2.5"],
    'learning-rate = "fast"': ["run.toml, learning-rate: ", "'fast'"],
    "require = [1]": ["run.toml, require: ", "'1'"],
    "sql = ['SELECT 1']": ["run.toml, sql: ", "['SELECT 1']"],
    "edges = ['ring.csv', 'x.csv']": ["run.toml, edges: ", "'ring.csv', 'x.csv'", "RELATION=FILE"],
    'edges = "ring.csv"\ndim = 0': ["run.toml, dim: ", " 1, ", " 0\n"],
    'edges = "ring.csv"\nmodel = "ae"\nencoder = "gcn"': ["run.toml, encoder: ", "'gcn'"],
    'edges = "ring.csv"\nname = "A b"': ["run.toml, name: ", "'A b'"],
    "epochs = -1": ["run.toml, epochs: ", "-1"],
    "threads = 0": ["run.toml, threads: "],
    'model = "x"': ["run.toml, model: ", "'x'"],
    'edges = "none.txt"\ncategory = [1.5, true]': ["run.toml, category: ", "True"],
    'dataset = "karat"': ["run.toml, dataset: ", "'karat'"],
    f"dim = {'[' * 5000}": ["run.toml: "],
    "": ["--edges"],
}


@pytest.mark.parametrize(("line", "named"), REFUSED.items(), ids=lambda case: str(case)[:20])
def test_a_value_that_does_not_fit_is_refused(latentlink: Command, tmp_path: Path, line: str, named: list[str]) -> None:
    """Nothing is made to fit: `epochs = true` doesn't train one epoch; the message names file and key."""
    (tmp_path / "run.toml").write_text(f"{line}\n")
    code, out, err = latentlink("train", "--config", "run.toml")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert [text for text in named if text not in err] == []


def test_a_missing_file_is_named(latentlink: Command) -> None:
    """As any other that can't be read."""
    code, _, err = latentlink("train", "--edges", "ring.csv", "--config", "none.toml")
    assert (code, err[:18], len(err.splitlines())) == (2, "error: none.toml: ", 1)


def test_an_error_of_the_command_line_does_not_blame_the_file(latentlink: Command, tmp_path: Path) -> None:
    """The value that takes precedence is the wrong one."""
    (tmp_path / "run.toml").write_text('edges = "ring.csv"\ndim = 4\n')
    assert latentlink("train", "--config", "run.toml", "--dim", 0).err[:14] == "error: --dim: "
