"""Files that options give: by names in front of `=`, and what a file is called."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from latentlink.models.errors import DataError
from latentlink.models.file_formats import NAMES, is_query
from latentlink.models.wording import listed


def by_name(
    option: str,
    given: Sequence[str] | None,
    named: Callable[[str], tuple[str, str] | None],
    expected: str,
    advice: str,
) -> str | dict[str, str] | None:
    """The one file that an option gives, or several by the name in front of `=`; None without any.

    Args:
        option: of the texts, for the error.
        given: its texts.
        named: parts a text into name and file; None for a file without a name.
        expected: for the error, what was expected.
        advice: and what to do.

    Raises:
        DataError: there are several files without names, or with equal ones; or one that is no path has a name that isn't known.
    """
    texts = given or ()
    files = dict(pair for text in texts if (pair := named(text)))
    if len(files) == len(texts):
        return files or None
    if len(texts) > 1 or ("=" in texts[0] and not is_query(texts[0]) and not Path(texts[0]).exists()):
        raise DataError(f"{option}: expected {expected}, found {listed(map(repr, texts), 4)}; {advice}")
    return texts[0]


def stem_of(file: str) -> str:
    """What a file is called, without the suffixes of its packing and format; KONECT's files are called `out.NAME`."""
    name = re.sub(r"\.(gz|bz2|xz|zst)$", "", Path(file).name.lower())
    if name == "-":
        return "stdin"
    konect = name.startswith("out.") and Path(name).suffix not in NAMES
    return name.removeprefix("out.") if konect else Path(name).stem
