"""Markdown by the rules of the documentation: lines of at most 120 characters, tables of at most 100."""

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence

WIDTH = 120
TABLE_WIDTH = 100
_BLOCK = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end of generated -->)", re.DOTALL)


def plain(text: str) -> str:
    """`text` with the characters escaped that Markdown would read as markup outside of code spans."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;").replace("*", r"\*") for part in parts)


def paragraph(text: str) -> str:
    """`text`, which is Markdown already, in lines."""
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def item(text: str, depth: int = 0) -> str:
    """An item of a list, `depth` levels down."""
    indent = "    " * depth
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=f"{indent}- ",
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with columns as wide as their cells.

    Raises:
        ValueError: a row is wider than tables may be.
    """
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    lines = [header, ["-" * width for width in widths], *rows]
    text = ["| " + " | ".join(f"{c:<{w}}" for c, w in zip(line, widths, strict=True)) + " |" for line in lines]
    if len(text[0]) > TABLE_WIDTH:
        raise ValueError(f"table of {header[0]}: expected at most {TABLE_WIDTH} columns, found {len(text[0])}")
    return "\n".join(text)


def slug(heading: str) -> str:
    """The anchor of a heading, as the site's Markdown makes it."""
    kept = re.sub(r"[^\w\s-]", "", heading).strip().lower()
    return re.sub(r"[-\s]+", "-", kept)


def fill(page: str, blocks: Mapping[str, Callable[[], str]]) -> str:
    """`page` with the text between each pair of markers replaced by the block that the first of them names.

    Raises:
        KeyError: a marker names no block.
    """
    return _BLOCK.sub(lambda found: f"{found[1]}\n{blocks[found['name']]().strip()}\n\n{found[3]}", page)
