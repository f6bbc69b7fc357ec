"""Rows of a CSV or TSV file, each with the line where it starts.

The suffix picks the delimiter: .csv a comma; .tsv and .tab a tab; .gz behind it is unpacked on the way. Quoting is that
of `csv`, strictly; the text is UTF-8, with or without a byte order mark; blank lines are skipped, and so are lines at the top
that begin with #, % or `sep=`. What the fields mean is left to `delimited`.
"""

import codecs
import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from io import BufferedReader
from itertools import chain, islice, takewhile
from pathlib import Path

from latentlink.models.errors import DataError

_LONGEST_LINE = 2**24  # bytes: fields of some 100 columns as long as `csv` takes them
DELIMITERS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
DELIMITER_NAMES = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars", "::": "double colons", " ": "blanks"}
COMMENTS = ("#", "%", "sep=")  # the last one is for spreadsheets
_SHEET = re.compile(r"(?<=\.xls[xm])#.*", re.DOTALL)
File = gzip.GzipFile | BufferedReader
Row = tuple[int, list[str]]  # the line where it starts, its fields


def format_suffix(path: Path) -> str:
    """The suffix that names the format, in lower case: ".csv" of `a.csv` and of `a.CSV.gz`, ".xlsx" of `a.xlsx#sheet`."""
    name = _SHEET.sub("", path.name.lower())
    return Path(name.removesuffix(".gz")).suffix


def read_rows(path: Path) -> Iterator[Row]:
    """Each row that isn't blank; all have as many fields as the first.

    Raises:
        DataError: the file can't be read, isn't UTF-8, or a row is malformed or of another width.
    """
    delimiter = DELIMITERS[format_suffix(path)]
    lines, comments = _lines(path), 0
    for text in lines:
        if not text.startswith(COMMENTS):
            lines = chain([text], lines)
            break
        comments += 1
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    line, width = comments + 1, 0
    try:
        for row in reader:
            if row:
                width = width or len(row)
                if len(row) != width:
                    way_out = (
                        "quote fields that contain the delimiter" if len(row) > width else "fill in what is missing"
                    )
                    raise DataError(
                        f"{path}, line {line}: row: expected {width} fields like the first row, found {len(row)}; {way_out}"
                    )
                yield line, row
            line = comments + reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}, line {line}: row: expected fields between {delimiter!r}, found {str(error)!r}; {_hint(str(error))}"
        ) from None


def comment_lines(path: Path) -> list[str]:
    """The lines at the top that are skipped."""
    return [text.rstrip() for text in takewhile(lambda text: text.startswith(COMMENTS), _lines(path))]


def _hint(message: str) -> str:
    """How to correct the error with this message of `csv`."""
    if message.startswith("new-line character"):
        return "end lines with LF or CRLF, not with CR alone"
    if message.startswith("field larger"):
        return "shorten the field, or close the quote that starts it"
    return "close every quote that starts a field and write quotes inside it twice"


def first_row(path: Path, rows: Iterator[Row]) -> Row:
    """The first row that isn't blank."""
    for row in rows:
        return row
    found = "nothing but lines that begin as comments do" if comment_lines(path) else "an empty file"
    raise DataError(f"{path}: expected rows, found {found}; check that it was written to the end")


def line_of_row(path: Path, row: int, *, header: bool) -> int:
    """The line where data row `row` (from 0) starts: the file is read again, since ten million line numbers would fill memory."""
    line, _ = next(islice(read_rows(path), row + header, None))
    return line


def _lines(path: Path) -> Iterator[str]:
    """Each line as text; decoded one by one, so that an error names the line of a bad byte."""
    number = 0
    try:
        with opened(path) as file:
            for number, raw in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 1):
                if len(raw) == _LONGEST_LINE and not raw.endswith(
                    b"\n"
                ):  # a packed file may hold a thousand times its size
                    raise DataError(
                        f"{path}, line {number}: row: expected at most {_LONGEST_LINE >> 20} MiB, found more without a line end; "
                        "check that it is a table"
                    )
                if number == 1:
                    raw = raw.removeprefix(codecs.BOM_UTF8)
                if b"\0" in raw:
                    raise DataError(f"{path}, line {number}: text: expected UTF-8, found a NUL byte; save it as UTF-8")
                yield raw.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}, line {number}: text: expected UTF-8, found the byte 0x{error.object[error.start]:02x}; "
            "save it as UTF-8"
        ) from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}, line {number + 1}: text: expected whole gzip data, found {str(error)!r}; pack the file again"
        ) from None
    except OSError as error:
        raise DataError(f"{path}: expected a readable file, found {error.strerror!r}; check the path") from None


def opened(path: Path) -> File:
    """The file's bytes, unpacked as they are read."""
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")
