"""Rows of a delimited text, each with the line where it starts.

Quoting is that of `csv`, strictly; the text is UTF-8, with or without a byte order mark; blank lines are skipped, and so are
lines at the top that begin with #, % or `sep=`. What the fields mean is left to `delimited`.
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, takewhile
from pathlib import Path

from latentlink.models.errors import DataError
from latentlink.models.file_formats import FILE_FORMATS
from latentlink.models.sources.formats.packing import DAMAGED, opened, packing_name

LONGEST_LINE = 2**24  # bytes: fields of some 100 columns as long as `csv` takes them
_PROMISED = {"CSV": ",", "TSV": "\t", "KONECT": " "}
# The delimiter that a suffix promises, if it promises one; the content has the last word.
DELIMITERS = {
    suffix: _PROMISED.get(form.name) for form in FILE_FORMATS if form.unit == "line" for suffix in form.suffixes
}
DELIMITER_NAMES = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars", "::": "double colons", " ": "blanks"}
COMMENTS = ("#", "%", "sep=")  # the last one is for spreadsheets
Row = tuple[int, list[str]]  # the line where it starts, its fields


@dataclass(frozen=True)
class Text:
    """A delimited text, ready to be read.

    Attributes:
        path: the file, as messages call it.
        data: the same; or a copy of it, line by line, in UTF-8 and with a single character between fields.
        delimiter: that character.
        between: what the file has between fields, as messages call it.
        added: lines at the top of a copy that the file hasn't.
        notes: on its encoding.
        encoding: of the file.
        triples: whether a column of links may hold their relations.
    """

    path: Path
    data: Path
    delimiter: str
    between: str
    added: int = 0
    notes: tuple[str, ...] = ()
    encoding: str = "utf-8"
    triples: bool = True

    def __str__(self) -> str:
        return str(self.path)


def read_rows(text: Text) -> Iterator[Row]:
    """Each row that isn't blank; all have as many fields as the first.

    Raises:
        DataError: the file can't be read, isn't UTF-8, or a row is malformed or of another width.
    """
    lines, comments = _lines(text), 0
    for line_text in lines:
        if not line_text.startswith(COMMENTS):
            lines = chain([line_text], lines)
            break
        comments += 1
    reader = csv.reader(lines, delimiter=text.delimiter, strict=True)
    start = comments + 1 - text.added
    line, width = start, 0
    try:
        for row in reader:
            if row:
                width = width or len(row)
                if len(row) != width:
                    way_out = (
                        "quote fields that contain the delimiter" if len(row) > width else "fill in what is missing"
                    )
                    raise DataError(
                        f"{text}, line {line}: row: expected {width} fields like the first row, found {len(row)}; {way_out}"
                    )
                yield line, row
            line = start + reader.line_num
    except csv.Error as error:
        raise DataError(
            f"{text}, line {line}: row: expected fields between {text.between}, found {str(error)!r}; {_hint(str(error))}"
        ) from None


def comment_lines(text: Text) -> list[str]:
    """The lines at the top that are skipped."""
    return [line.rstrip() for line in takewhile(lambda line: line.startswith(COMMENTS), _lines(text))]


def _hint(message: str) -> str:
    """How to correct the error with this message of `csv`."""
    if message.startswith("new-line character"):
        return "end lines with LF or CRLF, not with CR alone"
    if message.startswith("field larger"):
        return "shorten the field, or close the quote that starts it"
    return "close every quote that starts a field and write quotes inside it twice"


def first_row(text: Text, rows: Iterator[Row]) -> Row:
    """The first row that isn't blank."""
    for row in rows:
        return row
    found = "nothing but lines that begin as comments do" if comment_lines(text) else "an empty file"
    raise DataError(f"{text}: expected rows, found {found}; check that it was written to the end")


def line_of_row(text: Text, row: int) -> int:
    """The line where row `row` (from 0) starts: the file is read again, since ten million line numbers would fill memory."""
    line, _ = next(islice(read_rows(text), row, None))
    return line


def _lines(text: Text) -> Iterator[str]:
    """Each line as text; decoded one by one, so that an error names the line of a bad byte."""
    number = 0
    try:
        with opened(text.data) as file:
            for number, raw in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1 - text.added):
                if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
                    raise too_long(text.path, number)  # a packed file may hold a thousand times its size
                if number == 1:
                    raw = raw.removeprefix(codecs.BOM_UTF8)
                if b"\0" in raw:
                    raise DataError(
                        f"{text}, line {number}: text: expected UTF-8, found a NUL byte; save it as UTF-8, or name its encoding, "
                        "as in --encoding utf-16-le"
                    )
                yield raw.decode()
    except UnicodeDecodeError as error:
        raise not_decoded(text.path, number, error) from None
    except DAMAGED as error:
        raise unreadable(text.path, number + 1, error) from None


def too_long(path: Path, line: int) -> DataError:
    """The error for a line that fills memory."""
    return DataError(
        f"{path}, line {line}: row: expected at most {LONGEST_LINE >> 20} MiB, found more without a line end; "
        "check that it is a table"
    )


def not_decoded(path: Path, line: int, error: UnicodeDecodeError) -> DataError:
    """The error for bytes that aren't of the encoding."""
    if error.encoding == "utf-8":
        expected, way = "UTF-8", "save it as UTF-8, or name its encoding, as in --encoding latin-1"
    else:
        expected, way = error.encoding, "name the encoding that it has with --encoding"
    return DataError(
        f"{path}, line {line}: text: expected {expected}, found the byte 0x{error.object[error.start]:02x}; {way}"
    )


def unreadable(path: Path, line: int, error: Exception) -> DataError:
    """The error for a file that can't be opened, or that is packed and damaged."""
    if getattr(error, "strerror", None):
        return DataError(f"{path}: expected a readable file, found {error.strerror!r}; check the path")  # type: ignore[attr-defined]  # of an OSError
    return DataError(
        f"{path}, line {line}: text: expected whole {packing_name(path)} data, found {str(error)!r}; pack the file again"
    )
