"""Types of nodes: of the two columns of a bipartite edge file, or by a column of the node table."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

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
from latentlink.models.wording import LONGEST, MOST_LISTED, count, listed_names, shortened

_MOST = 100  # types: more are hardly types
_NAME = f"one line of at most {LONGEST} characters"


class Beside(NamedTuple):
    """Which options are given that rule out types of ends; `features` is a table of all nodes."""

    directed: bool
    type_column: bool
    features: bool

    @property
    def options(self) -> list[str]:
        """What messages call them."""
        return [f"--{name.replace('_', '-')}" for name, given in self._asdict().items() if given]


def require_two(
    source_type: str | None, target_type: str | None, beside: Beside, tabled: Sequence[str] = ()
) -> tuple[str, str] | None:
    """The types of both columns of links, or None without any.

    Args:
        source_type: of the nodes in the first column.
        target_type: of those in the second.
        beside: the options that are given with them.
        tabled: types that have node tables of their own.

    Raises:
        DataError: one of both is missing or no name, both are equal, or `beside` rules them out; or types directed links; or a
            table is of another type.
    """
    ends = {"--source-type": source_type, "--target-type": target_type}
    given = [option for option, name in ends.items() if name is not None] + ["--type-column"] * beside.type_column
    if beside.directed and given:
        options = " and ".join(given)
        raise DataError(
            f"--directed: expected nodes of one type, found {options}: links between types have no direction of their own here; "
            f"drop --directed, or {options}"
        )
    if source_type is None and target_type is None and not tabled:
        return None
    if not source_type or not target_type or source_type == target_type or not _are_names(source_type, target_type):
        shown = " and ".join("none" if name is None else repr(shortened(name)) for name in ends.values())
        raise DataError(
            f"--source-type, --target-type: expected two different names, {_NAME}, found {shown}; name the types of both "
            "columns, as in --source-type user --target-type item"
        )
    if beside.options == ["--features"]:
        raise DataError(
            f"--features: expected a table of one type beside --source-type and --target-type, such as "
            f"{shlex.quote(f'{source_type}=FILE')}, found one without a type; name it"
        )
    if beside.options:
        raise DataError(
            f"--source-type, --target-type: expected links, and node tables of these types, found {beside.options[0]}; drop it, "
            "or drop these two and name the column of types in one node table with --type-column"
        )
    if unknown := [kind for kind in tabled if kind not in (source_type, target_type)]:
        raise DataError(
            f"--features: expected a type of --source-type and --target-type, {source_type!r} or {target_type!r}, found "
            f"{shortened(unknown[0])!r}; correct it"
        )
    return source_type, target_type


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
        DataError: there is no such column, a cell is no name, or there is one type, or very many.
    """
    columns = {} if isinstance(nodes.features, CSR | np.ndarray) else nodes.features
    called = _called(what, nodes, columns, column)
    texts = _texts(what, nodes, called, columns[called])
    code = {name: at for at, name in enumerate(dict.fromkeys(texts))}
    if not 2 <= len(code) <= _MOST:
        raise DataError(
            f"{what}: {shortened(called)}: expected 2 to {_MOST} types of nodes, found {len(code):,}: "
            f"{listed_names(code)}; correct or drop --type-column"
        )
    of = np.array([code[text] for text in texts], np.int16)
    order = _by_links(of, pairs)
    names = tuple(np.array([*code], object)[order])
    kept = {name: cells for name, cells in columns.items() if name != called}
    types = NodeTypes.of_edges(names, np.argsort(order).astype(np.int16)[of], pairs)
    notes = (*nodes.notes, *nearly_equal_notes("types", names), *_unlinked_notes(types))
    return replace(nodes, features=kept, notes=notes, typed_by=called), types


def _by_links(of: Int16, pairs: Int64) -> Int64:
    """The types, int64 (T,), by their first appearance among first ends, then second ends, without self-loops, then nodes."""
    sources, targets = of[pairs[pairs[:, 0] != pairs[:, 1]].T]
    types, first = np.unique(np.concatenate([sources, targets, of]), return_index=True)
    return types[np.argsort(first)].astype(np.int64)


def _unlinked_notes(types: NodeTypes) -> Iterator[str]:
    """A note on types whose nodes have no links, so that nothing says what they may be linked to."""
    if alone := [name for at, name in enumerate(types.names) if at not in types.linked]:
        yield f"Nodes of {count(len(alone), 'type')} have no links, so that none are predicted for them: {listed_names(alone)}."


def _are_names(*texts: str) -> bool:
    return all(text.strip() and len(text) <= LONGEST and len(text.splitlines()) == 1 for text in texts)


def _called(what: str, nodes: NodeTable, columns: Columns, column: str) -> str:
    """The name of the column of types, as the table spells it."""
    if called := found(column, columns):
        return called
    if called := found(column, nodes.left_out):
        raise DataError(
            f"{what}: {shortened(called)}: expected the type of each node, a text or a number, found a "
            "column that is neither on every node; fill or convert it"
        )
    way = "" if columns else ", or give a node table that has it with --features"
    raise DataError(
        f"{what}: columns: expected {shortened(column)!r} of --type-column, found "
        f"{listed_names(columns, MOST_LISTED) or 'none'}; correct --type-column{way}"
    )


def _texts(what: str, nodes: NodeTable, name: str, column: Column) -> list[str]:
    """The name of each node's type."""
    truth = {"0": "false", "1": "true"} if name in nodes.booleans else {}
    texts = [cell if isinstance(cell, str) else "" for cell in as_texts(column)]
    wrong = {text for text in set(texts) if not _are_names(text)}
    if wrong:
        row = next(row for row, text in enumerate(texts) if text in wrong)
        cell = column[row]
        shown = repr(shortened(str(cell))) if isinstance(cell, str | tuple) else "none"
        raise DataError(
            f"{what}, node {shortened(nodes.ids[row])!r}: {shortened(name)}: expected the type of the node, {_NAME}, "
            f"found {shown}; correct the cell"
        )
    return [truth.get(text, text) for text in texts]
