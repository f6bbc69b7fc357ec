"""The generated parts of the reference are what the code says now."""

import sys
from pathlib import Path

import numpy as np
import pytest
import typer

from docs.generate import __main__, code
from docs.generate.__main__ import pages
from docs.generate.blocks import BLOCKS
from docs.generate.markdown import fill, table
from docs.generate.schema import fields, words
from latentlink.app.http.problems import PROBLEMS, Problem
from latentlink.app.settings import PREFIX, Settings
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.metrics import link_metrics
from latentlink.models.recipes import RECIPES
from tests.docs.pages import DOCS, name
from tests.support import Client

REFERENCE = DOCS / "reference"
_SCORES = np.zeros(1)


@pytest.mark.parametrize("page", pages(), ids=name)
def test_generated_parts_are_those_of_the_code(page: Path) -> None:
    """`make format` writes them anew."""
    text = page.read_text("utf-8")
    assert fill(text, BLOCKS) == text


def test_every_generated_part_stands_on_one_page() -> None:
    """None is made for nothing, none is shown twice."""
    text = "".join(page.read_text("utf-8") for page in pages())
    assert {block: text.count(f"<!-- generated: {block} -->\n") for block in BLOCKS} == dict.fromkeys(BLOCKS, 1)


def test_every_setting_is_documented() -> None:
    """With a heading that names its variable, and what the code says it means."""
    text = " ".join((REFERENCE / "settings.md").read_text("utf-8").split())
    assert [name for name in Settings.model_fields if f"## {PREFIX}{name.upper()} " not in text] == []
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("encoder", RECIPES)
def test_the_defaults_of_every_encoder_are_shown(encoder: str) -> None:
    """The column of an encoder holds what a config of it has where nothing else is said."""
    lines = (REFERENCE / "training-options.md").read_text("utf-8").splitlines()
    header, _, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
    config = TrainingConfig.model_validate({"encoder": encoder})
    words = {None: "–", True: "yes", False: "no"}
    values = [value for name, value in config if name != "encoder"]
    shown = [words[v] if v is None or isinstance(v, bool) else str(v) for v in values]
    assert [row[header.index(f"`{encoder}`")] for row in rows] == shown


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda problem: problem.slug)
def test_every_problem_is_documented_as_it_is_explained(client: Client, problem: Problem) -> None:
    """The service's own page says status, title, meaning, advice and an example, and so does the reference."""
    response = client.get(f"/problems/{problem.slug}")
    title, means, advice, example = response.text.strip().split("\n\n")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert title == f"{problem.status} {problem.title}"
    assert means.endswith(".")
    assert advice.endswith(".")
    assert example.startswith("For example: ")
    text = (REFERENCE / "problems.md").read_text("utf-8")
    assert f"## {problem.slug}\n\n**{problem.status}** {problem.title}" in text


def test_every_ranking_metric_is_defined() -> None:
    """The reference names what an evaluation returns."""
    text = (REFERENCE / "metrics.md").read_text("utf-8")
    scores = link_metrics(*(2 * [_SCORES]))
    assert all(f"`{metric}`" in text for metric in (*scores.by_name(), "mrr"))


def test_the_manifest_lists_what_no_answer_has_and_links_the_rest() -> None:
    """Metrics are fields of `GET /v1/models/{model}`, too, and listed there; the index is described in its place."""
    text = BLOCKS["manifest"]()
    assert "\n- `metrics` ([Metrics](routes.md#metrics))" in text
    assert "\n- `index` (object or null, optional)\n    - `probes` (integer at least 1)" in text
    assert "### Metrics\n" in BLOCKS["answers"]()


def test_floors_are_those_of_the_import_contracts() -> None:
    """The highest first; modules beside each other share a floor, and each says what its docstring says."""
    lines = BLOCKS["floors-of-models"]().splitlines()
    assert lines[0].startswith("- Floor 9: `publishing`. From a trained model to a published checkpoint")
    assert [line[:24] for line in lines if "Floor 8" in line] == [
        "- Floor 8: `training`. T",
        "- Floor 8: `sources`. Fi",
    ]
    assert lines[-1].startswith("- Floor 1: `option_names`. ")


def test_a_type_of_several_names_is_written_in_words() -> None:
    """JSON Schema allows a list of types."""
    assert words({"type": ["string", "null"]}) == "string or null"


def test_fields_that_differ_in_name_alone_share_an_item() -> None:
    """Type, description and whether they are required are the same."""
    kinds = {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"type": "string"}, "d": {"type": "string"}}
    schema = {"properties": kinds, "required": ["a", "b", "c"]}
    assert list(fields(schema, given=False)) == ["- `a`, `c` (string)", "- `b` (integer)", "- `d` (string, optional)"]


def test_hidden_options_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Old names keep working, and are shown to nobody."""

    def train(new: str = typer.Option("a", help="Kept."), old: str = typer.Option("b", hidden=True)) -> None:
        """Train."""

    cli = typer.Typer()
    cli.command()(train)
    cli.command("other")(train)
    monkeypatch.setattr(code, "command_line", lambda: cli)
    assert "- `--new TEXT` (default `a`): Kept.\n" in BLOCKS["commands"]()
    assert "--old" not in BLOCKS["commands"]()


def test_the_check_names_a_stale_page_and_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check`, the first step of `make docs`, ends with exit code 1; without it the page is written."""
    page = tmp_path / "docs/page.md"
    page.parent.mkdir()
    page.write_text("<!-- generated: prometheus -->\nold\n<!-- end of generated -->\n")
    monkeypatch.setattr(__main__, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["generate", "--check"])
    with pytest.raises(SystemExit, match="1"):
        __main__.main()
    assert "old" in page.read_text()
    assert capsys.readouterr().out.startswith("docs/page.md: differs")
    monkeypatch.setattr(sys, "argv", ["generate"])
    with pytest.raises(SystemExit, match="0"):
        __main__.main()
    assert "latentlink_request_seconds" in page.read_text()


def test_a_stale_block_is_replaced_and_the_rest_stays() -> None:
    """Only the text between the markers changes."""
    page = "# A\n\n<!-- generated: x -->\nold\n<!-- end of generated -->\n\nby hand\n"
    filled = fill(page, {"x": lambda: "new"})
    assert filled == "# A\n\n<!-- generated: x -->\n\nnew\n\n<!-- end of generated -->\n\nby hand\n"
    assert fill(filled, {"x": lambda: "new"}) == filled


def test_a_table_that_is_too_wide_is_refused() -> None:
    """A table of more than 100 columns can't be read in the source."""
    with pytest.raises(ValueError, match="at most 100 columns, found 105"):
        table(["name"], [["x" * 101]])
