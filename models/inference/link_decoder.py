"""The decoder of links: the logit of two nodes from their vectors and from the known links that they share.

logit = Σ_d a_d z_id z_jd + Σ_u w(k_u), with a weight a_d of each column; u are the nodes linked to both, of degree k_u. With
weights of 1 the first sum is the inner product of Kipf & Welling 2016; columns of negative weight let nodes with equal
vectors repel each other, as in graphs whose links go across. The second sum is an inner product, too, of sparse vectors that
hold √w(k_u) at every neighbour u. Where links have a direction, z_j is the vector of node j as a target, another one than
that as a source, and there is no second sum. Where they have relations, one vector serves both ends, and each relation has
weights r: the logit is the inner product of z_i ∘ r, a product of complex numbers, with z_j.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Bool, Float32, Float64, Int64, Ints
from latentlink.models.graph.csr import SORTED, common_entries, entries_of, runs
from latentlink.models.inference.scoring import pair_logit, pair_logits, related, rough_logits, vector_logits

_AT_ONCE = 2**20  # links of neighbours that are held at once


class SharedTerms(NamedTuple):
    """What shared links add to the logits of one node.

    Attributes:
        rows: int64 (m,), ascending: the nodes that share a link with it, it itself among them.
        terms: float64 (m,), the part of each, above 0.
    """

    rows: Int64
    terms: Float64

    def at(self, targets: Ints) -> Float64:
        """The part of each of some nodes (t,), float64 (t,): 0 of one that shares no link."""
        places, found = self.places(targets)
        return np.where(found, self.terms[places], 0.0) if len(self.rows) else np.zeros(len(targets))

    def places(self, targets: Ints) -> tuple[Int64, Bool]:
        """Where each of some nodes (t,) stands in `rows`, int64 (t,), and whether it does, bool (t,)."""
        if not len(self.rows):
            return np.zeros(len(targets), np.int64), np.zeros(len(targets), np.bool_)
        places = np.minimum(np.searchsorted(self.rows, targets), len(self.rows) - 1)
        return places, np.asarray(self.rows[places] == targets)


@dataclass(frozen=True)
class SharedLinks:
    """The part of a logit that known links to the same nodes add: Σ_u w(k_u), w(k) = a + b / log k + c / k.

    a alone is the number of common neighbours, b the index of Adamic & Adar 2003, c resource allocation (Zhou et al. 2009).

    Attributes:
        indptr: int64 (N+1,), where each node's neighbours start.
        indices: int32 or int64 (2E,), neighbours, ascending within each row, both directions stored.
        weights: float64 (3,), a, b and c, none negative.
    """

    indptr: Ints
    indices: Ints
    weights: Float64

    def neighbors(self, node: int) -> Ints:
        """The nodes linked to a node, ascending."""
        return self.indices[self.indptr[node] : self.indptr[node + 1]]

    def degrees(self, nodes: Ints) -> Int64:
        """k of some nodes, int64 (m,)."""
        return np.asarray(self.indptr[nodes + 1] - self.indptr[nodes], np.int64)

    def weight(self, degrees: Int64) -> Float64:
        """w(k) of degrees (m,), float64 (m,); a node that two nodes share has at least two links."""
        k = np.maximum(degrees, 2)
        a, b, c = self.weights
        return np.asarray(a + b / np.log(k) + c / k)

    def pairs(self, sources: Ints, targets: Ints) -> Float64:
        """The part of m pairs of rows, float64 (m,); the same to the bit in both directions and in every batch."""
        sums, pairs = np.zeros(len(sources)), np.stack([sources, targets], axis=1).astype(np.int64)
        for pair, entries, _ in common_entries(self.indptr, self.indices, pairs):
            if len(pair):
                first, last = pair[0], pair[-1] + 1
                terms = self.weight(self.degrees(self.indices[entries].astype(np.int64)))
                sums[first:last] = np.bincount(pair - first, terms, last - first)
        return sums

    def around(self, neighbors: Ints, more: int = 0) -> SharedTerms:
        """The nodes that share a link with a node, and the part of each.

        The sums are those of `pairs` to the bit.

        Args:
            neighbors: int (m,), ascending, the known links of the node.
            more: links by which the degree of each grows: 1 for a new node, which the stored degrees do not count.
        """
        neighbors = neighbors.astype(np.int64)
        sizes = self.degrees(neighbors)
        weights = self.weight(sizes + more)
        if SORTED * sizes.sum() < len(self.indptr):
            rows, place = np.unique(self._links(neighbors).astype(np.int64), return_inverse=True)
            return SharedTerms(rows, np.bincount(place, np.repeat(weights, sizes), len(rows)).astype(np.float64))
        sums = np.zeros(len(self.indptr) - 1)
        for block in runs(sizes, _AT_ONCE):
            np.add.at(sums, self._links(neighbors[block]), np.repeat(weights[block], sizes[block]))
        rows = np.flatnonzero(sums > 0)  # of bool: several times as fast as of float64
        return SharedTerms(rows, sums[rows])

    def part(self, neighbors: Ints, target: int, more: int = 0) -> float:
        """The part of one row with a node whose links are `neighbors`, as in `around`; to the bit as `pairs`."""
        shorter, longer = sorted((neighbors, self.neighbors(target)), key=len)
        common = (
            shorter[longer.take(np.searchsorted(longer, shorter), mode="clip") == shorter] if len(shorter) else shorter
        )
        terms = self.weight(self.degrees(common) + more)
        return float(np.add.accumulate(terms)[-1]) if len(terms) else 0.0  # one after the other, as all sums of terms

    def links_around(self) -> Int64:
        """How many links the neighbours of each node have together, which `around` reads: int64 (N,)."""
        degrees, counts = np.diff(self.indptr), np.zeros(len(self.indptr) - 1, np.int64)
        for block in runs(degrees, _AT_ONCE):
            ends = self.indptr[block.start : block.stop + 1]
            before = np.append(0, np.cumsum(degrees[self.indices[ends[0] : ends[-1]]]))
            counts[block] = np.diff(before[ends - ends[0]])
        return counts

    def _links(self, nodes: Int64) -> Ints:
        """The neighbours of some nodes, one node after the other."""
        found: Ints = self.indices[entries_of(self.indptr, nodes)[1]]
        return found


@dataclass(frozen=True)
class LinkDecoder:
    """Logits of the nodes of one model; evaluation and serving use the same.

    Attributes:
        z: float32 (N, D), the vectors.
        column_weights: float32 (D,), by which the products of each column count, of either sign; None for ones.
        shared: the part of shared links, or None.
        targets: float32 (N, D), the vectors of targets where links have a direction; None where they are those of sources.
        relation: float32 (D,), the weights of the relation that logits are of; None where links have none.
    """

    z: Float32
    column_weights: Float32 | None = None
    shared: SharedLinks | None = None
    targets: Float32 | None = None
    relation: Float32 | None = None

    @property
    def target_vectors(self) -> Float32:
        """The vectors of all nodes as targets, float32 (N, D)."""
        return self.z if self.targets is None else self.targets

    def pairs(self, sources: Ints, targets: Ints) -> Float64:
        """The logits of m pairs of rows, float64 (m,); the same to the bit in every batch.

        Where links have neither direction nor relation, they are the same turned round.
        """
        logits = self.products(sources, targets)
        if self.shared is not None:
            logits += self.shared.pairs(sources, targets)
        return logits

    def products(self, sources: Ints, targets: Ints) -> Float64:
        """The first sum of the logits of m pairs of rows, float64 (m,): without shared links."""
        return pair_logits(self.z, sources, targets, self.column_weights, self.targets, self.relation)

    def pair(self, source: int, target: int) -> float:
        """The logit of one pair of rows, equal to the bit to that of `pairs`, and faster for a single pair."""
        logit = pair_logit(self.z, source, target, self.column_weights, self.targets, self.relation)
        return logit if self.shared is None else logit + self.shared.part(self.shared.neighbors(source), target)

    def of_relation(self, weights: Float32) -> "LinkDecoder":
        """The logits of the same nodes by a relation of these weights, float32 (D,)."""
        return replace(self, relation=weights)

    def source_vectors(self, rows: Ints | slice) -> Float32:
        """Vectors whose inner products with those of other nodes are the first sum of the logit, float32 (m, D)."""
        return self.as_source(self.z[rows])

    def source_vector(self, row: int) -> Float32:
        """As `source_vectors` of one node, float32 (D,)."""
        return self.as_source(self.z[row])

    def as_source(self, z: Float32) -> Float32:
        """a ∘ z of vectors (m, D) or (D,), or z ∘ r of a relation r."""
        if self.relation is not None:
            return related(z.astype(np.float64), self.relation).astype(np.float32)  # rounded once, as a ∘ z is
        return z if self.column_weights is None else z * self.column_weights

    def rows(self, queries: Int64) -> Float32:
        """Logits of some nodes with all, float32 (q, N), rounded as sums in float32 are."""
        scores = rough_logits(self.source_vectors(queries), self.target_vectors)
        if self.shared is not None:
            for at, query in enumerate(queries.tolist()):
                rows, terms = self.shared.around(self.shared.neighbors(query))
                scores[at, rows] += terms.astype(np.float32)
        return scores

    def around(self, linked: Ints, more: int = 0) -> SharedTerms | None:
        """What shared links add to the logits of a node with the links `linked`, ascending, as `SharedLinks.around`; or None."""
        return None if self.shared is None else self.shared.around(linked, more)

    def shared_part(self, linked: Ints, target: int, more: int = 0) -> float:
        """What shared links add to the logit of a node with the links `linked`, as in `around`, and a row; 0 without."""
        return 0.0 if self.shared is None else self.shared.part(linked, target, more)

    def of_vector(self, z: Float32, targets: Ints, shared: SharedTerms | None) -> Float64:
        """The logits of a vector (D,), with what shared links add, and m rows: float64 (m,); to the bit as `pairs`."""
        logits = vector_logits(self.target_vectors, z, targets, self.column_weights, self.relation)
        return logits if shared is None else logits + shared.at(targets)

    def new_node(self, z: Float32, linked: Int64, targets: Ints) -> Float64:
        """The logits of a vector (D,) that is no node's, with the known links `linked`, ascending, and m rows: float64 (m,)."""
        return self.of_vector(z, targets, self.around(linked, more=1))
