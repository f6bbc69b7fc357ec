"""An inverted file over the embeddings (IVF-Flat; Jégou, Douze & Schmid 2011): near neighbours without looking at all nodes.

Vectors are clustered by k-means. The nodes with the largest inner products with a vector z are mostly in the clusters whose
centroids have the largest ones, or long themselves: the longest vectors of all make up the first cluster, which is always
looked at. How many clusters have to be looked at is measured when the index is built.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float32, Int64, Ints
from latentlink.models.graph.csr import CSR
from latentlink.models.inference.scoring import rough_logits

INDEXED_FROM = 200_000  # nodes; a scan of fewer takes a few milliseconds
_LONGEST = 200  # one vector in so many is among the longest
_CLUSTERS = 8  # times √N
_FEWEST = 8  # vectors to a cluster
_SAMPLED = 64  # vectors for each cluster that k-means looks at
_ROUNDS = 10  # of k-means with few centroids
_LAST_ROUNDS = 3  # with all
_QUERIES = 2_000  # nodes that recall is measured on: half choose the probes, half tell the recall
_NEIGHBORS = 10
_REACH = 0.995  # of the neighbours of the choosing half, to stay over 0.99 on others
_CELLS = 16_000_000  # inner products held at once: 64 MiB of float32


class Index(NamedTuple):
    """Nodes by cluster; the first cluster is that of the longest vectors.

    Attributes:
        centroids: float32 (C, D).
        starts: int64 (C+1,), where each cluster starts in `rows`.
        rows: int32 or int64 (N,), rows of the embeddings, by cluster.
        vectors: float32 (N, D), the embeddings in that order: a cluster is read in one piece, five times faster than row by row.
        probes: clusters to look at.
    """

    centroids: Float32
    starts: Int64
    rows: Ints
    vectors: Float32
    probes: int

    def ranked(self, vector: Float32) -> Int64:
        """int64 (C,): all clusters, the most promising for `vector`, float32 (D,), first."""
        return np.append(0, 1 + np.argsort(-rough_logits(self.centroids[1:], vector)))

    def promising(self, vector: Float32, probes: int) -> Int64:
        """int64 (probes,), probes ≤ C: the first of `ranked` in any order, which takes a fraction of the time."""
        others, against = probes - 1, -rough_logits(self.centroids[1:], vector)
        return np.append(0, 1 + np.argpartition(against, max(0, others - 1))[:others])

    def members(self, clusters: Int64) -> Ints:
        """The rows in some clusters, like `rows`."""
        return np.concatenate([self.rows[part] for part in self._parts(clusters)])

    def scores(self, clusters: Int64, vector: Float32) -> Float32:
        """float32 (m,): the inner products with `vector`, float32 (D,), of the members of some clusters."""
        return np.concatenate([rough_logits(self.vectors[part], vector) for part in self._parts(clusters)])

    def looked_at(self) -> int:
        """About how many nodes a search looks at."""
        return int(self.starts[1]) + self.probes * len(self.rows) // len(self.centroids)

    def _parts(self, clusters: Int64) -> Iterator[slice]:
        return map(slice, self.starts[clusters].tolist(), self.starts[clusters + 1].tolist())


def make_index(mu: Float32, known: CSR, random: np.random.Generator) -> tuple[Index, float]:
    """Cluster the embeddings and measure how many clusters hold the nearest neighbours.

    Args:
        mu: float32 (N, D).
        known: (N, N), links that are not searched for.
        random: what samples are drawn with.

    Returns:
        The index, and its recall@10 on nodes that its probes were not chosen on.
    """
    longest = np.argsort(-np.einsum("nd,nd->n", mu, mu), kind="stable")[: len(mu) // _LONGEST]
    count = max(1, min(round(_CLUSTERS * np.sqrt(len(mu))), len(mu) // _FEWEST))
    centroids = _centroids(np.delete(mu, longest, axis=0), count, random)
    clusters = 1 + _nearest(mu, centroids)
    clusters[longest] = 0
    centroids = np.insert(centroids, 0, 0, axis=0)  # that of the longest is never compared
    starts = np.append(0, np.cumsum(np.bincount(clusters, minlength=len(centroids))))
    rows = np.argsort(clusters, kind="stable")
    index = Index(centroids, starts, rows.astype(np.int32) if len(mu) < 2**31 else rows, mu[rows], 1)
    ranks = _ranks(mu, known, index, clusters, random.choice(len(mu), min(_QUERIES, len(mu)), replace=False))
    chosen, others = np.array_split(ranks, 2)
    probes = 1 + int(np.quantile(chosen, _REACH, method="higher"))
    return index._replace(probes=probes), float(np.mean(others < probes))


def _ranks(mu: Float32, known: CSR, index: Index, clusters: Int64, queries: Int64) -> Int64:
    """int64 (q, 10): how many clusters are looked at before that of each true neighbour of some nodes."""
    ranks = np.empty((len(queries), _NEIGHBORS), np.int64)
    rank = np.empty(len(index.centroids), np.int64)
    size = max(1, _CELLS // len(mu))
    for start in range(0, len(queries), size):
        rows = queries[start : start + size].tolist()
        for at, (row, scores) in enumerate(zip(rows, rough_logits(mu[rows], mu), strict=True), start):
            scores[row] = scores[known.row(row)] = -np.inf
            rank[index.ranked(mu[row])] = np.arange(len(rank))
            ranks[at] = rank[clusters[np.argpartition(scores, -_NEIGHBORS)[-_NEIGHBORS:]]]
    return ranks


def _centroids(mu: Float32, count: int, random: np.random.Generator) -> Float32:
    """float32 (C, D): k-means of a sample, from coarse clusters, each with its share of the centroids, on to all at once.

    The first steps compare with about √C centroids each; a few rounds with all then do what many would from a random start.
    """
    sample = mu[np.sort(random.choice(len(mu), min(len(mu), _SAMPLED * count), replace=False))]
    coarse = _nearest(sample, _k_means(sample, round(np.sqrt(count)), random))
    shares = np.diff(np.rint(np.cumsum(np.bincount(coarse)) * (count / len(sample))).astype(np.int64), prepend=0)
    fine = [_k_means(sample[coarse == part], share, random) for part, share in enumerate(shares.tolist()) if share]
    return _moved(np.concatenate(fine), sample, _LAST_ROUNDS, random)


def _k_means(sample: Float32, count: int, random: np.random.Generator) -> Float32:
    """float32 (count, D): from some of the vectors on."""
    return _moved(sample[random.choice(len(sample), count, replace=False)], sample, _ROUNDS, random)


def _moved(centroids: Float32, sample: Float32, rounds: int, random: np.random.Generator) -> Float32:
    """Centroids after so many rounds of Lloyd's algorithm; one that no vector is near starts anew at one of them."""
    count = len(centroids)
    for _ in range(rounds):
        nearest = _nearest(sample, centroids)
        sizes = np.bincount(nearest, minlength=count)
        filled = np.flatnonzero(sizes)
        firsts = np.cumsum(sizes)[filled] - sizes[filled]
        centroids = sample[random.choice(len(sample), count, replace=False)]
        centroids[filled] = np.add.reduceat(sample[np.argsort(nearest, kind="stable")], firsts) / sizes[filled, None]
    return centroids


def _nearest(vectors: Float32, centroids: Float32) -> Int64:
    """int64 (m,): the centroid with the least Euclidean distance from each vector."""
    half_squares = np.einsum("cd,cd->c", centroids, centroids) / 2
    nearest, size = np.empty(len(vectors), np.int64), max(1, _CELLS // len(centroids))
    for start in range(0, len(vectors), size):
        closeness = rough_logits(vectors[start : start + size], centroids)
        closeness -= half_squares
        nearest[start : start + size] = np.argmax(closeness, axis=1)
    return nearest
