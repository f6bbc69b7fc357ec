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
from latentlink.models.wording import count, listed_names, shortened

# Characters that nobody sees at the start or end of a text: all blanks of Unicode, and marks without width.
_BLANKS = {chr(code) for code in range(0x3001) if chr(code).isspace()} | set("\u00ad\u200b\u200e\u200f\u2060\ufeff")
# Whole numbers with leading zeros or `.0` behind them.
_NUMBERS = re.compile(r"^(?:0+(\d+?)(?:\.0+)?|(\d+)\.0+)$", re.MULTILINE | re.ASCII)
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
    if notes and len(set(ids)) < len(ids):  # Without blanks some are equal.
        if table.layout.lists_nodes:
            _refuse_twice(what, ids)
        row_of = {node: row for row, node in enumerate(dict.fromkeys(ids))}
        ids, pairs = list(row_of), np.array([row_of[node] for node in ids], np.int64)[pairs]
    _refuse_torn(what, ids)
    _refuse_header(what, ids, pairs, table.layout)
    text = _joined(ids)
    folded = _folded(text)
    notes = (*table.notes, *notes, *_missing_notes(ids, folded, pairs), *_nearly_equal_notes("ids", ids, text, folded))
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
    text = _joined(ids)
    if not any(blank in text for blank in _BLANKS - {"\n"}):  # as in most files: one search in all ids, not one in each
        return ids, ()
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
        if layout.by_name and not ends.isdisjoint(ids):
            raise DataError(
                f"{what}: expected the names of columns in the first row, found {layout.source!r} and {layout.target!r}, which "
                f"are ids as well; pass --no-header if they are a link, else {ends_options(layout.source, layout.target)}"
            )
        rows = sorted(ids.index(end) for end in ends if end in ids)
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
            f"{other!r}; drop --no-header{'' if layout.unused else f' and pass {ends_options(one, other)}'}"
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


def _missing_notes(ids: Sequence[str], folded: str, pairs: Int64) -> Iterable[str]:
    """A note on each id that elsewhere says that a value is missing."""
    texts = folded.split("\n")
    if _MISSING.isdisjoint(texts):
        return
    for row in (row for row, text in enumerate(texts) if text in _MISSING):
        links = int((pairs == row).any(axis=1).sum())
        yield (
            f"{ids[row]!r} is read as an id, of {count(links, 'link')}; if it means that a value is missing, "
            "drop these rows."
        )


def nearly_equal_notes(what: str, names: Sequence[str]) -> Iterable[str]:
    """A note on names of types that differ as ids may, or by blanks around them alone.

    Args:
        what: the plural of what they name.
        names: distinct.
    """
    bare = "".join(_BLANKS)
    folded = _folded(_joined([name.strip(bare) for name in names]))
    return _nearly_equal_notes(what, names, _joined(names), folded, "case, accents, blanks")


def _nearly_equal_notes(
    what: str, ids: Sequence[str], text: str, folded: str, ways: str = "case, accents"
) -> Iterable[str]:
    """A note on ids that differ in the `ways` in which `folded` does not, by leading zeros or by `.0` alone."""
    numbers = ".0" in folded or "\n0" in f"\n{folded}"
    keys = _NUMBERS.sub(r"\1\2", folded) if numbers else folded
    if keys == text:  # The ids themselves are distinct.
        return
    key_of = keys.split("\n")
    alike = len(ids) - len(set(key_of))
    if alike:
        first_of: dict[str, str] = {}
        pair = next(
            (first_of[key], node)
            for key, node in zip(key_of, ids, strict=True)
            if first_of.setdefault(key, node) != node
        )
        yield (
            f"{alike:,} of {len(ids):,} {what} differ from another one only in {ways}, leading zeros or a final "
            f".0, such as {listed_names(pair)}; they are read as different {what}."
        )


def _joined(ids: Sequence[str]) -> str:
    """All ids, one a line, since one call for all of a million is fast; a line end inside of an id becomes a blank."""
    text = "\n".join(ids)
    return text if text.count("\n") < len(ids) else "\n".join(node.replace("\n", " ") for node in ids)


def _folded(text: str) -> str:
    """Without differences of case and of the composition of accents."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()
