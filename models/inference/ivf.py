"""An inverted file over the embeddings (IVF-Flat; Jégou, Douze & Schmid 2011): neighbour search without a scan of all nodes.

Vectors are clustered by k-means. The nodes with the largest inner products with a vector z are mostly in the clusters whose
centroids have the largest inner products with z, or have long vectors. The longest vectors therefore form the first cluster,
which every search scans. The number of clusters to scan is measured when the index is built.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float32, Int64, Ints
from latentlink.models.graph.csr import CSR
from latentlink.models.inference.link_decoder import LinkDecoder
from latentlink.models.inference.scoring import rough_logits

INDEXED_FROM = 200_000  # nodes; a scan of fewer takes a few milliseconds
_LONGEST = 200  # one vector in 200 is among the longest
_CLUSTERS = 8  # times √N
_FEWEST = 8  # vectors per cluster
_SAMPLED = 64  # vectors per cluster in the sample of k-means
_ROUNDS = 10  # of k-means with few centroids
_LAST_ROUNDS = 3  # with all centroids
_QUERIES = 2_000  # nodes that recall is measured on: half choose the probes, the other half measure the recall
_NEIGHBORS = 10
_RECALL = 0.995  # on the half that chooses the probes, so that recall on other nodes stays above 0.99
_CELLS = 16_000_000  # inner products held at once: 64 MiB of float32


class Index(NamedTuple):
    """Nodes by cluster; the first cluster holds the longest vectors.

    Attributes:
        centroids: float32 (C, D).
        starts: int64 (C+1,), where each cluster starts in `rows`.
        rows: int32 or int64 (N,), rows of the embeddings, by cluster.
        vectors: float32 (N, D), the embeddings in that order: reading a cluster in one piece is five times faster than by row.
        probes: clusters that a search scans.
    """

    centroids: Float32
    starts: Int64
    rows: Ints
    vectors: Float32
    probes: int

    def ranked(self, vector: Float32) -> Int64:
        """All clusters by the inner product of their centroid with `vector`, float32 (D,), the largest first: int64 (C,)."""
        return np.append(0, 1 + np.argsort(-rough_logits(self.centroids[1:], vector)))

    def promising(self, vector: Float32, probes: int) -> Int64:
        """The first `probes` ≤ C clusters of `ranked`, in any order, in a fraction of its time: int64 (probes,)."""
        others, against = probes - 1, -rough_logits(self.centroids[1:], vector)
        return np.append(0, 1 + np.argpartition(against, max(0, others - 1))[:others])

    def members(self, clusters: Int64) -> Ints:
        """The rows of the embeddings in some clusters, int32 or int64 (m,)."""
        return np.concatenate([self.rows[part] for part in self._parts(clusters)])

    def scores(self, clusters: Int64, vector: Float32) -> Float32:
        """Inner products of the members of some clusters with `vector`, float32 (D,): float32 (m,)."""
        return np.concatenate([rough_logits(self.vectors[part], vector) for part in self._parts(clusters)])

    def looked_at(self) -> int:
        """About how many nodes a search scans."""
        return int(self.starts[1]) + self.probes * len(self.rows) // len(self.centroids)

    def _parts(self, clusters: Int64) -> Iterator[slice]:
        return map(slice, self.starts[clusters].tolist(), self.starts[clusters + 1].tolist())


def make_index(decoder: LinkDecoder, known: CSR, random: np.random.Generator) -> tuple[Index, float]:
    """Cluster the embeddings and measure how many clusters hold the nearest neighbours.

    Args:
        decoder: of logits; the vectors of targets, float32 (N, D), are clustered.
        known: (N, N), the known links, which are no results of a search.
        random: generator of the samples.

    Returns:
        The index, and its recall@10 on nodes that did not choose its probes.
    """
    mu = decoder.target_vectors
    longest = np.argsort(-np.einsum("nd,nd->n", mu, mu), kind="stable")[: len(mu) // _LONGEST]
    count = max(1, min(round(_CLUSTERS * np.sqrt(len(mu))), len(mu) // _FEWEST))
    centroids = _centroids(np.delete(mu, longest, axis=0), count, random)
    clusters = 1 + _nearest(mu, centroids)
    clusters[longest] = 0
    centroids = np.insert(centroids, 0, 0, axis=0)  # the cluster of the longest is never compared
    starts = np.append(0, np.cumsum(np.bincount(clusters, minlength=len(centroids))))
    rows = np.argsort(clusters, kind="stable")
    index = Index(centroids, starts, rows.astype(np.int32) if len(mu) < 2**31 else rows, mu[rows], 1)
    ranks = _ranks(decoder, known, index, clusters, random.choice(len(mu), min(_QUERIES, len(mu)), replace=False))
    chosen, others = np.array_split(ranks, 2)
    probes = 1 + int(np.quantile(chosen, _RECALL, method="higher"))
    return index._replace(probes=probes), float(np.mean(others < probes))


def _ranks(decoder: LinkDecoder, known: CSR, index: Index, clusters: Int64, queries: Int64) -> Int64:
    """How many clusters are scanned before the one of each true neighbour of some nodes, int64 (q, 10).

    0 for one that shares a link with the node: every search looks at those.
    """
    ranks = np.empty((len(queries), _NEIGHBORS), np.int64)
    rank = np.empty(len(index.centroids), np.int64)
    size = max(1, _CELLS // len(decoder.z))
    for start in range(0, len(queries), size):
        rows = queries[start : start + size]
        for at, (row, scores) in enumerate(zip(rows.tolist(), decoder.rows(rows), strict=True), start):
            scores[row] = scores[known.row(row)] = -np.inf
            rank[index.ranked(decoder.source_vector(row))] = np.arange(len(rank))
            nearest = np.argpartition(scores, -_NEIGHBORS)[-_NEIGHBORS:]
            ranks[at] = rank[clusters[nearest]]
            if (shared := decoder.around(known.row(row))) is not None:
                ranks[at][shared.places(nearest)[1]] = 0
    return ranks


def _centroids(mu: Float32, count: int, random: np.random.Generator) -> Float32:
    """Centroids of a sample, float32 (C, D), by k-means in coarse clusters, then with all centroids at once.

    The first steps compare with about √C centroids each; a few rounds with all then replace many from a random start.
    """
    sample = mu[np.sort(random.choice(len(mu), min(len(mu), _SAMPLED * count), replace=False))]
    coarse = _nearest(sample, _k_means(sample, round(np.sqrt(count)), random))
    shares = np.diff(np.rint(np.cumsum(np.bincount(coarse)) * (count / len(sample))).astype(np.int64), prepend=0)
    fine = [_k_means(sample[coarse == part], share, random) for part, share in enumerate(shares.tolist()) if share]
    return _moved(np.concatenate(fine), sample, _LAST_ROUNDS, random)


def _k_means(sample: Float32, count: int, random: np.random.Generator) -> Float32:
    """k-means from `count` random vectors of the sample: float32 (count, D)."""
    return _moved(sample[random.choice(len(sample), count, replace=False)], sample, _ROUNDS, random)


def _moved(centroids: Float32, sample: Float32, rounds: int, random: np.random.Generator) -> Float32:
    """Centroids after some rounds of Lloyd's algorithm; an empty cluster restarts at a random vector of the sample."""
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
    """The centroid with the least Euclidean distance from each vector, int64 (m,)."""
    half_squares = np.einsum("cd,cd->c", centroids, centroids) / 2
    nearest, size = np.empty(len(vectors), np.int64), max(1, _CELLS // len(centroids))
    for start in range(0, len(vectors), size):
        closeness = rough_logits(vectors[start : start + size], centroids)
        closeness -= half_squares
        nearest[start : start + size] = np.argmax(closeness, axis=1)
    return nearest
