"""Pages keep to the form that makes them readable as text: short lines, narrow tables, short paragraphs."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.pages import README, RECORDS, ROOT, name, pages, prose

PAGES = [page for page in [README, ROOT / "CONTRIBUTING.md", *pages()] if name(page) not in RECORDS]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_lines_wrap_at_120(page: Path) -> None:
    """But for a link or a picture that can't be broken."""
    long = [
        line for line in prose(page).splitlines() if len(line) > 120 and not re.fullmatch(r"\s*!?\[.*\]\(.*\)", line)
    ]
    assert long == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_tables_have_at_most_100_columns(page: Path) -> None:
    """A wider one breaks in a terminal and a diff."""
    assert [line for line in prose(page).splitlines() if line.startswith("|") and len(line) > 100] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_paragraphs_have_under_five_lines(page: Path) -> None:
    """A paragraph is text between empty lines that is no list, table, heading or markup."""
    paragraphs = (part.strip("\n").splitlines() for part in re.split(r"\n\s*\n", prose(page)))
    assert [
        lines for lines in paragraphs if len(lines) > 4 and re.match(r"(?!\[[^\]]+\]:)[^\s|#<*\-\d]", lines[0])
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_lists_and_tables_stand_behind_an_empty_line(page: Path) -> None:
    """The site's Markdown reads them as part of a paragraph else, where a code host does not."""
    lines = prose(page).splitlines()
    begun = [
        line
        for above, line in pairwise(lines)
        if re.match(r"(- |\d+\. |\|)", line) and above and not re.match(r"(\s|- |\d+\. |\||<!--)", above)
    ]
    assert begun == []
