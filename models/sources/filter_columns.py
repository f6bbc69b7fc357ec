"""Columns of a node table as searches filter by them: which ones, and of which kind."""

import csv
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from itertools import chain

import numpy as np

from latentlink.models.arrays import Float64
from latentlink.models.errors import DataError
from latentlink.models.graph.columns import Cell, Column
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.filter_columns import (
    MOST_TEXTS,
    RESERVED,
    UNKNOWN,
    BooleanColumn,
    FilterColumn,
    FilterColumns,
    NumberColumn,
    TextColumn,
)
from latentlink.models.graph.graph import Graph
from latentlink.models.sources.formats.names import found
from latentlink.models.sources.formats.tables import NodeTable
from latentlink.models.sources.node_tables import Part, named_in
from latentlink.models.wording import MOST_LISTED, listed_names, shortened

_OPTION = "--filter-columns"
_KINDS = {TextColumn: "texts", NumberColumn: "numbers", BooleanColumn: "booleans"}


def names_in(option: str) -> list[str]:
    """The names in `city,age`; a name with a comma stands in double quotes, as in CSV.

    Raises:
        DataError: they are no line of CSV.
    """
    try:
        [names] = csv.reader([option], skipinitialspace=True)
    except csv.Error as error:
        raise DataError(
            f"{_OPTION}: expected names with commas between them, found {shortened(option)!r}: {error}"
        ) from None
    return [name.strip() for name in names]


def columns_of_table(what: str, nodes: NodeTable, names: Sequence[str]) -> FilterColumns:
    """Some columns of a node table, by name.

    Args:
        what: the file, for errors.
        nodes: the table, as it was read.
        names: of the columns.

    Raises:
        DataError: there is no such column, or searches can't filter by it.
    """
    columns = {} if isinstance(nodes.features, CSR | np.ndarray) else nodes.features
    for name in names:
        if found(name, columns) is None and (called := found(name, nodes.left_out)):
            raise DataError(
                f"{what}, {shortened(called)}: expected texts, numbers or booleans for {_OPTION}, found another type; "
                "convert the column"
            )
    return _chosen(what, columns, columns.__getitem__, names, nodes.booleans)


def columns_of_parts(parts: Sequence[Part], names: Sequence[str]) -> FilterColumns:
    """Some columns of the node tables, by name, N cells each: none where the table of a type has no such column.

    Raises:
        DataError: no table has such a column, searches can't filter by it, or tables have cells of different kinds in it.
    """
    found = [
        columns_of_table(str(part.origin), part.nodes, own[_OPTION]) for part, own in named_in(parts, {_OPTION: names})
    ]
    sizes = [len(part.nodes.ids) for part in parts]
    return {name: _stacked(name, [own.get(name) for own in found], sizes) for name in dict.fromkeys(chain(*found))}


def columns_of_features(what: str, graph: Graph, names: Sequence[str]) -> FilterColumns:
    """Some of the named features of a dataset, by name; raises as `columns_of_table`."""
    places = {} if graph.preprocessing is None else {name: at for at, name in enumerate(graph.preprocessing.names)}
    return _chosen(what, places, lambda name: _feature(graph, places[name]), names)


def _chosen(
    what: str,
    known: Iterable[str],
    column: Callable[[str], Column],
    names: Sequence[str],
    booleans: Container[str] = (),
) -> dict[str, FilterColumn]:
    chosen: dict[str, FilterColumn] = {}
    for name in names:
        called = found(name, known)
        if called is None:
            others = listed_names(known, MOST_LISTED)
            way = "" if others else ", or give a node table that has it with --features"
            raise DataError(
                f"{what}: columns: expected {shortened(name)!r} of {_OPTION}, found {others or 'none'}; correct {_OPTION}{way}"
            )
        if called in chosen:
            raise DataError(f"{_OPTION}: expected each column once, found {shortened(called)!r} twice; leave one out")
        if called in RESERVED:
            raise DataError(
                f"{_OPTION}: expected no column called {', '.join(RESERVED)}, which combine conditions, found {called!r}; "
                "rename the column"
            )
        chosen[called] = _typed(f"{what}, {shortened(called)}", column(called), boolean=called in booleans)
    return chosen


def _typed(where: str, column: Column, *, boolean: bool) -> FilterColumn:
    """A column by its kind, as readers return it: an array of numbers, some of which stand for booleans, or a list of texts."""
    if not isinstance(column, np.ndarray):
        return _texts(where, column)  # type: ignore[arg-type]  # texts and lists
    if boolean:
        return BooleanColumn(np.where(np.isnan(column), UNKNOWN, column).astype(np.uint8))
    return NumberColumn(column.astype(np.float64))


def _texts(where: str, column: Sequence[Cell]) -> TextColumn:
    if (lists := next((cell for cell in column if isinstance(cell, tuple)), None)) is not None:
        raise DataError(
            f"{where}: expected texts, numbers or booleans for {_OPTION}, found lists such as {shortened(repr(lists))}; "
            "leave it out"
        )
    texts = sorted({str(cell) for cell in column if cell is not None})
    _require_few(where, texts)
    code_of: Mapping[Cell, int] = {None: -1, **{text: code for code, text in enumerate(texts)}}
    return TextColumn(tuple(texts), np.array([code_of[cell] for cell in column], np.int32))


def _stacked(name: str, parts: Sequence[FilterColumn | None], sizes: Sequence[int]) -> FilterColumn:
    """The cells of one column in several tables as one column; those of a table that lacks it are missing."""
    sized = [*zip(parts, sizes, strict=True)]
    kinds = {type(part): part for part in parts if part is not None}
    if len(kinds) > 1:
        raise DataError(
            f"{_OPTION}: expected cells of one kind in {shortened(name)!r} of all node tables, found "
            f"{' and '.join(sorted(_KINDS[kind] for kind in kinds))}; rename the column of one table, or convert it"
        )
    [first] = kinds.values()
    if isinstance(first, NumberColumn):
        return NumberColumn(
            np.concatenate([p.numbers if isinstance(p, NumberColumn) else np.full(n, np.nan) for p, n in sized])
        )
    if isinstance(first, BooleanColumn):
        missing = np.uint8(UNKNOWN)
        return BooleanColumn(
            np.concatenate([p.booleans if isinstance(p, BooleanColumn) else np.full(n, missing) for p, n in sized])
        )
    texts = sorted({text for part in parts if isinstance(part, TextColumn) for text in part.texts})
    _require_few(shortened(name), texts)
    code_of = {text: code for code, text in enumerate(texts)}
    cells = [
        np.array([*(code_of[text] for text in p.texts), -1], np.int32)[p.codes]
        if isinstance(p, TextColumn)
        else np.full(n, -1, np.int32)
        for p, n in sized
    ]
    return TextColumn(tuple(texts), np.concatenate(cells))


def _require_few(where: str, texts: Sequence[str]) -> None:
    if len(texts) > MOST_TEXTS:
        raise DataError(
            f"{where}: expected at most {MOST_TEXTS:,} different texts for {_OPTION}, found {len(texts):,}; leave it out, or "
            "write groups of them"
        )


def _feature(graph: Graph, place: int) -> Float64:
    """A column of the features, float64 (N,)."""
    features = graph.features
    assert features is not None  # or no column had a name
    if not isinstance(features, CSR):
        return features[:, place].astype(np.float64)
    numbers, entries = np.zeros(graph.n_nodes), features.indices == place
    rows = np.repeat(np.arange(graph.n_nodes), np.diff(features.indptr))
    numbers[rows[entries]] = features.data[entries]
    return numbers
