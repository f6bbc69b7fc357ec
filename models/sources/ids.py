"""Ids as they stand in the data: what would make two nodes of one, or one node of many, is refused or noted."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.errors import DataError
from latentlink.models.sources.formats.names import ends_options, says_ends
from latentlink.models.sources.formats.tables import EdgeTable, Layout, NodeTable
from latentlink.models.wording import count, listed, shortened

# Characters that nobody sees at the start or end of a text: all blanks of Unicode, and marks without width.
_BLANKS = {chr(code) for code in range(0x3001) if chr(code).isspace()} | set("\u00ad\u200b\u200e\u200f\u2060\ufeff")
_NUMBERS = re.compile(r"^0*(\d+?)(?:\.0+)?$", re.MULTILINE | re.ASCII)
_MISSING = {
    *("-", "--", "?", ".", "na", "n/a", "#n/a", "nan", "<na>", "nat", "null", "(null)", "none", "nil", "undefined"),
    *("unknown", "missing", "empty", "not available", "\\n"),
    *("#ref!", "#value!", "#name?", "#div/0!", "[object object]"),
}


def checked_links(what: str, table: EdgeTable, *, strip: bool) -> EdgeTable:
    """The table with ids that have no blanks around them, and notes on ids that may be none.

    Args:
        what: the file or query, for errors.
        table: the links.
        strip: whether blanks around ids are removed, else they are an error.

    Raises:
        DataError: ids have blanks around them; or, once they are removed, are empty, or a file's list of nodes has one twice.
    """
    ids, notes = _without_blanks(what, table.ids, strip=strip)
    pairs = table.pairs
    if len(set(ids)) < len(ids):  # Without blanks some are equal.
        if table.layout.lists_nodes:
            _refuse_twice(what, ids)
        row_of = {node: row for row, node in enumerate(dict.fromkeys(ids))}
        ids, pairs = list(row_of), np.array([row_of[node] for node in ids], np.int64)[pairs]
    _refuse_torn(what, ids)
    _refuse_header(what, ids, pairs, table.layout)
    folded = _folded(ids)
    notes = (*table.notes, *notes, *_missing_notes(ids, folded, pairs), *_nearly_equal_notes(ids, folded))
    return replace(table, ids=ids, pairs=pairs, notes=notes)


def checked_nodes(what: str, nodes: NodeTable, *, strip: bool) -> NodeTable:
    """The same for a node table, whose ids stay distinct.

    Raises:
        DataError: as for links.
    """
    ids, notes = _without_blanks(what, nodes.ids, strip=strip)
    if len(set(ids)) < len(ids):
        _refuse_twice(what, ids)
    return replace(nodes, ids=ids, notes=(*nodes.notes, *notes))


def _without_blanks(what: str, ids: list[str], *, strip: bool) -> tuple[list[str], tuple[str, ...]]:
    """Ids without blanks around them, and a note on those that had some."""
    padded = [node for node in ids if node[0] in _BLANKS or node[-1] in _BLANKS]
    if not padded:
        return ids, ()
    if not strip:
        raise DataError(
            f"{what}: ids: expected none with blanks around it, found {len(padded):,} of {len(ids):,}, such as "
            f"{padded[0]!r}; remove the blanks, or pass --strip-ids"
        )
    blanks = "".join(_BLANKS)
    if any(not node.strip(blanks) for node in padded):
        raise DataError(f"{what}: ids: expected more than blanks, found an id of blanks only; fill it or drop the row")
    return [node.strip(blanks) for node in ids], (
        f"Blanks around {len(padded):,} of {len(ids):,} ids are removed, as around {padded[0]!r}.",
    )


def _refuse_twice(what: str, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    node = next(node for node in ids if node in seen or seen.add(node))  # type: ignore[func-returns-value]
    raise DataError(f"{what}: ids: expected each node once, found {node!r} again without blanks; drop or rename one")


def _refuse_torn(what: str, ids: Sequence[str]) -> None:
    """Ids of a query with an odd number of quotes or a line end: DuckDB reads a CSV with an open quote without an error."""
    torn = [node for node in ids if node.count('"') % 2 or "\n" in node] if what == "--sql" else []
    if torn:
        raise DataError(
            f"--sql: ids: expected whole texts, found {len(torn):,} with an open quote or a line end, such as "
            f"{shortened(torn[0])!r}; close the quotes in the file, or remove them with replace(…) in the query"
        )


def _refuse_header(what: str, ids: Sequence[str], pairs: Int64, layout: Layout) -> None:
    """Names of columns that are read as a link: a header below `--no-header`, or once more between the rows."""
    if layout.lists_nodes:
        return
    if layout.named:
        ends = {layout.source, layout.target}
        rows = [row for row, node in enumerate(ids) if node in ends]
        again = int((np.sort(pairs, axis=1) == rows).all(axis=1).sum()) if len(rows) == len(ends) else 0
        if again:
            raise DataError(
                f"{what}: expected the names of columns once, found {layout.source!r} and {layout.target!r} in {again:,} more "
                "rows, as where files are put together; drop these rows"
            )
    elif _is_header(ids, pairs):
        one, other = (ids[row] for row in pairs[0])
        raise DataError(
            f"{what}: expected a link in the first row, as --no-header says, found the names of columns {one!r} and "
            f"{other!r}; drop --no-header and pass {ends_options(one, other)}"
        )


def _is_header(ids: Sequence[str], pairs: Int64) -> bool:
    """Whether the first row holds names of ends, or two words above nothing but numbers, that stand nowhere else."""
    first = pairs[0].tolist()
    one, other = (ids[row] for row in first)
    if one == other or any((pairs == row).sum() > 1 for row in first):
        return False
    rest = (node for row, node in enumerate(ids) if row not in first)
    words = len(ids) > 2 and not (one.isdecimal() or other.isdecimal()) and all(node.isdecimal() for node in rest)
    return words or says_ends(one, other)


def _missing_notes(ids: Sequence[str], folded: Sequence[str], pairs: Int64) -> Iterable[str]:
    """A note on each id that elsewhere says that a value is missing."""
    if _MISSING.isdisjoint(folded):
        return
    for row in (row for row, node in enumerate(folded) if node in _MISSING):
        links = int((pairs == row).any(axis=1).sum())
        yield (
            f"{ids[row]!r} is read as an id, of {count(links, 'link')}; if it means that a value is missing, "
            "drop these rows."
        )


def _nearly_equal_notes(ids: Sequence[str], folded: Sequence[str]) -> Iterable[str]:
    """A note on ids that differ in case, in the composition of accents, by leading zeros or by `.0` alone."""
    keys = _NUMBERS.sub(r"\1", "\n".join(folded)).split("\n")
    alike = len(ids) - len(set(keys))
    if alike:
        first_of: dict[str, str] = {}
        pair = next(
            (first_of[key], node) for key, node in zip(keys, ids, strict=True) if first_of.setdefault(key, node) != node
        )
        yield (
            f"{alike:,} of {len(ids):,} ids differ from another one only in case, accents, leading zeros or a final .0, "
            f"such as {listed(map(repr, pair))}; they are read as different nodes."
        )


def _folded(ids: Sequence[str]) -> list[str]:
    """Ids without differences of case and of the composition of accents: one call for all of a million is fast."""
    text = "\n".join(node.replace("\n", " ") for node in ids)
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold().split("\n")
