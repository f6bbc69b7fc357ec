"""How well a model does where links stand behind a score and where they don't, so that `models.support` means a number."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import numpy.typing as npt

from models.components import components
from models.csr import CSR, Int64
from models.metrics import auc_ap
from models.scoring import Float64
from models.support import Links, Support

Bool = npt.NDArray[np.bool_]
Stratum = dict[str, float | int | None]

SUPPORT: Mapping[str, Callable[[Support], bool]] = {
    "cold_start": lambda pair: pair.cold,
    "not_cold_start": lambda pair: not pair.cold,
    "same_component": lambda pair: pair.same_component is True,
    "other_component": lambda pair: pair.same_component is False,
    "distance_2": lambda pair: pair.distance == 2,
    "distance_3": lambda pair: pair.distance == 3,
    "farther": lambda pair: pair.distance is None and pair.exact,
}


def support_strata(
    seen: CSR, positives: Int64, negatives: Int64, score: Callable[[Int64], Float64]
) -> dict[str, Stratum]:
    """What `stratum` says of each kind of `SUPPORT`, in the graph that the encoder saw.

    Args:
        seen: its adjacency (N, N).
        positives: int64 (p, 2), held-out edges.
        negatives: int64 (n, 2), non-edges.
        score: logits of pairs.
    """
    links = Links(seen.indptr, seen.indices, components(seen))
    support = [[links.support(*pair) for pair in pairs.tolist()] for pairs in (positives, negatives)]
    scores = score(positives), score(negatives)
    return {
        name: stratum(*(logits[_where(kind, pairs)] for logits, pairs in zip(scores, support, strict=True)))
        for name, kind in SUPPORT.items()
    }


def _where(kind: Callable[[Support], bool], pairs: Iterable[Support]) -> Bool:
    return np.fromiter(map(kind, pairs), np.bool_)


def stratum(positive: Float64, negative: Float64) -> Stratum:
    """Numbers of pairs, and AUC and AP where there are edges and non-edges, by the logits (p,) and (n,) of a part of them."""
    scores = auc_ap(positive, negative) if len(positive) and len(negative) else {"auc": None, "ap": None}
    return {"positives": len(positive), "negatives": len(negative), **scores}
