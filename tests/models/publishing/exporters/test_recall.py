"""The recall of candidates by vectors alone."""

from pathlib import Path

import numpy as np
import pytest

from latentlink.models.checkpoint import store
from latentlink.models.publishing.exporters import recall as module
from latentlink.models.publishing.exporters.recall import recall


def test_recall_is_the_share_of_the_best_among_the_candidates(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As counted pair by pair: of the best 10 by logit, how many are among the best 12 by the vectors; without known links."""
    checkpoint = store.find(models, "shared")
    decoder, n = checkpoint.decoder, 60
    hits = []
    for row in range(n):
        others = [other for other in range(n) if other != row and not checkpoint.graph.has_edge(row, other)]
        ends = np.full(len(others), row), np.array(others)
        best, candidates = (
            [others[place] for place in np.argsort(-logits)[:most]]
            for logits, most in ((decoder.pairs(*ends), 10), (decoder.products(*ends), 12))
        )
        hits += [node in candidates for node in best]
    assert 0.5 < np.mean(hits) < 1
    monkeypatch.setattr(module, "CANDIDATES", 12)
    assert recall(checkpoint) == pytest.approx(np.mean(hits))
