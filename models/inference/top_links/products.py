"""Products of two blocks of vectors, of which the high ones are kept."""

from threading import local

import numpy as np

from latentlink.models.arrays import Float32, Int64

_GROUP = 2**12  # scores that are passed over by their maximum
_MANY = 8  # of the groups, one in so many holds high scores where all are looked at


class Products:
    """Finds high products; each thread keeps the memory of its scores.

    Args:
        block: vectors on either side, at most.
    """

    def __init__(self, block: int) -> None:
        self._size, self._kept = -(-block * block // _GROUP) * _GROUP, local()

    def reaching(self, sources: Float32, targets: Float32, least: float) -> tuple[Int64, Float32]:
        """The products of vectors (m, D) and (q, D) that are `least` or more: their places of m · q, int64, and float32."""
        size = len(sources) * len(targets)
        scores = self._scores()
        with np.errstate(invalid="ignore"):  # BLAS may set the flag for padding that it reads and drops
            np.matmul(sources, targets.T, out=scores[:size].reshape(len(sources), len(targets)))
        groups = scores[: -(-size // _GROUP) * _GROUP].reshape(-1, _GROUP)
        scores[size : groups.size] = -np.inf
        high = np.flatnonzero(groups.max(axis=1) >= least)
        if len(high) * _MANY > len(groups):
            places = np.flatnonzero(scores[:size] >= least)
        else:
            group, place = np.divmod(np.flatnonzero(groups[high] >= least), _GROUP)
            places = high[group] * _GROUP + place
        return places, scores[places]

    def _scores(self) -> Float32:
        if not hasattr(self._kept, "scores"):
            self._kept.scores = np.empty(self._size, np.float32)
        scores: Float32 = self._kept.scores
        return scores
