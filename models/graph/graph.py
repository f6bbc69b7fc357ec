"""`Graph`, a graph with string node ids: the output of every source and the input of a training."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from latentlink.models.arrays import Bool, Float32, Float64, Int16, Int64
from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.description import Reading, html_table, size_line
from latentlink.models.graph.filter_columns import FilterColumns
from latentlink.models.graph.merging import earliest_times, growing_weights, parts_of_edges, summed_weights
from latentlink.models.graph.pair_space import AllPairs, PairSpace, TypedPairs
from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.graph.relations import Relations, triple_keys, triples_of
from latentlink.models.graph.types import NodeTypes

_BLOCK = 65_536  # rows at once


@dataclass(frozen=True, repr=False)
class Graph:
    """N nodes and E edges, undirected or directed, without self-loops or duplicates.

    Attributes:
        ids: N strings, distinct within a type; a node's row is its position here.
        edges: int64 (E, 2), in lexicographic order: source row < target row; of a directed graph (source, target), where both
            directions of a pair may be there. With relations, by relation first: a pair is there once for each of its relations.
        weights: float32 (E,), finite and > 0, or None if all edges weigh the same.
        features: (N, F), float32 array or CSR, or None; NaN is a missing value, which only AE and VAE accept.
        duplicates: the number of repeated edges (either direction) that were merged.
        self_loops: the number of self-loops that were dropped.
        notes: remarks that readers of the metrics need, a sentence each; not part of the fingerprint.
        preprocessing: how a table's columns were encoded as features, or None; not part of the fingerprint.
        readings: how each file was read; not part of the fingerprint.
        times: float64 (E,), finite, the time of each edge, or None.
        time_column: the name of the column that has the times; not part of the fingerprint; or None.
        features_until: maps a time to the features (N, F) known by then; None if features do not change with time.
        weights_until: maps a time to the weights (E,) summed by then, 0 for later edges; None if weights do not change.
        columns: N cells of each column by which searches filter, by name; not part of the fingerprint.
        types: of the nodes, which say what may be linked, or None: any two different nodes.
        directed: whether an edge leads from its source to its target, and not back.
        relations: of the edges, of a knowledge graph, which is directed; None where all links are of one kind.
        parts: int16 (E,), of a split that the data name: 0 training, 1 validation, 2 test; not part of the fingerprint; or None.
    """

    ids: Sequence[str]
    edges: Int64
    weights: Float32 | None = None
    features: Float32 | CSR | None = None
    duplicates: int = 0
    self_loops: int = 0
    notes: tuple[str, ...] = ()
    preprocessing: Preprocessing | None = None
    readings: tuple[Reading, ...] = ()
    times: Float64 | None = None
    features_until: Callable[[float], Float32 | CSR] | None = None
    weights_until: Callable[[float], Float32] | None = None
    columns: FilterColumns = field(default_factory=dict)
    types: NodeTypes | None = None
    directed: bool = False
    relations: Relations | None = None
    parts: Int16 | None = None
    time_column: str | None = None

    @classmethod
    def from_pairs(
        cls,
        ids: Sequence[str],
        pairs: Int64,
        weights: Float32 | None = None,
        features: Float32 | CSR | None = None,
        times: Float64 | None = None,
        types: NodeTypes | None = None,
        *,
        directed: bool = False,
        relations: Relations | None = None,
        parts: Int16 | None = None,
    ) -> "Graph":
        """Drop self-loops and merge duplicates: weights are summed, the earliest time is kept.

        Of undirected edges, both directions are duplicates.

        With weights and times the graph has `weights_until`, for `as_of`.

        Args:
            ids: N distinct strings.
            pairs: int64 (m, 2), rows of `ids` in any order and direction.
            weights: float32 (m,), finite and > 0, or None.
            features: (N, F) or None.
            times: float64 (m,), finite, or None.
            types: of the nodes, or None.
            directed: whether a pair is (source, target).
            relations: of the pairs, which are then directed; relations of dropped self-loops alone are dropped, too.
            parts: int16 (m,), of a split, or None.

        Raises:
            DataError: no edge is left, a row of `features` is missing, the summed weights leave float32, repeats of an edge are
                of different parts, or a part has no edge.
        """
        n = len(ids)
        if features is not None and features.shape[0] != n:
            raise DataError(f"features: expected one row for each of the {n:,} nodes, found {features.shape[0]:,} rows")
        loops = pairs[:, 0] == pairs[:, 1]
        directed = directed or relations is not None
        kept = pairs[~loops] if directed else np.sort(pairs[~loops], axis=1)
        if relations is not None:
            relations = Relations(relations.names, relations.of[~loops]).used()
        keys = triple_keys(kept, 0 if relations is None else relations.of, n)
        keys, inverse = np.unique(keys, return_inverse=True)
        if len(keys) == 0:
            raise DataError(
                f"edges: expected at least one edge between two different nodes, found none among {len(pairs):,} rows; "
                "check which columns hold the two ends"
            )
        weights, times = (None if part is None else part[~loops] for part in (weights, times))
        earliest = None if times is None else earliest_times(times, inverse, len(keys))
        of, edges = triples_of(keys, n)
        relations = None if relations is None else Relations(relations.names, of)
        return cls(
            ids=ids,
            edges=edges,
            weights=None if weights is None else summed_weights(weights, inverse, edges, ids),
            features=features,
            duplicates=len(kept) - len(keys),
            self_loops=int(loops.sum()),
            times=earliest,
            weights_until=growing_weights(weights, times, earliest, inverse),
            types=types,
            directed=directed,
            relations=relations,
            parts=None if parts is None else parts_of_edges(parts[~loops], inverse, edges, ids, relations),
        )

    def __repr__(self) -> str:
        """As `latentlink check` prints it, in one line."""
        return f"Graph: {size_line(self)}"

    _repr_html_ = html_table  # for notebooks

    @property
    def n_nodes(self) -> int:
        """N."""
        return len(self.ids)

    @property
    def n_edges(self) -> int:
        """E; an undirected edge counts once."""
        return len(self.edges)

    @property
    def n_features(self) -> int:
        """F, or 0 without features."""
        return 0 if self.features is None else self.features.shape[1]

    @property
    def triples(self) -> Int64:
        """The edges of a graph with relations as (source, target, relation), int64 (E, 3)."""
        assert self.relations is not None
        return np.column_stack([self.edges, self.relations.of.astype(np.int64)])

    @cached_property
    def pair_space(self) -> PairSpace:
        """The pairs of nodes that may be linked."""
        return AllPairs(self.n_nodes) if self.types is None else TypedPairs(self.types)

    @cached_property
    def sides(self) -> Bool | None:
        """Of each node one of two groups, if the types say that links go between them alone: bool (N,); else None.

        Roles of the same nodes, which stand apart, are no groups.
        """
        return None if self.types is None or self.types.apart is not None else self.types.sides

    @property
    def ties(self) -> Int64 | None:
        """int64 (N / 2, 2), of a graph of roles: the two roles of each node, which pass messages and can't be linked."""
        return None if self.types is None else self.types.apart

    @property
    def bipartite(self) -> bool:
        """Whether the types say that links go between two groups of nodes."""
        return self.sides is not None

    @property
    def ends_share_links(self) -> bool:
        """Whether the ends of a link can both be linked to a third node: not from one group to another, nor between roles."""
        return not self.bipartite and self.ties is None

    def as_of(self, moment: float) -> "Graph":
        """The graph with its features and weights at the time `moment`; those that do not change stay the same."""
        features = self.features if self.features_until is None else self.features_until(moment)
        weights = self.weights if self.weights_until is None else self.weights_until(moment)
        return replace(self, features=features, weights=weights)

    def fingerprint(self) -> str:
        """sha256 (hex) over ids, edges, weights, features and, where there are any, times, types, directions and relations.

        Equal graphs have equal ones.
        """
        digest = hashlib.sha256()
        for node in self.ids:
            encoded = node.encode()
            digest.update(len(encoded).to_bytes(8, "little") + encoded)
        x = self.features
        parts = [x.indptr, x.indices, x.data] if isinstance(x, CSR) else [x]
        arrays = [self.edges, self.weights, *parts]
        for array in arrays if self.times is None else [*arrays, self.times]:
            digest.update(b"-" if array is None else f"{array.dtype.str}{array.shape}".encode())
            for at in range(0, 0 if array is None else len(array), _BLOCK):  # bounds the memory for a mapped array
                block = array[at : at + _BLOCK]
                digest.update((_canonical_nan(block) if array is x else block).tobytes())
        if self.types is not None:
            digest.update(self.types.digest())
        if self.directed:
            digest.update(b"directed")
        if self.relations is not None:
            digest.update(self.relations.digest())
        return digest.hexdigest()


def _canonical_nan(x: Float32) -> Float32:
    """The same numbers, with one bit pattern for every NaN."""
    missing = np.isnan(x)
    return np.where(missing, np.float32(np.nan), x) if missing.any() else x


def adjacency(n_nodes: int, edges: Int64, weights: Float32 | None = None) -> CSR:
    """The symmetric adjacency (N, N) of undirected edges, every edge stored in both directions.

    Args:
        n_nodes: N.
        edges: int64 (E, 2), each undirected edge once.
        weights: float32 (E,) or None for ones.
    """
    data = np.ones(len(edges), np.float32) if weights is None else weights
    source, target = edges.T
    return CSR.from_coo(
        np.concatenate([source, target]), np.concatenate([target, source]), np.tile(data, 2), (n_nodes, n_nodes)
    )


def out_links(n_nodes: int, edges: Int64, weights: Float32 | None = None) -> CSR:
    """The adjacency (N, N) of directed edges: row u has the targets of the edges from u; the arguments are of `adjacency`."""
    data = np.ones(len(edges), np.float32) if weights is None else weights
    source, target = edges.T
    return CSR.from_coo(source, target, data, (n_nodes, n_nodes))
