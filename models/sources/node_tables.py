"""The nodes of a graph as its tables list them: one table of all, or one for each type; and the links between their rows."""

import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import Features, block_diagonal
from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.graph.types import NodeTypes
from latentlink.models.sources.encoding import Encoded
from latentlink.models.sources.formats.names import found
from latentlink.models.sources.formats.tables import EdgeTable, NodeTable
from latentlink.models.sources.ids import checked_nodes
from latentlink.models.sources.origins import Origin
from latentlink.models.wording import MOST_LISTED, listed_names, shortened

Files = Sequence[tuple[Origin, EdgeTable]]
COMPLETED = "train with --model ae or --model vae, which complete missing values"


@dataclass(frozen=True)
class Part:
    """Nodes of a graph that stand one after another: all of them, or those of a type.

    Attributes:
        origin: what lists them, or what messages call several files of links.
        nodes: their ids and columns.
        kind: their type, where each type has a table of its own, or None.
    """

    origin: Origin | str
    nodes: NodeTable
    kind: str | None = None


def read_parts(
    links: EdgeTable, origin: Origin | str, tables: Mapping[str | None, Origin], *, strip: bool
) -> list[Part]:
    """The nodes: those of the links, of one table, or of each type, those of a type without a table being those of the links.

    Args:
        links: the links, of typed nodes where tables are of types.
        origin: that of the links, or what messages call several.
        tables: that of all nodes, under None, or of each of some types; or none.
        strip: whether blanks around ids are removed.

    Raises:
        DataError: a table can't be read, or its ids can't be used.
    """
    if not tables:
        nodes = NodeTable(
            links.ids, links.columns, form=links.layout.form, left_out=links.left_out, booleans=links.booleans
        )
        return [Part(origin, nodes)]
    kinds = (None,) if links.types is None else links.types.names
    return [
        Part(tables[kind], checked_nodes(str(tables[kind]), tables[kind].read_nodes(), strip=strip), kind)
        if kind in tables
        else Part(origin, NodeTable([links.ids[node] for node in _own(links, kind).tolist()], {}), kind)
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


def linked(links: EdgeTable, parts: Sequence[Part], files: Files) -> EdgeTable:
    """The links, one file's behind the other's, between the rows of the parts.

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
        _require_rows(links, part, own[ends[own] & (rows[own] < 0)], files)
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


def _require_rows(links: EdgeTable, part: Part, absent: Int64, files: Files) -> None:
    """Refuse linked nodes of a part, int64 (m,), that its table lacks."""
    if not len(absent):
        return
    row = int(np.isin(links.pairs, absent).any(axis=1).argmax())
    starts = np.cumsum([0, *(len(table.pairs) for _, table in files)])
    file = int(np.searchsorted(starts, row, side="right")) - 1
    place = _place(*files[file], row - int(starts[file]))
    named = listed_names(links.ids[node] for node in absent.tolist())
    way = (
        "" if part.nodes.key in (None, "node") else f", or name the column of ids 'node' if it isn't {part.nodes.key!r}"
    )
    nodes, table = ("nodes", "") if part.kind is None else (f"nodes of type {part.kind!r}", f" {part.origin}")
    raise DataError(
        f"{place}: link: expected {nodes} with a row of features, "
        f"found {len(absent):,} without: {named}; add their rows to --features{table}{way}"
    )


def require_all(part: Part, encoded: Encoded) -> None:
    """No cell of a column that is used is empty.

    Raises:
        DataError: one is.
    """
    if not isinstance(part.origin, str) and (cell := encoded.first_missing()):
        row, column = cell
        links = part.origin.unit == "link"
        place = f"{part.origin}, node {part.nodes.ids[row]!r}" if links else _place(part.origin, part.nodes, row)
        ways = [
            "fill it",
            f"pass --ignore {shlex.quote(column)} if it is no feature",
            *[COMPLETED] * (part.kind is None),
        ]
        raise DataError(f"{place}: {column}: expected a value, found none; {', or '.join(ways)}")


def _place(origin: Origin, table: EdgeTable | NodeTable, row: int) -> str:
    """What messages call a row, from 0: a text has lines."""
    return origin.row(row) if table.line_of is None else f"{origin}, line {table.line_of(row)}"


def named_in(
    parts: Sequence[Part], options: Mapping[str, Sequence[str]]
) -> Iterator[tuple[Part, dict[str, Sequence[str]]]]:
    """Each part with the names, of columns, that are in its table, by option; all names where one table lists all nodes.

    Raises:
        DataError: a name is in none of several tables.
    """
    known = [{*_columns(part), *part.nodes.left_out} for part in parts]
    for option, names in options.items():
        if len(parts) > 1 and (absent := [name for name in names if not any(found(name, own) for own in known)]):
            others = listed_names(sorted(set().union(*known)), MOST_LISTED)
            raise DataError(
                f"{option}: expected columns of the node tables, {others or 'which have none'}, found {shortened(absent[0])!r}; "
                f"correct {option}"
            )
    for part, own in zip(parts, known, strict=True):
        yield (
            part,
            {
                option: [name for name in names if len(parts) == 1 or found(name, own)]
                for option, names in options.items()
            },
        )


def _columns(part: Part) -> Sequence[str]:
    features = part.nodes.features
    return [] if isinstance(features, CSR | np.ndarray) else [*features]
