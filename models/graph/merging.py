"""What becomes of the times, weights and parts of rows that are one edge."""

from collections.abc import Callable, Sequence

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int16, Int64
from latentlink.models.errors import DataError
from latentlink.models.graph.relations import Relations


def earliest_times(times: Float64, inverse: Int64, n_edges: int) -> Float64:
    """float64 (E,): the least of the times of each edge; `times[i]` belongs to edge `inverse[i]`."""
    earliest = np.full(n_edges, np.inf)
    np.minimum.at(earliest, inverse, times)
    return earliest


def summed_weights(weights: Float32, inverse: Int64, edges: Int64, ids: Sequence[str]) -> Float32:
    """The weight of each edge (E, 2), float32 (E,); row i of `weights` belongs to edge `inverse[i]`.

    Raises:
        DataError: a sum leaves float32; the message names its ends by `ids`.
    """
    sums = np.bincount(inverse, weights=weights, minlength=len(edges))
    heaviest = int(sums.argmax())
    if sums[heaviest] > np.finfo(np.float32).max:
        one, other = (ids[row] for row in edges[heaviest].tolist())
        raise DataError(
            f"edges: expected weights that sum to a finite float32, found {sums[heaviest]:.3g} "
            f"between {one!r} and {other!r}; scale the weights down"
        )
    return sums.astype(np.float32)


def parts_of_edges(
    parts: Int16, inverse: Int64, edges: Int64, ids: Sequence[str], relations: Relations | None
) -> Int16:
    """The part of a split that each edge (E, 2) is of, int16 (E,); row i of `parts` belongs to edge `inverse[i]`.

    Raises:
        DataError: rows of one edge are of different parts; the message names its ends by `ids`, and its relation. Or a part has
            no edge.
    """
    found = np.empty(len(edges), np.int16)
    found[inverse] = parts
    if len(torn := np.unique(inverse[found[inverse] != parts])):
        one, other = (ids[row] for row in edges[torn[0]].tolist())
        of = "" if relations is None else f" of {relations.names[relations.of[torn[0]]]!r}"
        raise DataError(
            f"--split-column: expected each edge in one part, found {len(torn):,} in several, such as {one!r} - {other!r}{of}; "
            "drop them from all but one"
        )
    if empty := [name for part, name in enumerate(("train", "valid", "test")) if part not in found]:
        raise DataError(f"--split-column: expected edges in train, valid and test, found none in {', '.join(empty)}")
    return found


def growing_weights(
    weights: Float32 | None, times: Float64 | None, earliest: Float64 | None, inverse: Int64
) -> Callable[[float], Float32] | None:
    """Sums of the weights up to a time, float32 (E,) for each edge; None if no repeat is later than its edge's first row."""
    if weights is None or times is None or earliest is None or (times == earliest[inverse]).all():
        return None
    n_edges = len(earliest)
    return lambda moment: np.bincount(inverse, weights * (times <= moment), n_edges).astype(np.float32)
