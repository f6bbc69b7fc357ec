"""An operator and a client find in the documentation what the code has."""

from pathlib import Path

import pytest

from latentlink.app.http.problems import PROBLEMS, Problem
from latentlink.app.settings import PREFIX, Settings
from tests.support import Client

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    """docs/operations.md names the variable of every setting."""
    assert f"`{PREFIX}{name.upper()}`" in (DOCS / "operations.md").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_describes_itself(name: str) -> None:
    """The code says what a setting means, with its unit."""
    assert Settings.model_fields[name].description


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda problem: problem.slug)
def test_every_problem_is_documented(problem: Problem) -> None:
    """docs/api.md has a row with the status and the type of every problem that a client can get."""
    assert f"| {problem.status} | `/problems/{problem.slug}` |" in (DOCS / "api.md").read_text("utf-8")


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda problem: problem.slug)
def test_every_problem_is_explained(client: Client, problem: Problem) -> None:
    """What a problem names as its type is a page that says what it means and what to do, in sentences."""
    response = client.get(f"/problems/{problem.slug}")
    title, means, advice, example = response.text.strip().split("\n\n")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert title == f"{problem.status} {problem.title}"
    assert means.endswith(".")
    assert advice.endswith(".")
    assert example.startswith("For example: ")
