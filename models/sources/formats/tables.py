"""What the readers take and return, before edges and features meet in a `Graph`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.graph.columns import Columns
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.preprocessing import Reason
from latentlink.models.graph.types import NodeTypes
from latentlink.models.wording import listed_names


class EdgeColumns(NamedTuple):
    """Names of the columns of links.

    Attributes:
        source: one end of each link.
        target: the other end.
        weight: numbers > 0; None takes the column "weight" if there is one, in any case.
        time: numbers, or dates or times, which become seconds since 1970 in UTC; or None.
        relation: texts, the relation of each link; or None.
        split: texts, the part of the split that each link is of; or None.

    In a file without a header columns are called by their places from 1, and the usual names are those of the first two.
    """

    source: str = "source"
    target: str = "target"
    weight: str | None = None
    time: str | None = None
    relation: str | None = None
    split: str | None = None


class TextOptions(NamedTuple):
    """How delimited texts are to be read; what is None shows in the text.

    Attributes:
        header: whether the first row of links names the columns; that of a node table shows.
        delimiter: what stands between fields: a character, `::`, or a word such as `tab` or `blanks`.
        encoding: a name that Python knows; None is UTF-8, or UTF-16 with a byte order mark.
        ignored: columns of node tables whose cells are not looked at.
        triples: whether a column of links may hold their relations; all links of a file of one relation are of this one.
    """

    header: bool | None = None
    delimiter: str | None = None
    encoding: str | None = None
    ignored: tuple[str, ...] = ()
    triples: bool = True


class Labels(NamedTuple):
    """A text of each of m links.

    Attributes:
        names: the distinct texts, in order of first appearance.
        of: int64 (m,), indices into `names`.
    """

    names: tuple[str, ...]
    of: Int64


LABELS = EdgeColumns._fields[-2:]  # columns of texts
OPTIONS = dict(
    zip(
        EdgeColumns._fields,
        ("source", "target", "weight", "time-column", "relation-column", "split-column"),
        strict=True,
    )
)
COLUMNS = EdgeColumns()  # the names where the caller gives none
UNDIRECTED = "they are read as undirected, so no direction is predicted; pass --directed to keep it"


class Matrix(NamedTuple):
    """A matrix whose entries are links.

    Attributes:
        rows: their number.
        columns: theirs; rows and columns are the same nodes if there are as many of both.
        symmetric: whether each link stands in both directions with one weight: without a direction they are one link.
    """

    rows: int
    columns: int
    symmetric: bool


@dataclass(frozen=True)
class Layout:
    """How the columns of links were taken.

    Attributes:
        form: the format, with its delimiter and header where there are any.
        source: the column of one end; its place, from 1, in a file without a header.
        target: that of the other end.
        weight: that of the weights, or None.
        time: that of the times, or None.
        relation: that of the relations, or None.
        split: that of the parts of the split, or None.
        unused: all others.
        numbers: those of them that hold numbers, as far as a look at some rows or the types tell.
        named: whether the file itself names the ends, which then may be of two kinds.
        by_name: whether the ends were taken for their names, which nobody gave and which are not the usual ones.
        lists_nodes: whether the file has a list of nodes beside the links.
        matrix: the shape, where the links are the entries of a matrix, or None.
        two_kinds: whether the file says that its ends are nodes of two kinds.
        delimiter: the character between the fields of a file that DuckDB reads as it is, or None.
    """

    form: str
    source: str = "source"
    target: str = "target"
    weight: str | None = None
    time: str | None = None
    relation: str | None = None
    split: str | None = None
    unused: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    named: bool = False
    by_name: bool = False
    lists_nodes: bool = False
    matrix: Matrix | None = None
    two_kinds: bool = False
    delimiter: str | None = None


@dataclass(frozen=True)
class EdgeTable:
    """m links in the order of a file, with self-loops, repeats and both directions.

    Attributes:
        ids: the n nodes: those of the links in order of first appearance, or all that the file lists.
        pairs: int64 (m, 2), source and target as rows of `ids`.
        weights: float32 (m,), finite and > 0, or None where the file has none.
        times: float64 (m,), finite, or None without a column of times.
        columns: node columns of n cells each, where the file holds nodes as well.
        booleans: those of them whose numbers stand for false and true.
        left_out: why other node columns are none of these.
        notes: how the result differs from the file, a sentence each.
        layout: how the columns of the file were taken.
        directions: what the file says of its links: whether they are directed, or both of a mixture; empty if it says nothing.
        types: of the nodes, or None; ids are distinct within a type.
        labels: the relation and the part of the split of each link, "relation" and "split", as far as columns were named.
        line_of: the line where a link (from 0) stands, of a text.
    """

    ids: list[str]
    pairs: Int64
    weights: Float32 | None
    times: Float64 | None = None
    columns: Columns = field(default_factory=dict)
    booleans: frozenset[str] = frozenset()
    left_out: Mapping[str, Reason] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    layout: Layout = Layout("")
    directions: frozenset[bool] = frozenset()
    types: NodeTypes | None = None
    labels: Mapping[str, Labels] = field(default_factory=dict)
    line_of: Callable[[int], int] | None = None


@dataclass(frozen=True)
class NodeTable:
    """N distinct nodes with their features.

    Attributes:
        ids: N strings, in the order of the file.
        features: columns of N cells each, numbers within float32 or NaN; or a matrix (N, F) that stays as it is.
        notes: how the result differs from the file, a sentence each.
        form: the format, with its delimiter and header where there are any.
        key: the column of the ids, or None where they have no name.
        left_out: why other columns are no features; a new node may have them, too.
        typed_by: the column of the types of nodes, or None.
        booleans: the columns whose numbers stand for false and true.
        line_of: the line where a node (from 0) stands, of a text.
    """

    ids: list[str]
    features: Columns | CSR | Float32
    notes: tuple[str, ...] = ()
    form: str = ""
    key: str | None = None
    left_out: Mapping[str, Reason] = field(default_factory=dict)
    typed_by: str | None = None
    booleans: frozenset[str] = frozenset()
    line_of: Callable[[int], int] | None = None


def date_notes(names: Iterable[str]) -> tuple[str, ...]:
    """A note on columns of dates, if there are any."""
    listing = listed_names(names)
    return (f"Columns of dates are ignored: {listing}.",) if listing else ()
