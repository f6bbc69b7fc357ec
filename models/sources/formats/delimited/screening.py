"""Which CSV and TSV files DuckDB reads exactly as the `csv` module does, found in one pass over their bytes.

DuckDB accepts more than `csv` does (spaces beside quotes, an open quote at the end, CR alone, NUL, bytes in ignored columns
that are no UTF-8, gzip data without its end) and reads some of it otherwise. What is screened here leaves no such choice:
whole UTF-8 without NUL, one kind of line end, and quotes only around whole fields, with no line end between them.
Other files, legal ones among them, are left to `by_rows`.
"""

import re
from dataclasses import dataclass
from typing import BinaryIO

from latentlink.models.sources.formats.duck import literal
from latentlink.models.sources.formats.packing import DAMAGED, opened, packing
from latentlink.models.sources.formats.rows import COMMENTS, Text, first_row, read_rows

LONGEST = 131_072  # bytes of a row: `csv` takes no longer field
_BLOCK = 1 << 20  # bytes at once
_GLOB = set("*?[")  # characters in a path that DuckDB takes for a pattern
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Screened:
    """A file that DuckDB reads as `csv` does.

    Attributes:
        text: the text, in UTF-8 and plain or packed by gzip.
        width: fields of the first row, at least 2.
        delimiters: how many stand outside of quotes: (width - 1) for each row.
        comments: lines at the top to be skipped.
        crlf: whether lines end with CRLF, else with LF.
    """

    text: Text
    width: int
    delimiters: int
    comments: int
    crlf: bool

    @property
    def table(self) -> str:
        """SQL for all rows, the header among them, as texts c0, c1, and so on; NULL is an empty field."""
        columns = ", ".join(f"c{place}: 'VARCHAR'" for place in range(self.width))
        line_end = r"\r\n" if self.crlf else r"\n"
        packed = packing(self.text.data)
        return (
            f"read_csv({literal(self.text.data)}, columns = {{{columns}}}, auto_detect = false, header = false, "
            f"delim = {literal(self.text.delimiter)}, quote = '\"', escape = '\"', "
            f"skip = {self.comments}, new_line = '{line_end}', max_line_size = {LONGEST}, hive_partitioning = false, "
            f"compression = '{'gzip' if packed else 'none'}')"
        )


def screened(text: Text) -> Screened | None:
    """The file, or None where DuckDB may read it otherwise than `csv`.

    Raises:
        DataError: the first row can't be read.
    """
    if _GLOB & set(str(text.data)):
        return None
    _, names = first_row(text, read_rows(text))
    if len(names) < 2:  # A blank line would be a row.
        return None
    try:
        with opened(text.data) as file:
            return _screened(text, file, len(names))
    except (*DAMAGED, ValueError):
        return None


def _screened(text: Text, file: BinaryIO, width: int) -> Screened | None:
    delimiter = text.delimiter.encode()
    mark = re.escape(delimiter)
    field = rb'(?:(?<=[%b\n])|\A)"(?:[^"\n]|"")*+"(?=[%b\r\n]|\Z)' % (mark, mark)
    quoted = re.compile(field)
    ends = returns = delimiters = comments = 0
    start = _BOM
    while block := file.read(_BLOCK):
        rest = b"" if block.endswith(b"\n") else file.readline(LONGEST)
        if len(rest) == LONGEST and not rest.endswith(b"\n"):
            return None
        block = (block + rest).removeprefix(start)  # whole lines
        if start:
            comments, block = _without_comments(block)
        start = b""
        block.decode()
        both = block.count(b"\r\n")
        ends, returns = ends + block.count(b"\n"), returns + block.count(b"\r")
        if b"\0" in block or returns not in (0, ends) or block.count(b"\r") != both:
            return None
        if b'"' in block:
            block = quoted.sub(b"", block)
        if b'"' in block:
            return None
        delimiters += block.count(delimiter)
    return Screened(text, width, delimiters, comments, crlf=returns > 0)


def _without_comments(block: bytes) -> tuple[int, bytes]:
    """How many lines at the top begin with # or %, and what follows them."""
    comments = 0
    while block.startswith(tuple(mark.encode() for mark in COMMENTS)):
        comments, block = comments + 1, block.partition(b"\n")[2]
    return comments, block
