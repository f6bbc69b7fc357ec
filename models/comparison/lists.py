"""The nodes that two checkpoints know, and the lists of the best neighbours of some of them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Bool, Float32, Float64, Int64
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.inference.scoring import rough_logits


class Side(NamedTuple):
    """One of two checkpoints, of one relation at most.

    Attributes:
        checkpoint: opened.
        rows: int64 (c,), its rows of the c nodes that both know: a place stands for one node in both.
    """

    checkpoint: Checkpoint
    rows: Int64

    def logits(self, sources: Int64, targets: Int64) -> Float64:
        """The logits of pairs of places, float64 (m,)."""
        return self.checkpoint.decoder.pairs(self.rows[sources], self.rows[targets])

    def linked(self, sources: Int64, targets: Int64) -> Bool:
        """Whether pairs of places are known to be linked, bool (m,)."""
        return self.checkpoint.graph.has_edges(self.rows[sources], self.rows[targets])

    def best(self, places: Int64, k: int) -> Iterator[Int64]:
        """The places of up to k best neighbours of each of q nodes, best first, without their known and held-out links.

        Scores are rounded as float32, and equal ones rank by place.
        """
        decoder, graph, rows = self.checkpoint.decoder, self.checkpoint.graph, self.rows
        scores = rough_logits(decoder.source_vectors(rows[places]), decoder.target_vectors[rows])
        heldout = graph.heldout_ends
        for place, row, own in zip(places.tolist(), rows[places].tolist(), scores, strict=True):
            known = graph.neighbors(row)
            if (shared := decoder.around(known)) is not None:
                own += shared.at(rows).astype(np.float32)
            barred = ~self.linkable(row) | np.isin(rows, known)
            if heldout is not None:
                first, last = heldout[0].searchsorted([row, row + 1])
                barred |= np.isin(rows, heldout[1][first:last])
            barred[place] = True
            own[barred] = -np.inf
            yield _highest(own, min(k, int(np.count_nonzero(~barred))))

    def linkable(self, row: int) -> Bool:
        """Whether a link may lead from a row to each of the c nodes, by their types, bool (c,)."""
        manifest, types = self.checkpoint.manifest, self.checkpoint.nodes.types
        if types is None:
            return np.ones(len(self.rows), np.bool_)
        own = manifest.types[int(types[row])]
        possible = {target for source, target in manifest.linked if source == own}
        if not manifest.directed:
            possible |= {source for source, target in manifest.linked if target == own}
        return np.asarray(np.array([name in possible for name in manifest.types])[types[self.rows]])


def _highest(scores: Float32, k: int) -> Int64:
    """The places of the k highest of some scores (c,), the highest first."""
    if not k:
        return np.empty(0, np.int64)
    likely = np.flatnonzero(scores >= np.partition(scores, -k)[-k])
    return np.asarray(likely[np.argsort(-scores[likely], kind="stable")][:k])
