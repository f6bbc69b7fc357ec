"""Types of nodes: of the two columns of a bipartite edge file, or by a column of the node table."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from latentlink.models.arrays import Int16, Int64
from latentlink.models.errors import DataError
from latentlink.models.graph.columns import Column, Columns
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.types import NodeTypes
from latentlink.models.sources.formats.names import found
from latentlink.models.sources.formats.tables import EdgeTable, NodeTable
from latentlink.models.sources.ids import nearly_equal_notes
from latentlink.models.sources.node_columns import as_texts
from latentlink.models.wording import listed, shortened

_MOST = 100  # types: more are hardly types


def require_two(
    source_type: str | None, target_type: str | None, type_column: str | None, *, features: bool, directed: bool
) -> tuple[str, str] | None:
    """The types of both columns of links, or None without any.

    Args:
        source_type: of the nodes in the first column.
        target_type: of those in the second.
        type_column: the column of types in the node table.
        features: whether there is a node table.
        directed: whether links are directed.

    Raises:
        DataError: one of the two is missing, both are equal, a node table or its types are beside them, or types of any kind
            are beside directed links.
    """
    ends = {"--source-type": source_type, "--target-type": target_type}
    given = [option for option, name in (ends | {"--type-column": type_column}).items() if name is not None]
    if directed and given:
        raise DataError(
            f"--directed: expected nodes of one type, found {' and '.join(given)}: links between types have no direction of "
            f"their own here; drop --directed, or {' and '.join(given)}"
        )
    if source_type is None and target_type is None:
        return None
    one, other = (source_type or "").strip(), (target_type or "").strip()
    if not one or not other or one == other:
        raise DataError(
            f"--source-type, --target-type: expected two different names, found {source_type!r} and {target_type!r}; name the "
            "types of both columns, as in --source-type user --target-type item"
        )
    if features or type_column is not None:
        found = "--features" if features else "--type-column"
        raise DataError(
            f"--source-type, --target-type: expected links alone, found {found}: the columns of links type no nodes without "
            "links; drop it, or drop these two and name the column of types in the node table with --type-column"
        )
    return one, other


def typed_by_ends(what: str, links: EdgeTable, names: tuple[str, str]) -> EdgeTable:
    """The links between nodes of two types: an id that stands in both columns is two nodes.

    Nodes stand in the order of their first appearance.

    Args:
        what: the file, for errors.
        links: their first column holds nodes of the first type, their second of the second.
        names: of the types.

    Raises:
        DataError: the file lists its nodes, which have attributes and may have no links.
    """
    if links.layout.lists_nodes:
        raise DataError(
            f"{what}: expected a table of links for --source-type and --target-type, found {links.layout.form}, which lists its "
            "nodes; name the attribute that holds their types with --type-column, or write the links as CSV"
        )
    keys = 2 * links.pairs + [0, 1]
    distinct, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    rows, of = np.divmod(distinct[order], 2)
    types = NodeTypes(names, of.astype(np.int16), np.array([[0, 1]], np.int16))
    return replace(
        links,
        ids=[links.ids[row] for row in rows.tolist()],
        pairs=place[inverse].reshape(-1, 2),
        notes=(*links.notes, *nearly_equal_notes("types", names)),
        types=types,
    )


def typed_by_column(what: str, nodes: NodeTable, column: str, pairs: Int64) -> tuple[NodeTable, NodeTypes]:
    """The node table without its column of types, and the types; those that have links may be linked.

    Types stand in the order in which links name a first node of them, so that the first group of a bipartite graph is that of
    the first ends; then in that of the second ends, and of the table.

    Args:
        what: the file, for errors.
        nodes: the table.
        column: the name of the column.
        pairs: int64 (m, 2), the links, as rows of the table.

    Raises:
        DataError: there is no such column, a cell is no type, or there is one type, or very many.
    """
    columns = {} if isinstance(nodes.features, CSR | np.ndarray) else nodes.features
    called = _called(what, nodes, columns, column)
    texts = _texts(what, nodes, called, columns[called])
    code = {name: at for at, name in enumerate(dict.fromkeys(texts))}
    if not 2 <= len(code) <= _MOST:
        raise DataError(
            f"{what}: {called}: expected 2 to {_MOST} types of nodes, found {len(code):,}: {_some(code)}; correct or drop "
            "--type-column"
        )
    of = np.array([code[text] for text in texts], np.int16)
    order = _by_links(of, pairs)
    names = tuple(np.array([*code], object)[order])
    kept = {name: cells for name, cells in columns.items() if name != called}
    notes = (*nodes.notes, *nearly_equal_notes("types", names))
    typed = replace(nodes, features=kept, notes=notes, typed_by=called)
    return typed, NodeTypes.of_edges(names, np.argsort(order).astype(np.int16)[of], pairs)


def _by_links(of: Int16, pairs: Int64) -> Int64:
    """The types, int64 (T,), by their first appearance among first ends, then second ends, without self-loops, then nodes."""
    sources, targets = of[pairs[pairs[:, 0] != pairs[:, 1]].T]
    types, first = np.unique(np.concatenate([sources, targets, of]), return_index=True)
    return types[np.argsort(first)].astype(np.int64)


def _called(what: str, nodes: NodeTable, columns: Columns, column: str) -> str:
    """The name of the column of types, as the table spells it."""
    if called := found(column, columns):
        return called
    if called := found(column, nodes.left_out):
        raise DataError(
            f"{what}: {called}: expected the type of each node, a text or a whole number, found a column that is neither on "
            "every node; fill or convert it"
        )
    raise DataError(
        f"{what}: columns: expected {column!r} of --type-column, found {_some(columns) or 'none'}; correct --type-column, or "
        "give a node table that has it with --features"
    )


def _texts(what: str, nodes: NodeTable, name: str, column: Column) -> list[str]:
    """The name of each node's type."""
    truth = {"0": "false", "1": "true"} if name in nodes.booleans else {}
    texts = [truth.get(cell, cell) if isinstance(cell, str) and cell.strip() else None for cell in as_texts(column)]
    if None in texts:
        row = texts.index(None)
        cell = column[row]
        shown = f"{shortened(str(cell))!r}" if isinstance(cell, str | tuple) else "none"
        raise DataError(
            f"{what}, node {nodes.ids[row]!r}: {name}: expected the type of the node, a text or a whole number, found {shown}; "
            "correct the cell"
        )
    return [text for text in texts if text is not None]


def _some(names: Iterable[str]) -> str:
    return listed(repr(shortened(name)) for name in names)
