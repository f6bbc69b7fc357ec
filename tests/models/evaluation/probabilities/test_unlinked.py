"""The scan of unlinked pairs against loops over all pairs."""

import numpy as np
import pytest

from latentlink.models.arrays import Float32, Int64
from latentlink.models.evaluation.probabilities import unlinked
from latentlink.models.evaluation.probabilities.unlinked import Best, Histogram, scan_unlinked
from latentlink.models.evaluation.scorers import DecoderScorer
from latentlink.models.graph.negatives import edge_keys
from latentlink.models.graph.pair_space import AllPairs
from latentlink.models.inference.link_decoder import LinkDecoder

N = 60
RNG = np.random.default_rng(0)
SCORER = DecoderScorer(LinkDecoder(RNG.normal(size=(N, 4)).astype(np.float32)))
PAIRS = RNG.permutation(np.stack(np.triu_indices(N, 1), axis=1))
TRAIN, VALIDATION, REST = PAIRS[:300], PAIRS[300:340], PAIRS[340:]


def _scan() -> tuple[Histogram, Best]:
    return scan_unlinked(SCORER, AllPairs(N), TRAIN, VALIDATION[:, ::-1], np.random.default_rng(0))


@pytest.mark.parametrize("block", [1, 200, 2**21])
def test_every_unlinked_pair_is_counted_once(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """Validation links among them, training links not, in blocks of any size, in bins of the validation links' logits."""
    monkeypatch.setattr(unlinked, "_BLOCK", block)
    histogram, _ = _scan()
    logits = SCORER.score_pairs(PAIRS[300:])
    assert (histogram.size, histogram.share) == (len(logits), 1)
    ends = [f(SCORER.score_pairs(VALIDATION)) for f in (np.min, np.max)]
    assert histogram.edges[[0, -1]] == pytest.approx(ends, abs=1e-4)
    for at in (0, 3000, 9000, 16_000, 16_384):
        above = histogram.counts[at + 1 :].sum()
        assert above == pytest.approx((logits >= histogram.edges[at]).sum(), abs=1)  # rounding at the edge
    assert histogram.counts @ histogram.logits == pytest.approx(
        np.clip(logits, *histogram.edges[[0, -1]]).sum(), rel=1e-2
    )


class _Rounded(DecoderScorer):
    """Rows a little below pairs, as sums in float32 may be."""

    def score_rows(self, nodes: Int64) -> Float32:
        """float32 (q, N)."""
        return super().score_rows(nodes) - np.float32(1e-6)


def test_pairs_that_rounding_puts_below_an_edge_are_above_it() -> None:
    """Two groups of nodes with one vector each: pairs across have the lowest logit, those within the highest."""
    z = np.repeat(np.array([[1.1], [-1.1]], np.float32), N // 2, axis=0)
    scorer = _Rounded(LinkDecoder(z))
    histogram, _ = scan_unlinked(scorer, AllPairs(N), np.empty((0, 2), np.int64), np.array([[0, 1], [0, 59]]), RNG)
    assert (histogram.counts[0], histogram.counts[-1]) == (0, 2 * 30 * 29 // 2)


def test_the_best_are_the_first_of_the_sorted_pairs() -> None:
    """Without training and validation links, best first."""
    best = _scan()[1]
    order = np.argsort(-SCORER.score_pairs(REST))[:500]
    assert best.keys.tolist() == edge_keys(REST[order], N).tolist()
    assert best.logits == pytest.approx(SCORER.score_pairs(REST[order]), rel=1e-5)


def test_a_sample_stands_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the rows hold three quarters of the pairs, each once; the counts are those of all pairs on average."""
    monkeypatch.setattr(unlinked, "SCORED", N * N // 2)
    histogram, best = _scan()
    assert histogram.share == pytest.approx(0.75, abs=0.04)
    assert histogram.size == pytest.approx(len(PAIRS) - 300)
    assert len(np.unique(best.keys)) == len(best.keys) == 500
    middle = histogram.counts[8000:].sum()
    assert middle == pytest.approx((SCORER.score_pairs(PAIRS[300:]) >= histogram.edges[7999]).sum(), rel=0.15)
