"""The vectors of a checkpoint as a table of its nodes, in batches: what each engine writes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, Self

import numpy as np

from latentlink.models.arrays import Float32, Int64
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.errors import DataError
from latentlink.models.graph.csr import runs
from latentlink.models.graph.filter_columns import UNKNOWN, FilterColumn, NumberColumn, TextColumn
from latentlink.models.wording import listed_names, shortened

ROW, TARGET, SOURCE, SHARED_LINKS = "row", "target", "source", "shared_links"
_FIXED = (ROW, "node", "type", "version", TARGET, SOURCE, SHARED_LINKS)
_AT_ONCE = 2**19  # numbers in a batch, of vectors and of sparse parts: about 6 MB as JSON

Kind = Literal["text", "number", "boolean"]
Cell = str | float | bool | None


class SparseRows(NamedTuple):
    """The sparse parts of m vectors.

    Attributes:
        starts: int64 (m+1,), where each begins.
        rows: int64, the known neighbours of each node, rising.
        weights: float32, √w of each.
    """

    starts: Int64
    rows: Int64
    weights: Float32


class Batch(NamedTuple):
    """Some nodes, one after the other.

    Attributes:
        rows: their m rows.
        cells: m cells of each field of the table.
        vectors: float32 (m, D) by role.
        shared_links: their sparse parts; None in a model without.
    """

    rows: range
    cells: Mapping[str, Sequence[Cell]]
    vectors: Mapping[str, Float32]
    shared_links: SparseRows | None


@dataclass(frozen=True)
class VectorTable:
    """The vectors of N nodes whose inner products, of a source and a target, are the logits of links.

    Attributes:
        checkpoint: whose links have no relation, or one.
        edition: its version, with the place of the relation where links have some: equal editions are equal tables.
    """

    checkpoint: Checkpoint
    edition: str

    @classmethod
    def of(cls, checkpoint: Checkpoint, relation: str | None = None) -> Self:
        """The table of a checkpoint, of the links of a relation where they have some.

        Raises:
            DataError: the model has no such relation, or several and none is named.
        """
        names, version = checkpoint.manifest.relations, checkpoint.manifest.version
        if relation is None and len(names) == 1:
            relation = names[0]
        if relation is None and not names:
            return cls(checkpoint, version)
        if relation not in names:
            found = "none" if relation is None else repr(shortened(relation))
            expected = f"one of the relations {listed_names(names)}" if names else "none, as links have no relations"
            raise DataError(f"--relation: expected {expected}, found {found}")
        place = names.index(relation)
        return cls(checkpoint.of_relation(place), f"{version}_{place}")

    @property
    def dim(self) -> int:
        """D."""
        return self.checkpoint.manifest.counts.dim

    @property
    def roles(self) -> list[str]:
        """The vectors of a node: its `target`, and its `source` where that is another one."""
        decoder = self.checkpoint.decoder
        same = decoder.column_weights is None and decoder.targets is None and decoder.relation is None
        return [TARGET] if same else [TARGET, SOURCE]

    @property
    def searched(self) -> list[str]:
        """The roles that searches are for: targets, and where links have a direction sources, too."""
        return self.roles if self.checkpoint.manifest.directed else [TARGET]

    @cached_property
    def fields(self) -> Mapping[str, Kind]:
        """What is known of a node: its id, the version, its type where there are types, and the columns of filters.

        A column whose name is one of the table's own ends with an underscore here.
        """
        manifest = self.checkpoint.manifest
        own: list[tuple[str, Kind]] = [(name, "text") for name in ("node", "version", *["type"][: len(manifest.types)])]
        return dict([*own, *((self._name(facts.name), facts.kind) for facts in manifest.columns)])

    def __len__(self) -> int:
        return len(self.checkpoint.nodes)

    def batches(self) -> Iterator[Batch]:
        """All nodes in order of row."""
        shared = self.checkpoint.decoder.shared
        sizes = np.full(len(self), self.dim * len(self.roles))
        if shared is not None:
            sizes += np.diff(shared.indptr)
        for rows in runs(sizes, _AT_ONCE):
            yield Batch(range(rows.start, rows.stop), self._cells(rows), self._vectors(rows), self._shared(rows))

    def _vectors(self, rows: slice) -> dict[str, Float32]:
        decoder = self.checkpoint.decoder
        vectors = {TARGET: decoder.target_vectors[rows]}
        return vectors if len(self.roles) == 1 else {**vectors, SOURCE: decoder.source_vectors(rows)}

    def _shared(self, rows: slice) -> SparseRows | None:
        shared = self.checkpoint.decoder.shared
        if shared is None:
            return None
        starts = shared.indptr[rows.start : rows.stop + 1].astype(np.int64)
        neighbors = shared.indices[starts[0] : starts[-1]].astype(np.int64)
        weights = np.sqrt(shared.weight(shared.degrees(neighbors))).astype(np.float32)
        return SparseRows(starts - starts[0], neighbors, weights)

    def _cells(self, rows: slice) -> dict[str, Sequence[Cell]]:
        nodes, manifest = self.checkpoint.nodes, self.checkpoint.manifest
        places = range(rows.start, rows.stop)
        cells: dict[str, Sequence[Cell]] = {"node": nodes.ids(places), "version": [manifest.version] * len(places)}
        if nodes.types is not None:
            cells["type"] = [manifest.types[kind] for kind in nodes.types[rows].tolist()]
        columns = self.checkpoint.columns.items()
        return cells | {self._name(name): _cells_of(column, rows) for name, column in columns}

    def _name(self, column: str) -> str:
        taken = {*_FIXED, *self.checkpoint.columns} - ({column} - {*_FIXED})
        while column in taken:
            column += "_"
        return column


def _cells_of(column: FilterColumn, rows: slice) -> list[Cell]:
    if isinstance(column, TextColumn):
        return [None if code < 0 else column.texts[code] for code in column.codes[rows].tolist()]
    if isinstance(column, NumberColumn):
        return [None if math.isnan(number) else number for number in column.numbers[rows].tolist()]
    return [None if boolean == UNKNOWN else boolean == 1 for boolean in column.booleans[rows].tolist()]
