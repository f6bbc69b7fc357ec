"""Files of lists of links: CSV, NDJSON and Arrow, written table by table."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import nanoarrow as na
import numpy as np
import orjson
from nanoarrow.c_array import CArray
from nanoarrow.ipc import StreamWriter

from latentlink.app.services.link_lists.columns import Columns, Kind
from latentlink.models.inference.top_links.best import Links

Writer = Callable[[BinaryIO, Columns, Links], None]

_ARROW = {"text": na.string(), "number": na.float64(), "integer": na.int64(), "flag": na.bool_()}


def write_csv(file: BinaryIO, columns: Columns, links: Links) -> None:
    """A row of names, then a row a link; a missing number is empty, and a float reads back as the same number."""
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns.kinds)
    for table in columns.tables(links):
        writer.writerows(zip(*(_as_text(table[name], kind) for name, kind in columns.kinds.items()), strict=True))
    text.detach()


def write_ndjson(file: BinaryIO, columns: Columns, links: Links) -> None:
    """An object a line."""
    for table in columns.tables(links):
        rows = zip(*table.values(), strict=True)
        for row in rows:
            file.write(orjson.dumps(dict(zip(table, row, strict=True)), option=orjson.OPT_APPEND_NEWLINE))


def write_arrow(file: BinaryIO, columns: Columns, links: Links) -> None:
    """Arrow's IPC stream, a batch a table."""
    kinds = columns.kinds
    schema = na.struct({name: _ARROW[kind] for name, kind in kinds.items()}, nullable=False)
    with StreamWriter.from_writable(file) as writer:
        for table in columns.tables(links):
            arrays = [_array(table[name], kind) for name, kind in kinds.items()]
            writer.write_array(na.c_array_from_buffers(schema, len(table["source"]), [None], children=arrays))


FORMATS: Mapping[str, Writer] = {".csv": write_csv, ".ndjson": write_ndjson, ".arrow": write_arrow}
"""Writers by the suffix of their files."""


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a file beside `path`, which then takes its place: `path` is whole, or as it was before."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _as_text(values: Sequence[Any], kind: Kind) -> Iterator[Any]:
    """As CSV has it: `None` is written as nothing."""
    return ("true" if value else "false" for value in values) if kind == "flag" else iter(values)


def _array(values: Sequence[Any], kind: Kind) -> CArray:
    if kind != "number":
        return na.c_array(values, _ARROW[kind])
    valid = np.array([value is not None for value in values], np.bool_)
    numbers = np.array([0.0 if value is None else value for value in values], np.float64)
    bits = None if valid.all() else np.packbits(valid, bitorder="little")
    return na.c_array_from_buffers(na.float64(), len(values), [bits, numbers])
