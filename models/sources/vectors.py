"""Vectors of nodes in any table of numbers: columns, a column of lists, arrays, or word2vec's text format."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float32
from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.sources.formats import FORMATS
from latentlink.models.sources.formats.arrow import ARROW
from latentlink.models.sources.formats.columnar import read_ids
from latentlink.models.sources.formats.duck import Where, opened, quoted, view
from latentlink.models.sources.formats.packing import format_suffix
from latentlink.models.sources.formats.records.given import file_table
from latentlink.models.sources.formats.tables import NodeTable
from latentlink.models.wording import listed, shortened

_WORD2VEC = (".txt", ".vec", ".emb", ".w2v")


class Vectors(NamedTuple):
    """N vectors.

    Attributes:
        ids: N distinct strings.
        z: float32 (N, D), as the file has them.
    """

    ids: list[str]
    z: Float32


def read_vectors(path: Path) -> Vectors:
    """The vectors in a file, a node a row.

    CSV, TSV, Parquet and Arrow have the id in the column `node` or `id`, and beside it D columns of numbers, or in Parquet and
    Arrow one column of lists of D numbers. .npz has `ids` and `x`; .npy the vectors, beside `NAME.ids.npy`. The text format of
    word2vec has a line `N D`, then a line with the id and D numbers for each node.

    Raises:
        DataError: the file can't be read, or isn't one finite number in each of N × D cells.
    """
    suffix = format_suffix(path)
    if suffix in _WORD2VEC:
        return _checked(path, *_word2vec(path))
    if suffix in (".parquet", *ARROW) and (lists := _lists(path)) is not None:
        return _checked(path, *lists)
    reader = FORMATS[suffix].read_features if suffix in FORMATS else None
    if reader is None:
        known = (name for name, form in FORMATS.items() if form.read_features is not None)
        raise DataError(
            f"{path}: expected vectors in a file of {listed(dict.fromkeys([*known, *_WORD2VEC]), 20)}, found {suffix or 'none'}"
        )
    nodes = reader(path)
    return _checked(path, nodes.ids, _numbers(path, nodes))


def _checked(path: Path, ids: list[str], z: Float32) -> Vectors:
    if len(wrong := np.flatnonzero(~np.isfinite(z).all(axis=1))):
        raise DataError(
            f"{path}: expected finite numbers, found others in the vector of {shortened(repr(ids[wrong[0]]))}"
        )
    return Vectors(ids, z)


def _numbers(path: Path, nodes: NodeTable) -> Float32:
    """The columns of a node table, all of which must be numbers."""
    x = nodes.features
    if isinstance(x, CSR):
        raise DataError(f"{path}: expected dense vectors, found a sparse matrix; write them as x (N, D)")
    if isinstance(x, np.ndarray):
        return x
    texts = [name for name, column in x.items() if not (isinstance(column, np.ndarray) and column.dtype.kind in "biuf")]
    if texts or nodes.left_out or not x:
        found = ", ".join(map(repr, [*texts, *nodes.left_out][:4])) or "none"
        raise DataError(
            f"{path}: expected a column of ids, and columns of numbers alone, found {found}; leave others out"
        )
    return np.stack([np.asarray(column, np.float32) for column in x.values()], axis=1)


def _lists(path: Path) -> tuple[list[str], Float32] | None:
    """The ids and the one column of lists of numbers beside them; None of another table."""
    what = str(path)
    with opened(what) as database:
        types = view(database, file_table(path))
        lists = [name for name, kind in types.items() if kind.endswith("]") and not kind.startswith("VARCHAR")]
        if len(types) != 2 or len(lists) != 1:
            return None
        ids = read_ids(Where(what), database, types)
        cells = database.execute(f"SELECT {quoted(lists[0])}::FLOAT[] FROM given").fetchall()
    widths = {None if cell is None else len(cell) for (cell,) in cells}
    if len(widths) != 1 or None in widths or 0 in widths:
        raise DataError(
            f"{path}, {lists[0]}: expected lists of one length, found {listed(map(str, widths), 4)}; write all D numbers"
        )
    return ids, np.array([[np.nan if number is None else number for number in cell] for (cell,) in cells], np.float32)


def _word2vec(path: Path) -> tuple[list[str], Float32]:
    try:
        with path.open(encoding="utf-8") as file:
            head, rows = file.readline().split(), [line.rstrip("\n").rstrip().split(" ") for line in file]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: expected a readable text, found {error}; check the file") from None
    if len(head) != 2 or not all(re.fullmatch("[1-9][0-9]*", part) for part in head):
        raise DataError(
            f"{path}, line 1: expected N and D from 1, as word2vec writes them, found {shortened(repr(' '.join(head)))}"
        )
    n, dim = map(int, head)
    if len(rows) != n:
        raise DataError(f"{path}: expected {n:,} vectors, as line 1 says, found {len(rows):,}")
    for number, row in enumerate(rows, 2):
        if len(row) != dim + 1 or not row[0]:
            raise DataError(f"{path}, line {number}: expected an id and {dim:,} numbers, found {len(row):,} words")
        if "_" in "".join(row[1:]):  # which Python reads as a separator of digits
            raise DataError(f"{path}, line {number}: expected numbers, found one with '_'; correct the cell")
    ids = [row[0] for row in rows]
    if len(set(ids)) < n:
        [(twice, _)] = Counter(ids).most_common(1)
        raise DataError(f"{path}: expected distinct ids, found {shortened(repr(twice))} twice; leave one out")
    try:
        return ids, np.array([row[1:] for row in rows], np.float32)
    except ValueError as error:
        raise DataError(f"{path}: expected numbers, found: {error}; correct the cell") from None


def placed(graph: Graph, vectors: Vectors, what: str) -> Graph:
    """The graph with the nodes of the vectors, in their order: those of links, and others without any.

    Raises:
        DataError: a linked node has no vector; the message names `what`, the file of vectors.
    """
    row_of = {node: row for row, node in enumerate(vectors.ids)}
    if missing := [node for node in graph.ids if node not in row_of]:
        raise DataError(
            f"{what}: expected a vector of each of the {graph.n_nodes:,} linked nodes, found none of {len(missing):,}, such as "
            f"{shortened(repr(missing[0]))}; add them, or leave out their links"
        )
    if graph.types is not None:
        raise DataError(f"{what}: expected links between nodes of one type, found types; publish vectors of one type")
    rows = np.array([row_of[node] for node in graph.ids])
    whole = Graph.from_pairs(vectors.ids, rows[graph.edges], graph.weights, directed=graph.directed, parts=graph.parts)
    return replace(
        whole, duplicates=graph.duplicates, self_loops=graph.self_loops, notes=graph.notes, readings=graph.readings
    )
