"""Cut-offs: recall of missing links and number of false links above each logit, at the sparsity of the graph.

Both are sums over the unlinked pairs above: of their calibrated probabilities, and of what these leave. So the precision above a
cut-off is the mean calibrated probability there.
"""

import numpy as np

from latentlink.models.arrays import Float64
from latentlink.models.evaluation.probabilities.unlinked import Histogram
from latentlink.models.facts.probabilities import CutOffCheck, CutOffs
from latentlink.models.inference.calibration import Curve, probabilities

_CUTS = 64
_CHECKED = (0.1, 0.25, 0.5)  # expected recalls that are compared with those on test


def cut_offs(curve: Curve, unlinked: Histogram, validation: Float64, test: Float64, n_heldout: int) -> CutOffs:
    """Cut-offs at evenly spaced ranks of the validation links, rounded down to a bin, with their recall on the test links.

    Args:
        curve: the calibration.
        unlinked: the pairs that are not training links.
        validation: logits (v,) of the validation links, v > 0.
        test: logits (t,) of the test links, t > 0.
        n_heldout: number of held-out links, of validation and test.
    """
    falling = np.sort(validation)[::-1]
    ranks = np.linspace(0, len(falling) - 1, _CUTS).round().astype(np.int64)
    bins = np.unique(np.searchsorted(unlinked.edges, falling[ranks], side="right"))[::-1]
    linked = unlinked.counts * probabilities(curve, unlinked.logits, n_heldout / unlinked.size)
    links, pairs = (np.cumsum(part[::-1])[::-1][bins] for part in (linked, unlinked.counts))
    logits, recall = unlinked.edges[bins - 1], np.minimum(links / n_heldout, 1)
    return CutOffs(
        logit=logits.tolist(),
        recall=recall.tolist(),
        false_links=np.maximum(pairs - links, 0).tolist(),
        validation_links=len(validation),
        missing_links=n_heldout,
        counted_share=unlinked.share,
        checks=_checks(logits, recall, pairs - links, test),
    )


def _checks(logits: Float64, recall: Float64, false_links: Float64, test: Float64) -> list[CutOffCheck]:
    places = [min(int(np.searchsorted(recall, least)), len(logits) - 1) for least in _CHECKED]
    return [
        CutOffCheck(
            recall=float(recall[at]),
            recall_on_test=float((test >= logits[at]).mean()),
            false_links=float(false_links[at]),
        )
        for at in places
    ]
