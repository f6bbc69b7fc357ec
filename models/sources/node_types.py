"""Types of nodes: of the two columns of a bipartite edge file, or by a column of the node table."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.errors import DataError
from latentlink.models.graph.columns import Columns
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.types import NodeTypes
from latentlink.models.sources.formats.names import found
from latentlink.models.sources.formats.tables import EdgeTable, NodeTable
from latentlink.models.sources.node_columns import as_texts
from latentlink.models.wording import listed

_MOST = 100  # types: more are hardly types


def require_two(source_type: str | None, target_type: str | None, *, table: bool) -> tuple[str, str] | None:
    """Both names, or None without any.

    Args:
        source_type: of the nodes in the first column of links.
        target_type: of those in the second.
        table: whether there is a node table, which then says the types.

    Raises:
        DataError: one is missing, both are equal, or a node table is beside them.
    """
    if source_type is None and target_type is None:
        return None
    if not source_type or not target_type or source_type == target_type:
        raise DataError(
            f"--source-type, --target-type: expected two different names, found {source_type!r} and {target_type!r}; name the "
            "types of both columns, as in --source-type user --target-type item"
        )
    if table:
        raise DataError(
            "--source-type: expected no --features beside it, found some: nodes without links have no column to be typed by; "
            "name the column of the node table that holds the types with --type-column"
        )
    return source_type, target_type


def typed_by_ends(links: EdgeTable, names: tuple[str, str]) -> EdgeTable:
    """The links between nodes of two types: an id that stands in both columns is two nodes.

    Nodes stand in the order of their first appearance.

    Args:
        links: their first column holds nodes of the first type, their second of the second.
        names: of the types.
    """
    keys = 2 * links.pairs + [0, 1]
    distinct, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    rows, of = np.divmod(distinct[order], 2)
    types = NodeTypes(names, of.astype(np.int16), np.array([[0, 1]], np.int16))
    return replace(
        links, ids=[links.ids[row] for row in rows.tolist()], pairs=place[inverse].reshape(-1, 2), types=types
    )


def typed_by_column(what: str, nodes: NodeTable, column: str, pairs: Int64) -> tuple[NodeTable, NodeTypes]:
    """The node table without its column of types, and the types; those that have links may be linked.

    Args:
        what: the file, for errors.
        nodes: the table.
        column: the name of the column.
        pairs: int64 (m, 2), the links, as rows of the table.

    Raises:
        DataError: there is no such column, a cell is empty, or there is one type, or very many.
    """
    columns = {} if isinstance(nodes.features, CSR | np.ndarray) else nodes.features
    texts = _texts(what, columns, column)
    names = sorted(set(texts))
    if not 2 <= len(names) <= _MOST:
        raise DataError(
            f"{what}: {column}: expected 2 to {_MOST} types of nodes, found {len(names):,}: {listed(map(repr, names))}; "
            "correct or drop --type-column"
        )
    code = {name: at for at, name in enumerate(names)}
    of = np.array([code[text] for text in texts], np.int16)
    kept = {name: cells for name, cells in columns.items() if name != found(column, columns)}
    return replace(nodes, features=kept, typed_by=found(column, columns)), NodeTypes.of_edges(tuple(names), of, pairs)


def _texts(what: str, columns: Columns, column: str) -> Sequence[str]:
    called = found(column, columns)
    if called is None:
        others = listed(map(repr, columns)) or "none"
        raise DataError(
            f"{what}: columns: expected {column!r} of --type-column, found {others}; correct --type-column, or give a node table "
            "that has it with --features"
        )
    texts = [None if cell is None else str(cell) for cell in as_texts(columns[called])]
    if None in texts:
        row = texts.index(None) + 1
        raise DataError(f"{what}, row {row}: {called}: expected the type of the node, found none; fill it")
    return [text for text in texts if text is not None]
