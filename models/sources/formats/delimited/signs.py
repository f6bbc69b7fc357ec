"""What a delimited text says of its links beside names and cells: in comments at its top, and by texts that repeat."""

import re
from itertools import islice

from latentlink.models.sources.formats.numbers import parsed
from latentlink.models.sources.formats.rows import Text, comment_lines, read_rows
from latentlink.models.wording import count, shortened

_COUNTED = 10_000  # rows whose texts are counted
_KONECT = re.compile(r"%\s*bip\b")
_DIRECTED = re.compile(r"[#%]\s*(asym|sym|Directed|Undirected)\b(?! graph \(each unordered)")


def are_triples(text: Text) -> bool:
    """Whether the second of three columns, or more, repeats few texts that stand in neither of its neighbours, as relations do.

    There is no header.
    """
    if not text.triples:
        return False
    rows = [row[:3] for _, row in islice(read_rows(text), _COUNTED)]
    if not rows or len(rows[0]) < 3:
        return False
    source, relation, target = (set(column) for column in zip(*rows, strict=True))
    few = 2 * len(relation) <= len(rows) and len(relation) < min(len(source), len(target))
    texts = None in map(parsed, relation) and None in map(parsed, target)
    return few and texts and relation.isdisjoint(source | target)


def comment_notes(text: Text) -> tuple[str, ...]:
    """A note on the lines at the top that were skipped."""
    skipped = comment_lines(text)
    if not skipped:
        return text.notes
    lines, last = count(len(skipped), "line"), shortened(skipped[-1])
    return (*text.notes, f"{text.path.name}: {lines} at the top skipped as comments, such as {last!r}.")


def said_by_comments(text: Text) -> frozenset[bool]:
    """Whether the first comment says that links are directed, as those of KONECT and SNAP do; empty where it says nothing."""
    said = _DIRECTED.match(_first_comment(text))
    return frozenset() if said is None else frozenset([said[1] in ("asym", "Directed")])


def says_two_kinds(text: Text) -> bool:
    """Whether the first comment says that the ends are nodes of two kinds, as those of KONECT do."""
    return _KONECT.match(_first_comment(text)) is not None


def _first_comment(text: Text) -> str:
    return next(iter(comment_lines(text)), "")
