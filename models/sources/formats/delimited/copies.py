"""Texts made ready for both readers, which take UTF-8 with one character between fields, plain or packed by gzip.

Any other text is copied into a temporary folder, line by line, so that an error still names the line of the file.
"""

import ast
import codecs
import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import StringIO
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.delimited.dialect import (
    ATTRIBUTES,
    BLANKS,
    COLONS,
    IN_COPY,
    by_blanks,
    detected,
    given_delimiter,
)
from latentlink.models.sources.formats.packing import DAMAGED, blocks, head, packing
from latentlink.models.sources.formats.rows import (
    COMMENTS,
    DELIMITER_NAMES,
    LONGEST_LINE,
    Text,
    not_decoded,
    too_long,
    unreadable,
)
from latentlink.models.sources.formats.tables import TextOptions
from latentlink.models.wording import shortened

Named = Callable[[Sequence[str]], bool]
_SAMPLE = 1 << 18  # bytes that show the delimiter
_MARKED = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_LINK = re.compile(r"([^\s{]+)[ \t]+([^\s{]+)[ \t]+(\{.*\})\s*")
_KEY = re.compile(r"""('[^']*'|"[^"]*"): """)
_NUMPY = re.compile(r"np\.(?:float|int|uint)\d+\(([^()]*)\)")  # numbers as NumPy 2 writes them


@contextmanager
def ready(path: Path, options: TextOptions, named: Named) -> Iterator[Text]:
    """A text as both readers take it; a copy is gone when the block ends.

    Args:
        path: the file.
        options: what the user says of it.
        named: whether the fields of a first row name the columns that are to be read.

    Raises:
        DataError: the file can't be read, isn't of its encoding, or may be parted in two ways.
    """
    first = head(path, _SAMPLE)
    encoding = _encoding(first) if options.encoding is None else _known(options.encoding)
    mark = _mark(path, first.decode(encoding, "replace").removeprefix("\ufeff"), len(first) == _SAMPLE, options, named)
    notes = tuple(_notes(path, first, encoding))
    between, character = _between(mark), IN_COPY.get(mark, mark)
    text = Text(path, path, character, between, notes=notes, encoding=encoding, triples=options.triples)
    if encoding == "utf-8" and packing(path) in ("", ".gz") and mark not in IN_COPY:
        yield text
        return
    with TemporaryDirectory() as folder:
        text = replace(text, data=Path(folder) / "copy", added=int(mark == ATTRIBUTES))
        with text.data.open("w", encoding="utf-8", newline="") as file:
            file.writelines(_converted(path, encoding, mark))
        yield text


def _between(mark: str) -> str:
    """What messages call a delimiter."""
    return "blanks, with attributes of networkx" if mark == ATTRIBUTES else DELIMITER_NAMES.get(mark, repr(mark))


def _notes(path: Path, first: bytes, encoding: str) -> Iterator[str]:
    """A note on a text that was said to be of another encoding than that which its bytes have."""
    if encoding == "utf-8" or first.isascii():
        return
    with suppress(UnicodeDecodeError):
        codecs.getincrementaldecoder("utf-8")().decode(first)
        yield f"{path.name} is valid UTF-8 as well, which texts of other encodings seldom are; it is read as {encoding}."


def _encoding(first: bytes) -> str:
    """What a byte order mark says, else UTF-8."""
    return next((name for mark, name in _MARKED.items() if first.startswith(mark)), "utf-8")


def _known(name: str) -> str:
    """The encoding by Python's name for it; "utf-8" under any of its names."""
    try:
        found = codecs.lookup(name)
        "".encode(name)
    except LookupError:
        raise DataError(
            f"--encoding: expected a name of an encoding, such as latin-1, cp1252 or utf-16, found {shortened(name)!r}; "
            "correct --encoding"
        ) from None
    return "utf-8" if found.name in ("utf-8", "utf-8-sig") else found.name


def _mark(path: Path, sample: str, cut: bool, options: TextOptions, named: Named) -> str:
    if options.delimiter is not None:
        return given_delimiter(options.delimiter)
    return detected(path, sample[: sample.rfind("\n") + 1] if cut else sample, named)


