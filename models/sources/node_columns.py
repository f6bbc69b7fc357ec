"""The columns of a node table before they become features: row numbers, codes of categories, and numbers with gaps."""

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from latentlink.models.arrays import Float64
from latentlink.models.errors import DataError
from latentlink.models.graph.columns import Cell, Column, Columns
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.preprocessing import Reason
from latentlink.models.sources.formats.names import found, is_label, is_row_number
from latentlink.models.sources.formats.numbers import number_or_truth
from latentlink.models.sources.formats.tables import NodeTable
from latentlink.models.sources.lookalikes import lookalike_notes
from latentlink.models.wording import MOST_LISTED, listed_names, shortened

_SEQUENCE = 10  # rows from which a column that counts them is a row number, whatever its name
_CODES = range(3, 21)  # different whole numbers that may be codes
_OFTEN = 3  # times that each of them stands on average


def prepared(what: str, nodes: NodeTable, categories: Sequence[str]) -> NodeTable:
    """The table without row numbers and labels that are numbers, and with numbers of `categories` as texts.

    Notes say what may be meant otherwise.

    Args:
        what: the file, for errors.
        nodes: the table; a matrix stays as it is.
        categories: names of columns whose numbers are codes of categories.

    Raises:
        DataError: there is no column of a name in `categories`.
    """
    columns = {} if isinstance(nodes.features, CSR | np.ndarray) else nodes.features
    codes = {_called(what, columns, name) for name in categories}
    numbers = [name for name, column in columns.items() if name not in codes and _counts_rows(name, column)]
    labels = [name for name in columns if name not in {*codes, *numbers} and _tells_nodes_apart(name, columns[name])]
    kept = {name: column for name, column in columns.items() if name not in {*numbers, *labels}}
    notes = (
        *((f"Columns of row numbers are left out: {listed_names(numbers)}.",) if numbers else ()),
        *(note for name, column in kept.items() if name not in codes for note in _note(name, column)),
    )
    kept |= {name: as_texts(kept[name]) for name in codes}
    left_out: dict[str, Reason] = dict(nodes.left_out)
    left_out.update(dict.fromkeys(numbers, "row number"))
    left_out.update(dict.fromkeys(labels, "distinct"))
    features = kept if columns else nodes.features
    return replace(nodes, features=features, notes=(*nodes.notes, *notes), left_out=left_out)


def _called(what: str, columns: Columns, name: str) -> str:
    called = found(name, columns)
    if called is None:
        others = listed_names(columns, MOST_LISTED) or "none"
        raise DataError(
            f"{what}: columns: expected {shortened(name)!r} of --category, found {others}; correct --category"
        )
    return called


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
