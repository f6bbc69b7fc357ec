"""What a search by exported vectors finds, if they lack a part of the logits that decides about the order of what is found."""

import numpy as np

from latentlink.models.checkpoint import Checkpoint
from latentlink.models.inference.scoring import rough_logits

NEIGHBORS, CANDIDATES, QUERIES = 10, 100, 100
_CELLS = 16_000_000  # logits held at once: 64 MiB of float32


def recall(checkpoint: Checkpoint) -> float:
    """The share of the best 10 partners of 100 random nodes that is among the best 100 by the vectors alone.

    Known links are among neither.
    """
    decoder, n = checkpoint.decoder, len(checkpoint.mu)
    queries = np.random.default_rng(0).choice(n, min(n, QUERIES), replace=False)
    size, found = max(1, _CELLS // n), []
    for start in range(0, len(queries), size):
        rows = queries[start : start + size]
        by_vectors = rough_logits(decoder.source_vectors(rows), decoder.target_vectors)
        for row, whole, rough in zip(rows.tolist(), decoder.rows(rows), by_vectors, strict=True):
            barred = np.append(checkpoint.graph.neighbors(row), row)
            whole[barred] = rough[barred] = -np.inf
            free = n - len(barred)
            best, candidates = (
                np.argsort(-logits, kind="stable")[: min(most, free)]
                for logits, most in ((whole, NEIGHBORS), (rough, CANDIDATES))
            )
            found.append(np.isin(best, candidates))
    every = np.concatenate(found)
    return float(every.mean()) if len(every) else 1.0
