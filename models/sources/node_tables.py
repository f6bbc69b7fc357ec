"""The nodes of a graph as its tables list them: one table of all, or one for each type; and the links between their rows."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import Features, block_diagonal
from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.graph.types import NodeTypes
from latentlink.models.sources.encoding import Encoded
from latentlink.models.sources.formats import FORMATS
from latentlink.models.sources.formats.names import found
from latentlink.models.sources.formats.rows import format_suffix, line_of_row
from latentlink.models.sources.formats.tables import EdgeTable, NodeTable
from latentlink.models.sources.formats.unread import conversion
from latentlink.models.sources.ids import checked_nodes
from latentlink.models.wording import MOST_LISTED, listed_names, shortened

COMPLETED = "fill it, or train with --model ae or --model vae, which complete missing values"


@dataclass(frozen=True)
class Part:
    """Nodes of a graph that stand one after another: all of them, or those of a type.

    Attributes:
        what: the file that lists them, or "--sql".
        nodes: their ids and columns.
        kind: their type, where each type has a table of its own, or None.
    """

    what: Path | str
    nodes: NodeTable
    kind: str | None = None


def read_parts(links: EdgeTable, what: Path | str, tables: Mapping[str | None, Path], *, strip: bool) -> list[Part]:
    """The nodes: those of the links, of one table, or of each type, those of a type without a table being those of the links.

    Args:
        links: the links, of typed nodes where tables are of types.
        what: the file of the links, or "--sql".
        tables: a file for all nodes, under None, or for each of some types; or none.
        strip: whether blanks around ids are removed.

    Raises:
        DataError: a table can't be read, or its ids can't be used.
    """
    if not tables:
        nodes = NodeTable(
            links.ids, links.columns, form=links.layout.form, left_out=links.left_out, booleans=links.booleans
        )
        return [Part(what, nodes)]
    kinds = (None,) if links.types is None else links.types.names
    return [
        Part(tables[kind], checked_nodes(str(tables[kind]), read_node_table(tables[kind]), strip=strip), kind)
        if kind in tables
        else Part(what, NodeTable([links.ids[node] for node in _own(links, kind).tolist()], {}), kind)
        for kind in kinds
    ]


def require_one(tables: Collection[str | None], *, missing: bool) -> None:
    """Refuse tables of types for models that complete missing features: a node has none of those of other types.

    Raises:
        DataError: there are some.
    """
    if missing and any(kind is not None for kind in tables):
        raise DataError(
            "--features: expected one table of all nodes for --model ae and --model vae, which reconstruct its rows, found "
            "tables of types; train a gae or vgae, or a model of one table"
        )


def linked(links: EdgeTable, parts: Sequence[Part], edges: Path | str, *, header: bool) -> EdgeTable:
    """The links between the rows of the parts.

    Raises:
        DataError: a linked node has no row.
    """
    rows, start = np.full(len(links.ids), -1), 0
    ends = np.zeros(len(links.ids), np.bool_)
    ends[links.pairs] = True
    for part in parts:
        own = _own(links, part.kind)
        row_of = {node: row for row, node in enumerate(part.nodes.ids, start)}
        rows[own] = [row_of.get(links.ids[node], -1) for node in own.tolist()]
        _require_rows(links, part, own[ends[own] & (rows[own] < 0)], edges, header=header)
        start += len(part.nodes.ids)
    types = links.types
    if types is not None and parts[0].kind is not None:
        of = np.repeat(np.arange(len(parts), dtype=np.int16), [len(part.nodes.ids) for part in parts])
        types = NodeTypes(types.names, of, types.linked)
    ids = [node for part in parts for node in part.nodes.ids]
    return replace(links, ids=ids, pairs=rows[links.pairs], types=types)


def joined(parts: Sequence[Part], encoded: Sequence[Encoded]) -> tuple[Features | None, Preprocessing | None]:
    """The features of all nodes, (N, F), and how they were made of columns; None of both without any.

    Features of a type are 0 on nodes of others, so that a linear map of all is one for each type.
    """
    if all(one.features is None for one in encoded):
        return None, None
    if parts[0].kind is None:
        [one] = encoded
        return one.features, one.preprocessing
    blocks: list[Features] = [
        np.zeros((len(part.nodes.ids), 0), np.float32) if one.features is None else one.features
        for part, one in zip(parts, encoded, strict=True)
    ]
    types = {part.kind or "": _preprocessing(one) for part, one in zip(parts, encoded, strict=True)}
    return block_diagonal(blocks), Preprocessing(columns=(), types=types)


def _preprocessing(encoded: Encoded) -> Preprocessing:
    """That of a table of a type; the columns of a matrix are called `x0`, `x1` and so on, as those of an .npz are."""
    if encoded.preprocessing is not None or encoded.features is None:
        return encoded.preprocessing or Preprocessing(columns=(), ignored=dict(encoded.ignored))
    return Preprocessing.named(f"x{column}" for column in range(encoded.features.shape[1]))


def _own(links: EdgeTable, kind: str | None) -> Int64:
    """The nodes of a type, int64 (m,), or all."""
    if kind is None or links.types is None:
        return np.arange(len(links.ids))
    return np.flatnonzero(links.types.of == links.types.names.index(kind))


def read_node_table(path: Path) -> NodeTable:
    """The node table, by the suffix of its name."""
    suffix = format_suffix(path)
    read = FORMATS[suffix].read_features if suffix in FORMATS else None
    if read is None:
        legal = ", ".join(name for name, kind in FORMATS.items() if kind.read_features)
        way = conversion(path) or "write the table as one of these"
        raise DataError(f"{path}: expected a name that ends in {legal}, found {suffix!r}; {way}")
    return read(path)


def _require_rows(links: EdgeTable, part: Part, absent: Int64, edges: Path | str, *, header: bool) -> None:
    """Refuse linked nodes of a part, int64 (m,), that its table lacks."""
    if not len(absent):
        return
    row = int(np.isin(links.pairs, absent).any(axis=1).argmax())
    for path, own in links.files:
        edges = path
        if row < len(own.pairs):
            break
        row -= len(own.pairs)
    place = _place(edges, row, header=header)
    named = listed_names(links.ids[node] for node in absent.tolist())
    way = (
        "" if part.nodes.key in (None, "node") else f", or name the column of ids 'node' if it isn't {part.nodes.key!r}"
    )
    nodes, table = ("nodes", "") if part.kind is None else (f"nodes of type {part.kind!r}", f" {part.what}")
    raise DataError(
        f"{edges}, {place}: link: expected {nodes} with a row of features, "
        f"found {len(absent):,} without: {named}; add their rows to --features{table}{way}"
    )


def require_all(part: Part, encoded: Encoded) -> None:
    """No cell of a column that is used is empty.

    Raises:
        DataError: one is.
    """
    if isinstance(part.what, Path) and (cell := encoded.first_missing()):
        row, column = cell
        links = FORMATS[format_suffix(part.what)].unit == "link"
        place = f"node {part.nodes.ids[row]!r}" if links else _place(part.what, row, header=True)
        way = "fill it" if part.kind is not None else COMPLETED
        raise DataError(f"{part.what}, {place}: {column}: expected a value, found none; {way}")


def _place(path: Path | str, row: int, *, header: bool) -> str:
    """Where row `row` (from 0) stands in its file or, for a str, in the result of a query."""
    unit = "row" if isinstance(path, str) else FORMATS[format_suffix(path)].unit
    number = line_of_row(Path(path), row, header=header) if unit == "line" else row + 1
    return f"{unit} {number}"


def named_in(parts: Sequence[Part], names: Sequence[str], option: str) -> Iterator[tuple[Part, list[str]]]:
    """Each part with the names, of columns, that are in its table; all names where one table lists all nodes.

    Raises:
        DataError: a name is in none of several tables.
    """
    known = [{*_columns(part), *part.nodes.left_out} for part in parts]
    if len(parts) > 1 and (absent := [name for name in names if not any(found(name, own) for own in known)]):
        others = listed_names(sorted(set().union(*known)), MOST_LISTED)
        raise DataError(
            f"{option}: expected columns of the node tables, {others or 'which have none'}, found {shortened(absent[0])!r}; "
            f"correct {option}"
        )
    for part, own in zip(parts, known, strict=True):
        yield part, [name for name in names if len(parts) == 1 or found(name, own)]


def _columns(part: Part) -> Sequence[str]:
    features = part.nodes.features
    return [] if isinstance(features, CSR | np.ndarray) else [*features]
