"""The protocol over seeds against single trainings."""

from pathlib import Path

import numpy as np
import pytest

from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.intervals import intervals
from latentlink.models.inference.scoring import pair_logits
from latentlink.models.publishing.export import export
from latentlink.models.training.protocol import train
from latentlink.models.training.replay import config_of, graph_of
from latentlink.models.training.seeds import MODEL, Spread, interval_coverage, repeat, spread, spreads

CONFIG = TrainingConfig(epochs=5, dim=3, seed=4)


@pytest.mark.parametrize("features", [False, True])
def test_a_checkpoint_repeats_as_its_data_would(tmp_path: Path, features: bool) -> None:
    """Mean and deviation are exactly those of two trainings on the original graph, for the model and for every heuristic."""
    i, rng = np.arange(40), np.random.default_rng(0)
    pairs = np.concatenate([np.stack([i, (i + step) % 40], axis=1) for step in (1, 3, 4)])
    x = rng.normal(size=(40, 5)).astype(np.float32) if features else None
    graph = Graph.from_pairs([f"n{k}" for k in i], pairs, features=x)
    checkpoint = open_checkpoint(export(tmp_path, "ring", graph, CONFIG, train(graph, CONFIG)))
    repeats = list(repeat(graph_of(checkpoint), config_of(checkpoint), range(2)))
    found = spreads(repeats)
    metrics = [train(graph, CONFIG.model_copy(update={"seed": seed})).metrics for seed in range(2)]
    assert found.keys() == {MODEL, *metrics[0].baselines}
    for row, by_metric in found.items():
        tests = [(one.test if row == MODEL else one.baselines[row]).by_name() for one in metrics]
        assert by_metric.keys() == tests[0].keys()
        for metric, value in by_metric.items():
            a, b = (one[metric] for one in tests)
            if a is None or b is None:
                assert value is None
            else:
                assert value is not None
                assert (value.mean, value.deviation) == pytest.approx(
                    ((a + b) / 2, abs(a - b) / 2), rel=1e-14, abs=1e-16
                )
    assert [r.seed for r in repeats] == [0, 1]
    assert found[MODEL]["auc"] != spread([metrics[0].test.auc])  # else the seeds show nothing


def ring() -> Graph:
    """Forty nodes with three links forward each."""
    i = np.arange(40)
    pairs = np.concatenate([np.stack([i, (i + step) % 40], axis=1) for step in (1, 3, 4)])
    return Graph.from_pairs([f"n{k}" for k in i], pairs)


@pytest.mark.parametrize("given", [False, True])
def test_intervals_are_held_to_the_logits_of_other_seeds(given: bool) -> None:
    """By a loop over the first seed's test pairs that the other seed was not trained on: all of them on a given split."""
    config = CONFIG.model_copy(update={"parts": "dense", "refit": False, "epochs": 60})
    split = train(ring(), config).split if given else None
    one, other = (train(ring(), config.model_copy(update={"seed": seed}), split=split) for seed in range(2))
    pairs = np.concatenate([one.split.test, one.split.test_negatives])
    assert one.embeddings.logvar is not None
    sources, targets = pairs.T
    found = intervals(one.embeddings.mu, one.embeddings.logvar, sources, targets, 0.9)
    logits, known = pair_logits(other.embeddings.mu, sources, targets), set(map(tuple, other.embeddings.edges.tolist()))
    inside = [
        low <= logit <= high
        for pair, low, logit, high in zip(pairs.tolist(), found.logit_low, logits, found.logit_high, strict=True)
        if tuple(pair) not in known
    ]
    first, second = repeat(ring(), config, range(2), split=split)
    assert (len(inside) == len(pairs)) == given
    assert 0 < np.mean(inside) < 1
    assert first.coverage is None
    assert second.coverage == pytest.approx(np.mean(inside))
    assert interval_coverage([first, second]) == Spread(np.mean(inside), 0)
    assert interval_coverage([first]) is None


def test_without_a_posterior_there_is_no_coverage() -> None:
    """Of a GAE."""
    repeats = list(repeat(ring(), CONFIG.model_copy(update={"model": "gae"}), range(2)))
    assert [one.coverage for one in repeats] == [None, None]
    assert interval_coverage(repeats) is None


def test_the_deviation_is_the_population_s() -> None:
    """Of 1, 2, 3, 6 the mean is 3 and the variance 14 / 4; there is none if a seed lacks the metric: its split differs."""
    assert spread([1, 2, 3, 6]) == Spread(3, np.sqrt(14 / 4))
    assert spread([0.5]) == Spread(0.5, 0)
    assert spread([0.5, None]) is None
