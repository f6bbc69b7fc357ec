"""Pages keep to the form that makes them readable as text: short lines, narrow tables, short paragraphs."""

import re
from collections.abc import Callable
from itertools import pairwise

from tests.docs.pages import README, RECORDS, ROOT, name, pages, prose

PAGES = [page for page in [README, ROOT / "CONTRIBUTING.md", *pages()] if name(page) not in RECORDS]


def _wrong(offences: Callable[[str], list[str]]) -> dict[str, list[str]]:
    """What is wrong on each page that is not in order."""
    found = {name(page): offences(prose(page)) for page in PAGES}
    assert len(found) > 50
    return {page: wrong for page, wrong in found.items() if wrong}


def test_lines_wrap_at_120() -> None:
    """But for a link or a picture that can't be broken."""
    alone = re.compile(r"\s*!?\[.*\]\(.*\)")
    assert _wrong(lambda text: [x for x in text.splitlines() if len(x) > 120 and not alone.fullmatch(x)]) == {}


def test_tables_have_at_most_100_columns() -> None:
    """A wider one breaks in a terminal and a diff."""
    assert _wrong(lambda text: [x for x in text.splitlines() if x.startswith("|") and len(x) > 100]) == {}


def test_paragraphs_have_under_five_lines() -> None:
    """A paragraph is text between empty lines that is no list, table, heading or markup."""

    def long(text: str) -> list[str]:
        parts = (part.strip("\n") for part in re.split(r"\n\s*\n", text))
        return [x for x in parts if x.count("\n") > 3 and re.match(r"(?!\[[^\]]+\]:)[^\s|#<*\-\d]", x)]

    assert _wrong(long) == {}


def test_lists_and_tables_stand_behind_an_empty_line() -> None:
    """The site's Markdown reads them as part of a paragraph else, where a code host does not."""

    def begun(text: str) -> list[str]:
        return [
            line
            for above, line in pairwise(text.splitlines())
            if re.match(r"(- |\d+\. |\|)", line) and above and not re.match(r"(\s|- |\d+\. |\||<!--)", above)
        ]

    assert _wrong(begun) == {}
