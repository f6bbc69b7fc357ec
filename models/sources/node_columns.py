"""The columns of a node table before they become features: row numbers, codes of categories, and numbers with gaps."""

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from latentlink.models.arrays import Float64
from latentlink.models.errors import DataError
from latentlink.models.graph.columns import Cell, Column, Columns
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.preprocessing import Reason
from latentlink.models.sources.formats.names import found, is_label, is_row_number
from latentlink.models.sources.formats.numbers import LARGEST, number_or_truth
from latentlink.models.sources.formats.tables import NodeTable
from latentlink.models.sources.lookalikes import lookalike_notes
from latentlink.models.wording import MOST_LISTED, listed_names, shortened

OPTIONS = ("--category", "--numeric", "--ignore")  # that name columns
_SEQUENCE = 10  # rows from which a column that counts them is a row number, whatever its name
_CODES = range(3, 21)  # different whole numbers that may be codes
_OFTEN = 3  # times that each of them stands on average


def prepared(what: str, nodes: NodeTable, options: Mapping[str, Sequence[str]]) -> NodeTable:
    """The table without row numbers and labels that are numbers, and with columns as the options name them.

    Notes say what may be meant otherwise.

    Args:
        what: the file, for errors.
        nodes: the table; a matrix stays as it is.
        options: names of columns: "--category" of numbers that are codes of categories, "--numeric" of texts that are numbers,
            "--ignore" of columns that are no features.

    Raises:
        DataError: there is no column of a name, a column is named for two ends, or a text is no number.
    """
    columns = {} if isinstance(nodes.features, CSR | np.ndarray) else nodes.features
    named = _named(what, columns, nodes.left_out, options)
    codes, texts, ignored = ([name for name, option in named.items() if option == one] for one in OPTIONS)
    numbers = [name for name, column in columns.items() if name not in named and _counts_rows(name, column)]
    labels = [name for name in columns if name not in {*named, *numbers} and _tells_nodes_apart(name, columns[name])]
    kept = {name: column for name, column in columns.items() if name not in {*numbers, *labels, *ignored}}
    notes = (
        *((f"Columns of row numbers are left out: {listed_names(numbers)}.",) if numbers else ()),
        *(note for name, column in kept.items() if name not in named for note in _note(name, column)),
    )
    kept |= {name: as_texts(kept[name]) for name in codes}
    kept |= {name: _as_numbers(what, name, nodes.ids, kept[name]) for name in texts}
    left_out: dict[str, Reason] = dict(nodes.left_out)
    left_out.update(dict.fromkeys(numbers, "row number"))
    left_out.update(dict.fromkeys(labels, "distinct"))
    left_out.update(dict.fromkeys(ignored, "named"))
    features = kept if columns else nodes.features
    return replace(nodes, features=features, notes=(*nodes.notes, *notes), left_out=left_out)


def _named(
    what: str, columns: Columns, left_out: Mapping[str, Reason], options: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """The option that names each of some columns; one that is left out already may be ignored."""
    named: dict[str, str] = {}
    for option, names in options.items():
        for name in names:
            if option == "--ignore" and found(name, left_out):
                continue
            if found(name, columns) is None and (out := found(name, left_out)) is not None:
                raise DataError(
                    f"{what}: columns: expected {out!r} of {option} among the features, found it left out; "
                    f"correct {option}"
                )
            called = _called(what, columns, name, option)
            if named.setdefault(called, option) != option:
                raise DataError(
                    f"{option}: expected columns that no other option names, found {called!r}, which is of {named[called]}; "
                    "name it once"
                )
    return named


def _called(what: str, columns: Columns, name: str, option: str) -> str:
    called = found(name, columns)
    if called is None:
        others = listed_names(columns, MOST_LISTED) or "none"
        parts = [part.strip() for part in name.split(",")]
        several = len(parts) > 1 and any(found(part, columns) for part in parts)
        each = " ".join(f"{option} {shlex.quote(part)}" for part in parts)
        way = f"repeat the option, {each}" if several else f"correct {option}"
        raise DataError(f"{what}: columns: expected {shortened(name)!r} of {option}, found {others}; {way}")
    return called


def _as_numbers(what: str, name: str, ids: Sequence[str], column: Column) -> Float64:
    """The cells of a column as numbers, float64 (n,); NaN where one is missing."""
    if isinstance(column, np.ndarray):
        return column
    numbers = [np.nan if cell is None else number_or_truth(str(cell)) for cell in column]
    wrong = next((row for row, number in enumerate(numbers) if number is None or abs(number) > LARGEST), None)
    if wrong is not None:
        decimals = re.fullmatch(r"[-+]?\d+,\d+", str(column[wrong]))
        way = "write decimals with a point" if decimals else "correct it, or leave it empty if it is missing"
        raise DataError(
            f"{what}, node {ids[wrong]!r}: {name}: expected a finite number for --numeric, found {column[wrong]!r}; {way}"
        )
    return np.array(numbers, np.float64)


def _counts_rows(name: str, column: Column) -> bool:
    """Whether the cells are 0, 1, 2 … or 1, 2, 3 …, under a name of row numbers or over many rows; or nothing has the name."""
    if not name.strip() or name.lower().startswith("unnamed: "):
        return True
    if not isinstance(column, np.ndarray) or len(column) < (2 if is_row_number(name) else _SEQUENCE):
        return False
    return column[0] in (0, 1) and bool((np.diff(column) == 1).all())


def _tells_nodes_apart(name: str, column: Column) -> bool:
    """Whether numbers are what nodes are called, not how much of something: all whole and different, under such a name."""
    return isinstance(column, np.ndarray) and is_label(name) and len(column) > 1 and len(_whole(column)) == len(column)


def _note(name: str, column: Column) -> Iterable[str]:
    """What a column may mean otherwise than it is read."""
    if isinstance(column, np.ndarray):
        different = _whole(column)
        if len(different) in _CODES and len(column) >= _OFTEN * len(different):
            yield (
                f"{name!r} is read as a number, though it has {len(different)} different values, all whole; if they are codes "
                f"of categories, pass --category {shlex.quote(name)}."
            )
        return
    counts = Counter(cell for cell in column if isinstance(cell, str))
    others = [cell for cell in counts if number_or_truth(cell) is None]
    numbers = counts.total() - sum(counts[cell] for cell in others)
    if 2 * numbers > counts.total() and others:
        times = counts.total() - numbers
        yield (
            f"{name!r} is read as texts, since {times:,} of {counts.total():,} cells are no numbers, such as {others[0]!r}; "
            "leave them empty if they are missing."
        )
    yield from lookalike_notes(name, counts)


def _whole(column: Float64) -> Float64:
    """The different numbers, if all are whole; else none."""
    different = np.unique(column[~np.isnan(column)])
    return different if (different == np.round(different)).all() else different[:0]


def as_texts(column: Column) -> Sequence[Cell]:
    """Numbers as texts, whole ones without a point; texts as they are."""
    if not isinstance(column, np.ndarray):
        return column  # type: ignore[return-value]  # texts and lists
    return [None if np.isnan(x) else str(int(x)) if float(x).is_integer() else str(x) for x in column.tolist()]