def _converted(path: Path, encoding: str, mark: str) -> Iterator[str]:
    """The text with one character between fields, whole lines at once; comments at the top as they are."""
    parts = _decoded(path, encoding)
    if mark not in IN_COPY:
        yield from parts
        return
    top, rest = _parted(next(parts, ""))
    yield top
    parts = chain([rest], parts)
    if mark == ATTRIBUTES:
        names = _attribute_names(path, encoding)
        yield _row(["source", "target", *names])
        for line, text in enumerate(_lines(parts), top.count("\n") + 1):
            yield _attribute_row(path, line, text, names)
    else:
        yield from map(_by_blanks if mark == BLANKS else _by_colons(path), parts)


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    """The text, whole lines at once."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, rest = 0, ""
    try:
        with path.open("rb") as file:
            for block in chain(blocks(path, file), [b""]):
                text = rest + decoder.decode(block, final=not block)
                end = text.rfind("\n") + 1 if block else len(text)
                whole, rest = text[:end], text[end:]
                if whole:
                    yield whole if lines else whole.removeprefix("\ufeff")
                lines += whole.count("\n")
                if len(rest) > LONGEST_LINE:
                    raise too_long(path, lines + 1)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(encoding, "replace").count("\n")
        raise not_decoded(path, lines + before + 1, error) from None
    except DAMAGED as error:
        raise unreadable(path, lines + 1, error) from None


def _parted(text: str) -> tuple[str, str]:
    """The comments at the top, and what follows."""
    end = 0
    while text.startswith(COMMENTS, end):
        end = text.find("\n", end) + 1 or len(text)
    return text[:end], text[end:]


def _by_blanks(text: str) -> str:
    """Lines with one tab between fields."""
    if '"' in text:
        return "\n".join(map(by_blanks, text.split("\n")))
    text = text.replace("\t", " ")
    while "  " in text:
        text = text.replace("  ", " ")
    text = text.replace("\n ", "\n").replace(" \n", "\n").replace(" \r\n", "\r\n")
    return text.strip(" ").replace(" ", "\t")


def _by_colons(path: Path) -> Callable[[str], str]:
    def parted(text: str) -> str:
        if IN_COPY[COLONS] in text:
            raise DataError(f"{path}: expected text between double colons, found the character 0x1f; remove it")
        return text.replace(COLONS, IN_COPY[COLONS])

    return parted


def _lines(parts: Iterator[str]) -> Iterator[str]:
    """Single lines, without their ends."""
    for part in parts:
        yield from part.removesuffix("\n").split("\n")


def _attribute_names(path: Path, encoding: str) -> list[str]:
    """The names of all attributes, in order of first appearance."""
    parts = _decoded(path, encoding)
    top, rest = _parted(next(parts, ""))
    names: dict[str, None] = {}
    seen = set[tuple[str, ...]]()
    for line, text in enumerate(_lines(chain([rest], parts)), top.count("\n") + 1):
        keys = tuple(_KEY.findall(text))
        if text.strip() and keys not in seen:  # Few links have keys of their own, and all are parsed once more.
            seen.add(keys)
            names |= dict.fromkeys(map(str, _link(path, line, text)[2]))
    return [name for name in names if name not in ("source", "target")]


def _attribute_row(path: Path, line: int, text: str, names: Sequence[str]) -> str:
    """A link as a line of the copy."""
    if not text.strip():
        return "\n"
    source, target, attributes = _link(path, line, text)
    return _row([source, target, *("" if (cell := attributes.get(name)) is None else cell for name in names)])


def _link(path: Path, line: int, text: str) -> tuple[str, str, Mapping[object, object]]:
    """Both ends, and the attributes."""
    found = _LINK.fullmatch(text)
    try:
        attributes = ast.literal_eval(_NUMPY.sub(r"\1", found[3])) if found else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        attributes = None
    if found is None or not isinstance(attributes, dict):
        raise DataError(
            f"{path}, line {line}: row: expected two ids and a dict of numbers and texts, as networkx writes links, found "
            f"{shortened(text)!r}; write the links with nx.write_weighted_edgelist(graph, 'links.txt')"
        )
    return found[1], found[2], attributes


def _row(cells: Sequence[object]) -> str:
    line = StringIO()
    csv.writer(line, delimiter=IN_COPY[ATTRIBUTES], lineterminator="\n").writerow(cells)
    return line.getvalue()
