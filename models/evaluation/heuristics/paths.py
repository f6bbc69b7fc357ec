"""Paths of length 3: the L3 score of Kovács et al. 2019 (Nature Communications 10, 1240).

Σ aᵢᵤ aᵤᵥ aᵥⱼ / √(kᵤ kᵥ) over nodes u and v: paths i–u–v–j, those through hubs counting less. Proteins, for one, bind what their
partners' likes bind, not their own likes; common neighbours miss such links.
"""

import numpy as np
from scipy.sparse import csr_array

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.evaluation.heuristics.entries import add_terms, ones
from latentlink.models.graph.csr import CSR, entries_of, runs

NAME = "paths_of_length_3"
_MOST = 2**31  # nodes times links: a few seconds
_NUMBERS = 2**20  # of a block of pairs


def too_large(adjacency: CSR) -> str | None:
    """Why the paths of a graph are not counted, or None if they are."""
    n, links = adjacency.shape[0], len(adjacency.indices) // 2
    if 2 * n * links <= _MOST:
        return None
    return f"{n:,} nodes times {links:,} links are more than {_MOST // 2:,}"


class PathsOfLength3:
    """The L3 score over a symmetric adjacency (N, N).

    Scores are rounded to float32, so that equal sums of other terms are equal.
    """

    def __init__(self, adjacency: CSR) -> None:
        self._adjacency, self._links = adjacency, ones(adjacency)
        self._scale = 1 / np.sqrt(np.maximum(np.diff(adjacency.indptr), 1))

    def score_pairs(self, pairs: Int64) -> Float64:
        """As in `Scorer`: Σ over the neighbours v of the end with fewer links, from the weighted two-step paths of the other."""
        degrees, scores = np.diff(self._adjacency.indptr), np.empty(len(pairs))
        swap = degrees[pairs[:, 0]] < degrees[pairs[:, 1]]
        more, fewer = np.where(swap, pairs.T[::-1], pairs.T)
        order = np.argsort(more, kind="stable")
        first = np.diff(more[order], prepend=-1) != 0  # of each node, whose paths take N numbers
        for block in runs(degrees[fewer[order]] + first * len(degrees), _NUMBERS):
            scores[order[block]] = self._block(more[order[block]], fewer[order[block]])
        return scores.astype(np.float32).astype(np.float64)

    def score_rows(self, nodes: Int64) -> Float32:
        """As in `Scorer`."""
        two = self._two_steps(nodes).toarray(order="F")
        return np.asarray((self._links @ two.T).T, np.float32, order="C")

    def _block(self, more: Int64, fewer: Int64) -> Float64:
        nodes, rows = np.unique(more, return_inverse=True)
        two, scores = self._two_steps(nodes).toarray(), np.zeros(len(fewer))
        pair, entries = entries_of(self._adjacency.indptr, fewer)
        add_terms(scores, pair, two[rows[pair], self._adjacency.indices[entries]])
        return scores

    def _two_steps(self, nodes: Int64) -> csr_array:
        """Σ aᵢᵤ aᵤᵥ / √(kᵤ kᵥ) over u, for some nodes i and all v: (q, N)."""
        weighted = self._links[nodes]
        weighted.data = self._scale[weighted.indices]
        two = weighted @ self._links
        two.data *= self._scale[two.indices]
        return two
