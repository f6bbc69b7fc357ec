"""What stands between the fields of a text, by its first rows. Where two readings are possible, the error shows both."""

import csv
import re
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.packing import format_suffix
from latentlink.models.sources.formats.rows import COMMENTS, DELIMITER_NAMES, DELIMITERS
from latentlink.models.wording import listed_names, shortened

BLANKS, COLONS = " ", "::"
ATTRIBUTES = "{}"  # two ids and a dict of Python, as networkx writes them
# The character that stands in a copy for what no reader takes as a delimiter.
IN_COPY = {BLANKS: "\t", COLONS: "\x1f", ATTRIBUTES: "\t"}
_WORDS = {
    **{name: mark for mark, name in DELIMITER_NAMES.items()},
    **{"comma": ",", "tab": "\t", r"\t": "\t", "semicolon": ";", "bar": "|", "pipe": "|", "blank": " ", "space": " "},
}
_MARKS = ("\t", ";", "|", COLONS, ",", BLANKS)
_ATTRIBUTES = re.compile(r"[^\s{]+[ \t]+[^\s{]+[ \t]+\{.*\}\s*")
_QUOTED = re.compile(r'"(?:[^"]|"")*(?:"|\Z)|[ \t]+')
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_DECIMAL = re.compile(r"[-+]?\d+,\d+")
_MANY = 100  # rows of which the last one may be cut
Rows = Sequence[Sequence[str]]


def given_delimiter(text: str) -> str:
    """The delimiter that `--delimiter` names.

    Raises:
        DataError: it names none.
    """
    mark = _WORDS.get(text, text)
    if mark == COLONS or (len(mark) == 1 and mark.isascii() and not mark.isalnum() and mark not in "\"'\r\n\0.-+_"):
        return mark
    raise DataError(
        f"--delimiter: expected comma, tab, semicolon, bar, blanks, '::' or another character, found {shortened(text)!r}; "
        "name what stands between the fields"
    )


def usual_delimiter(path: Path) -> str | None:
    """The delimiter that the name of a file promises, if it promises one."""
    suffix = format_suffix(path)
    return DELIMITERS.get(suffix, DELIMITERS["out.*"] if path.name.lower().startswith("out.") else None)


def detected(path: Path, head: str, named: Callable[[Sequence[str]], bool]) -> str:
    """The delimiter, one of six, or `ATTRIBUTES`.

    Args:
        path: the file, for its suffix and for errors.
        head: its first lines.
        named: whether the fields of a first row name the columns that are to be read.

    Raises:
        DataError: there are two readings.
    """
    lines = head.split("\n")
    comments = [*takewhile(lambda line: line.startswith(COMMENTS), lines)]
    lines = [line for line in lines[len(comments) :] if line.strip()]
    if lines and all(map(_ATTRIBUTES.fullmatch, lines)):
        return ATTRIBUTES
    usual = _said(comments) or usual_delimiter(path)
    readings = {mark: rows for mark in _MARKS if (rows := _rows(lines, mark))}
    if usual in readings:
        return _usual(path, usual, readings, named)
    firsts = {mark: len(_fields(lines[:1], mark)[0]) if lines else 0 for mark in _MARKS}
    if usual is not None and firsts[usual] > 1:  # rows of other widths: an error that names the line
        return usual
    if not readings:
        return next((mark for mark, width in firsts.items() if width > 1), usual or ",")
    return _only(path, readings, named)


def by_blanks(line: str) -> str:
    """A line with one tab in the place of blanks between fields; those in quotes, and behind an open one, stay."""
    text = line.rstrip("\r\n")
    return _QUOTED.sub(lambda found: "\t" if found[0][0] in " \t" else found[0], text.strip(" \t")) + line[len(text) :]


def _said(comments: Sequence[str]) -> str | None:
    """The delimiter that a line for spreadsheets names."""
    mark = next((line.rstrip("\r\n")[4:] for line in comments if line.startswith("sep=")), None)
    return mark if mark in _MARKS else None


def _usual(path: Path, usual: str, readings: dict[str, Rows], named: Callable[[Sequence[str]], bool]) -> str:
    """That of the suffix, unless commas may be those of decimals between semicolons or blanks."""
    if usual == "," and not named(readings[usual][0]):
        rivals = [mark for mark in ("\t", ";", "|", BLANKS) if mark in readings and _decimals(readings[mark])]
        _refuse_two(path, {mark: readings[mark] for mark in (*rivals, usual)})
    return usual


def _only(path: Path, readings: dict[str, Rows], named: Callable[[Sequence[str]], bool]) -> str:
    """The delimiter by which the columns are named, or else the only one that is likely.

    A tab stands in no field. A blank stands in many: it is the delimiter where nothing else is, and may be it where others leave
    several numbers in one field.
    """
    by_name = [mark for mark, rows in readings.items() if named(rows[0])]
    if len(by_name) == 1:
        return by_name[0]
    likely = ["\t"] if "\t" in readings else [mark for mark in readings if mark != BLANKS]
    if not likely:
        return BLANKS
    blanks, other = readings.get(BLANKS), readings[likely[0]]
    if blanks == [[field.strip() for field in row] for row in other] != other and likely == ["\t"]:
        return BLANKS  # around the tabs
    if blanks and len(likely) == 1 and blanks != other and (_glued(other) or _decimals(blanks)):
        likely.append(BLANKS)
    _refuse_two(path, {mark: readings[mark] for mark in likely})
    return likely[0]


def _refuse_two(path: Path, readings: dict[str, Rows]) -> None:
    """Refuse all readings but one."""
    if len(readings) < 2:
        return
    shown = (
        f"{listed_names(rows[0])} between {DELIMITER_NAMES[mark]} (--delimiter "
        f"{mark if mark == COLONS else DELIMITER_NAMES[mark]})"
        for mark, rows in [*readings.items()][:2]
    )
    raise DataError(
        f"{path}: expected one way to part the first row, found two: {', or '.join(shown)}; pass the option that is right"
    )


def _rows(lines: Sequence[str], mark: str) -> Rows:
    """The rows by a delimiter, without one that ends behind the sample; none where they are of different widths, or of one."""
    rows = [row for row in _fields(lines, mark) if row]
    rows = rows[:-1] if len(rows) > _MANY else rows
    return rows if rows and len(rows[0]) > 1 and len({*map(len, rows)}) == 1 else []


def _fields(lines: Sequence[str], mark: str) -> Rows:
    if mark == BLANKS:
        lines = [by_blanks(line) for line in lines]
    elif mark == COLONS:
        lines = [line.replace(mark, IN_COPY[mark]) for line in lines]
    reader = csv.reader(lines, delimiter=IN_COPY.get(mark, mark))
    try:
        return [*reader]
    except csv.Error:
        return [[]]


def _glued(rows: Rows) -> bool:
    """Whether each row has a field of several numbers with blanks between them, and no other with a blank inside."""
    inner = [[field.split() for field in row if len(field.split()) > 1] for row in rows]
    return all(row and all(_NUMBER.fullmatch(part) for parts in row for part in parts) for row in inner)


def _decimals(rows: Rows) -> bool:
    """Whether there are commas, all of them those of decimals."""
    fields = [field.strip() for row in rows for field in row if "," in field]
    return bool(fields) and all(map(_DECIMAL.fullmatch, fields))
