"""`python -m docs.generate` rewrites the generated blocks of every page; `--check` names the pages that differ."""

import sys
from pathlib import Path

from docs.generate.blocks import BLOCKS
from docs.generate.markdown import fill

ROOT = Path(__file__).parents[2]


def pages() -> list[Path]:
    """The pages that have generated blocks."""
    return sorted(path for path in (ROOT / "docs").rglob("*.md") if "<!-- generated: " in path.read_text("utf-8"))


def main() -> None:
    """Write, or with `--check` only compare: exit code 1 and the names of the pages that the code has left behind."""
    check = sys.argv[1:] == ["--check"]
    stale = [page for page in pages() if fill(page.read_text("utf-8"), BLOCKS) != page.read_text("utf-8")]
    for page in stale:
        print(f"{page.relative_to(ROOT)}: {'differs from the code; run make format' if check else 'written'}")
        if not check:
            page.write_text(fill(page.read_text("utf-8"), BLOCKS), "utf-8")
    sys.exit(int(check and bool(stale)))


if __name__ == "__main__":
    main()
