"""The pages of the documentation, and the fenced blocks on them."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
# What was decided and found, and when: as long, and in the words, of its day.
RECORDS = {"docs/LOG.md", "docs/changelog.md", "docs/decisions.md"}
_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A fenced block: the word behind its fence, its text, and what stands between it and the block before."""

    info: str
    text: str
    before: str


class Step(NamedTuple):
    """A command, or a piece of Python, and the output that the page shows for it; empty where it shows none."""

    kind: str
    source: str
    shown: str


def name(page: Path) -> str:
    """The page as its address in the repository."""
    return str(page.relative_to(ROOT))


def pages(folder: Path = DOCS) -> list[Path]:
    """Every Markdown page below a folder."""
    return sorted(folder.rglob("*.md"))


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text, found, end = page.read_text("utf-8"), [], 0
    for fence in _FENCE.finditer(text):
        found.append(Block(fence["info"].strip(), fence["text"], text[end : fence.start()]))
        end = fence.end()
    return found


def prose(page: Path) -> str:
    """The text of a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def steps(page: Path) -> list[Step]:
    """What a reader of the page runs, in order.

    `console` blocks hold commands behind `$ `, continued behind `> ` or a backslash, each with its output. The output of a
    `python` block is the `text` block right behind it.
    """
    return list(_steps(blocks(page)))


def _steps(found: list[Block]) -> Iterator[Step]:
    for block, after in pairwise([*found, Block("", "", "")]):
        if block.info == "console":
            for command in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                lines = command.splitlines(keepends=True)
                end = next(i for i in range(1, len(lines) + 1) if not _goes_on(lines, i))
                source = lines[0] + "".join(re.sub(r"^> ?", "", line) for line in lines[1:end])
                yield Step("console", source.strip(), "".join(lines[end:]))
        elif block.info == "python":
            follows = after.info == "text" and not after.before.strip()
            yield Step("python", block.text, after.text if follows else "")


def _goes_on(lines: list[str], at: int) -> bool:
    """Whether the line `at` belongs to the command above it."""
    return at < len(lines) and (lines[at].startswith("> ") or lines[at - 1].endswith("\\\n"))
