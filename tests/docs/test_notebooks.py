"""The notebooks are whole, linked and without outputs, and every cell runs."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.docs.pages import DOCS

NOTEBOOKS = sorted(DOCS.rglob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@each_notebook
def test_a_notebook_is_stored_without_what_a_run_leaves(path: Path) -> None:
    """It is valid, in the bytes that nbformat writes, and no cell has an output, a count or metadata."""
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    assert path.read_text("utf-8") == nbformat.writes(book) + "\n"
    ran = [cell for cell in book.cells if cell.get("outputs") or cell.get("execution_count") or cell.metadata]
    assert ran == []


@each_notebook
def test_the_first_page_and_the_notebook_page_link_it(path: Path) -> None:
    """Notebooks have no place in the navigation, which lists pages."""
    assert f"(notebooks/{path.name})" in (DOCS / "index.md").read_text("utf-8")
    assert f"(../notebooks/{path.name})" in (DOCS / "how-to/use-in-a-notebook.md").read_text("utf-8")


@pytest.mark.slow
@each_notebook
def test_every_cell_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Jupyter's kernel, in a folder with packages `models` and `app` of the reader's own."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    for table in DOCS.glob("*.csv"):
        shutil.copy(table, tmp_path)
    folder = tmp_path / "notebooks"
    for package in ("models", "app"):
        (folder / package).mkdir(parents=True)
        (folder / package / "__init__.py").touch()
    book = nbformat.read(path, as_version=4)
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
