"""One loaded model: logits, probabilities and what is known, against sums that are rounded once."""

from pathlib import Path

import numpy as np
import pytest

from latentlink.app.errors import UnknownNodesError
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import open_checkpoint
from tests.app.oracle import links, logit, sigma
from tests.support import Small

ROWS = np.arange(60)
LEFT, RIGHT = (grid.ravel() for grid in np.meshgrid(ROWS, ROWS))


@pytest.fixture(scope="module")
def scorer(checkpoints: Path) -> Scorer:
    """The small checkpoint, opened."""
    return Scorer(open_checkpoint(next(checkpoints.glob("small/2*"))))


def test_every_pair_has_the_formula_s_logit_and_probability(scorer: Scorer, small: Small) -> None:
    """σ(zᵢᵀzⱼ) of the stored μ, to 1e-12 relative, for all pairs."""
    result = scorer.score(LEFT, RIGHT)
    logits = [logit(small.mu, i, j) for i, j in zip(LEFT.tolist(), RIGHT.tolist(), strict=True)]
    np.testing.assert_allclose(result.logits, logits, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(result.probabilities, [sigma(x) for x in logits], rtol=1e-12)


def test_a_pair_scores_the_same_in_either_direction(scorer: Scorer) -> None:
    """Swapping the ends changes no bit."""
    forth, back = scorer.score(LEFT, RIGHT), scorer.score(RIGHT, LEFT)
    assert [column.tobytes() for column in forth] == [column.tobytes() for column in back]


def test_a_pair_scores_the_same_alone_and_in_a_batch(scorer: Scorer) -> None:
    """Batching changes no bit."""
    batch = scorer.score(LEFT, RIGHT)
    single = [scorer.score(LEFT[i : i + 1], RIGHT[i : i + 1]) for i in range(0, 3600, 7)]
    for column, alone in zip(batch, zip(*single, strict=True), strict=True):
        assert column[::7].tobytes() == np.concatenate(alone).tobytes()


def test_known_are_the_edges_of_the_graph_alone(scorer: Scorer, small: Small) -> None:
    """Edges in both directions are known; held-out edges, other pairs and a node with itself are not."""
    known = scorer.score(LEFT, RIGHT).known
    assert set(zip(LEFT[known].tolist(), RIGHT[known].tolist(), strict=True)) == links(small.edges)
    assert small.heldout is not None
    assert not scorer.score(*small.heldout.T).known.any()


def test_one_pair_scores_as_in_a_batch(scorer: Scorer) -> None:
    """The short way for one pair gives the same logit, probability and known, to the bit, for all pairs."""
    batch = scorer.score(LEFT, RIGHT)
    columns = zip(*(scorer.score_pair(i, j) for i, j in zip(LEFT.tolist(), RIGHT.tolist(), strict=True)), strict=True)
    assert [list(column) for column in columns] == [column.tolist() for column in batch]


def test_extreme_logits_keep_their_probability(tmp_path: Path) -> None:
    """Logits of ±1e8 give 1 and 0, without overflow."""
    Small(np.array([[1e4], [1e4], [-1e4]], np.float32), np.array([[0, 1]])).publish(tmp_path)
    scorer = Scorer(open_checkpoint(next(tmp_path.glob("small/2*"))))
    assert scorer.score(np.array([0, 0]), np.array([1, 2])).probabilities.tolist() == [1.0, 0.0]


def test_embeddings_are_the_stored_rows(scorer: Scorer, small: Small) -> None:
    """Rows of μ come back bit for bit, in the order of the request, repeats included."""
    rows = np.array([5, 0, 5, 59])
    assert scorer.embeddings(rows).tobytes() == small.mu[rows].tobytes()


def test_every_id_finds_its_own_row(scorer: Scorer, small: Small) -> None:
    """However odd an id is, it differs from all others."""
    assert scorer.rows(small.ids).tolist() == list(range(60))


def test_unknown_ids_are_counted_once_and_twenty_are_named(scorer: Scorer) -> None:
    """Twenty-five different unknown ids, each requested twice: 25 counted, the first 20 named."""
    unknown = [f"zz{i}" for i in range(25)] * 2
    with pytest.raises(UnknownNodesError, match="found 'zz0' and 24 more") as caught:
        scorer.rows(["a", *unknown])
    assert list(caught.value.unknown) == unknown[:20]


def test_an_unknown_id_comes_with_close_known_ones(scorer: Scorer) -> None:
    """Ids that share a beginning with the unknown one are offered."""
    with pytest.raises(UnknownNodesError) as caught:
        scorer.rows(["two worlds"])
    assert caught.value.unknown["two worlds"][0] == "two words"
