"""Everything that the documentation shows is run, page by page, and prints what the page says."""

import shutil
from pathlib import Path

import pytest

from tests.docs.conftest import Demo
from tests.docs.pages import DOCS, README, ROOT, blocks, name, pages, steps
from tests.docs.stage import staged
from tests.docs.tables import write_tables

# What a page asks of models that it does not train; every other page begins with an empty directory of checkpoints.
GIVEN = {
    "README.md": "movies",
    "docs/reference/api.md": "people",
    "docs/reference/checkpoint.md": "people",
    "docs/reference/client.md": "people",
    "docs/reference/metrics.md": "people",
    "docs/reference/problems.md": "people",
}
ELSEWHERE = {"docs/reference/data-formats.md"}  # run by test_data_formats.py, one epoch a command
# Formats of blocks that nobody runs, but for `text` behind Python, which is its output.
DATA = {"csv", "ini", "json", "nginx", "promql", "text", "toml", "yaml"}
TRAINED: dict[str, tuple[str, Path]] = {}
PAGES = [page for page in [README, *pages()] if steps(page) and name(page) not in ELSEWHERE]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_a_page_shows_is_what_happens(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Every command and every piece of Python, in order, in a folder of its own."""
    (tmp_path / "docs").mkdir()
    shutil.copy(DOCS / "people.csv", tmp_path / "docs")
    write_tables(tmp_path)
    given = GIVEN.get(name(page))
    if given == "movies":
        demo: Demo = request.getfixturevalue("demo")
        shutil.copytree(demo.checkpoints / "movies", tmp_path / "checkpoints/movies")
    elif given == "people":
        shutil.copytree(request.getfixturevalue("people"), tmp_path / "checkpoints")
    with staged(tmp_path, TRAINED) as stage:
        if given:
            stage.serve("latentlink serve")
        outcomes = [(step, stage.follow(step)) for step in steps(page)]
    wrong = [
        f"$ {step.source}\n{step.shown}--- printed:\n{printed}" for step, printed in outcomes if printed is not None
    ]
    assert not wrong, "\n".join([f"{name(page)}: {len(wrong)} of {len(outcomes)} steps differ", *wrong])


@pytest.mark.parametrize("page", [README, ROOT / "CONTRIBUTING.md", *pages()], ids=name)
def test_every_block_is_of_a_known_kind(page: Path) -> None:
    """`console` and `python` are run, `sh` is not, the rest is data; a block without a kind would be run by nobody."""
    assert {block.info for block in blocks(page)} - {"console", "python", "sh", *DATA} == set()
