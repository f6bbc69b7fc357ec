"""One loaded model; its formula, its vectors and its ids are tested over HTTP."""

from pathlib import Path

import numpy as np
import pytest

from latentlink.app.errors import UnknownNodesError
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import open_checkpoint
from tests.support import Small

ROWS = np.arange(60)
LEFT, RIGHT = (grid.ravel() for grid in np.meshgrid(ROWS, ROWS))


def test_a_pair_scores_the_same_in_either_direction(scorer: Scorer) -> None:
    """Swapping the ends changes no bit."""
    forth, back = scorer.score(LEFT, RIGHT), scorer.score(RIGHT, LEFT)
    assert [column.tobytes() for column in forth] == [column.tobytes() for column in back]


def test_a_pair_scores_the_same_alone_and_in_a_batch(scorer: Scorer) -> None:
    """As a batch of one, and by the short way for one pair, to the bit."""
    for i, j, *expected in zip(*(column.tolist() for column in (LEFT, RIGHT, *scorer.score(LEFT, RIGHT))), strict=True):
        assert list(scorer.score_pair(i, j)) == expected
        assert [column.item() for column in scorer.score(np.array([i]), np.array([j]))] == expected


def test_extreme_logits_keep_their_probability(tmp_path: Path) -> None:
    """Logits of ±1e8 give 1 and 0, without overflow."""
    Small(np.array([[1e4], [1e4], [-1e4]], np.float32), np.array([[0, 1]])).publish(tmp_path)
    scorer = Scorer(open_checkpoint(next(tmp_path.glob("small/2*"))))
    assert scorer.score(np.array([0, 0]), np.array([1, 2])).probabilities.tolist() == [1.0, 0.0]


def test_unknown_ids_are_counted_once_and_twenty_are_named(scorer: Scorer) -> None:
    """Twenty-five different unknown ids, each requested twice: 25 counted, the first 20 named."""
    unknown = [f"zz{i}" for i in range(25)] * 2
    with pytest.raises(UnknownNodesError, match="found 'zz0' and 24 more") as caught:
        scorer.rows(["a", *unknown])
    assert list(caught.value.suggestions()) == unknown[:20]
