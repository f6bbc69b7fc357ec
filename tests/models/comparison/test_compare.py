"""Two checkpoints side by side, against sets and sorted lists in Python."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from latentlink.models.arrays import Float64
from latentlink.models.checkpoint import Checkpoint, known_graph, open_checkpoint
from latentlink.models.comparison import counts
from latentlink.models.comparison.compare import K, compare
from latentlink.models.comparison.lists import Side
from latentlink.models.errors import DataError
from tests.app.oracle import Search, top
from tests.parts import publish_parts
from tests.support import RELIABILITY, Small

SMALL = Small.random()
KNOTS = {**RELIABILITY, "knots": {"logit": [-3.0, 0.0, 3.0], "log_odds": [-2.0, 0.0, 4.0]}, "prior": 0.01}
Publish = Callable[..., Checkpoint]


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """Publishes a small checkpoint, and opens it."""
    return lambda small, **facts: open_checkpoint(tmp_path / "small" / small.publish(tmp_path, **facts))


def _moved(small: Small) -> Small:
    """The same model with its rows turned round, so that no node keeps its row."""
    last = len(small.mu) - 1
    return replace(small, mu=small.mu[::-1].copy(), edges=last - small.edges, heldout=None, ids=small.ids[::-1])


def _links(small: Small, *parts: str) -> set[frozenset[str]]:
    pairs = np.concatenate([getattr(small, part) for part in parts]).tolist()
    return {frozenset((small.ids[a], small.ids[b])) for a, b in pairs}


def test_a_model_does_not_differ_from_itself_with_other_rows(publish: Publish) -> None:
    """Nodes are matched by their ids: nothing is added or removed, lists are the same, no probability rises."""
    one = replace(SMALL, heldout=None)
    found = compare(publish(one), publish(_moved(one)))
    for change, size in ((found.nodes, 60), (found.links, len(SMALL.edges))):
        assert (change.before, change.after, change.added, change.removed, change.exact) == (size, size, 0, 0, True)
    assert (found.neighbors.nodes, found.neighbors.candidates, found.neighbors.k) == (60, 60, K)
    assert found.neighbors.overlap is not None
    assert found.neighbors.overlap.p5 > 0.8  # equal scores, of equal vectors, rank by row
    for pairs in (found.best_pairs, found.random_pairs):
        assert pairs.pairs > 300
        assert pairs.probability is not None
        assert pairs.probability.p5 == pairs.probability.p95 == pairs.probability.mean == 0
        assert pairs.calibrated is None


@pytest.mark.parametrize("small", [SMALL, Small.relational()])
def test_held_out_links_are_sorted_once(publish: Publish, small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each checkpoint and relation, however often it is compared; the answer is the same."""
    before, after = publish(small), publish(small)
    numpy = Mock(wraps=np)
    monkeypatch.setattr(known_graph, "np", numpy)
    first, sorts = compare(before, after), numpy.argsort.call_count
    assert sorts == 2 * max(1, len(before.manifest.relations))
    assert compare(before, after) == first
    assert numpy.argsort.call_count == sorts


def test_nodes_and_links_are_counted_by_their_ids(publish: Publish) -> None:
    """Sets of ids and of pairs of ids say how many of them one version alone has."""
    edges = SMALL.edges[5:]
    ids = (*(f"new {row}" if row in (4, 50) else node for row, node in enumerate(SMALL.ids)), "last")
    other = replace(SMALL, mu=np.concatenate([SMALL.mu, SMALL.mu[:1]]), edges=np.append(edges, [[0, 60]], 0), ids=ids)
    found = compare(publish(SMALL), publish(other))
    before, after = _links(SMALL, "edges"), _links(other, "edges")
    assert (found.nodes.added, found.nodes.removed, found.nodes.after) == (3, 2, 61)
    assert (found.links.added, found.links.removed) == (len(after - before), len(before - after))


def test_many_are_estimated_by_a_sample(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of 60 nodes have other ids; of 40 that are looked up, about a half is missing."""
    monkeypatch.setattr(counts, "COUNTED", 40)
    other = replace(SMALL, ids=tuple(f"{node} 2" if row % 2 else node for row, node in enumerate(SMALL.ids)))
    found = compare(publish(SMALL), publish(other)).nodes
    assert not found.exact
    assert found.added == pytest.approx(30, abs=8)
    assert found.removed == pytest.approx(30, abs=8)


def test_the_overlap_is_that_of_sorted_lists(publish: Publish) -> None:
    """Each version leaves out its own known and held-out links, and both rank the nodes that both know."""
    other = replace(SMALL.renewed(), edges=SMALL.edges[:40])
    found = compare(publish(SMALL), publish(other)).neighbors
    lists = [[top(one, row, Search(k=K)) for row in range(60)] for one in (SMALL, other)]
    shares = [len({*one} & {*two}) / K for one, two in zip(*lists, strict=True)]
    assert found.overlap is not None
    assert found.overlap.mean == pytest.approx(np.mean(shares))
    assert found.overlap.p75 == pytest.approx(np.percentile(shares, 75))
    assert found.same_first == pytest.approx(np.mean([one[0] == two[0] for one, two in zip(*lists, strict=True)]))


def test_calibrated_probabilities_are_those_of_the_curves(publish: Publish) -> None:
    """Twice the logits at another prior: the mean rise over random pairs is that of all pairs, σ(f(s) + logit π), by hand."""
    doubled = replace(SMALL, mu=np.sqrt(np.float32(2)) * SMALL.mu)
    found = compare(
        publish(SMALL, calibration=KNOTS), publish(doubled, calibration={**KNOTS, "prior": 0.2})
    ).random_pairs
    known = _links(SMALL, "edges")
    pairs = [p for p in combinations(range(60), 2) if frozenset(SMALL.ids[row] for row in p) not in known]
    logits = np.array([SMALL.mu[i].astype(np.float64) @ SMALL.mu[j] for i, j in pairs])

    def calibrated(s: Float64, prior: float) -> Float64:
        return np.asarray(1 / (1 + np.exp(-np.interp(s, [-3, 0, 3], [-2, 0, 4])) * (1 - prior) / prior))

    rises = calibrated(2 * logits, 0.2) - calibrated(logits, 0.01)
    assert found.calibrated is not None
    assert found.calibrated.mean == pytest.approx(rises.mean(), abs=0.01)
    assert found.calibrated.p95 == pytest.approx(np.percentile(rises, 95), abs=0.03)
    assert found.calibrated.p5 == pytest.approx(np.percentile(rises, 5), abs=0.03)


def test_metrics_stand_side_by_side(publish: Publish) -> None:
    """Those that one of both has, null where the other one lacks it."""
    other = publish(SMALL, metrics={"test": {"auc": 0.5, "full_mrr": 0.25}})
    found = compare(publish(SMALL), other).metrics.document()
    assert found["test"] == {
        "auc": {"before": 0.75, "after": 0.5},
        "ap": {"before": 0.5, "after": None},
        "full_mrr": {"before": None, "after": 0.25},
    }
    assert (found["validation"], found["same_test"]) == ({}, None)


@pytest.mark.parametrize("kind", ["directed", "typed", "relational"])
def test_every_kind_is_compared(publish: Publish, kind: str) -> None:
    """A version and itself: every list is the same, and links count with their direction and relation."""
    small: Small = getattr(Small, kind)()
    one = publish(small)
    found = compare(one, one)
    assert found.neighbors.overlap is not None
    assert found.neighbors.overlap.p5 == found.neighbors.same_first == 1
    assert (found.links.before, found.links.added, found.links.removed) == (len(small.edges), 0, 0)


def test_relations_are_matched_by_their_names(publish: Publish) -> None:
    """A version without one of three relations lacks its links, and no others."""
    small = Small.relational()
    assert small.relation is not None
    assert small.heldout_relation is not None
    assert small.heldout is not None
    assert small.relation_weights is not None
    kept, held = small.relation != 1, small.heldout_relation != 1
    fewer = replace(
        small,
        relations=(small.relations[0], small.relations[2]),
        edges=small.edges[kept],
        relation=small.relation[kept] // 2,
        heldout=small.heldout[held],
        heldout_relation=small.heldout_relation[held] // 2,
        relation_weights=small.relation_weights[[0, 2]],
    )
    found = compare(publish(small), publish(fewer))
    assert (found.links.added, found.links.removed) == (0, int((~kept).sum()))
    assert found.neighbors.overlap is not None
    assert found.neighbors.overlap.mean == 1


def test_lists_hold_nodes_of_types_that_may_be_linked(publish: Publish) -> None:
    """Users have users and items, items users, and tags nobody."""
    small = Small.typed()
    assert small.of is not None
    side, rows = Side(publish(small), np.arange(60)), np.arange(60)
    for row, found in zip(rows, side.best(rows, 60), strict=True):
        assert set(small.of[found].tolist()) <= ({0, 1}, {0}, set())[small.of[row]]


def test_shared_links_count_in_lists(publish: Publish, tmp_path: Path) -> None:
    """The best neighbours of a model of parts are those of its decoder."""
    checkpoint = publish_parts(tmp_path, publish(replace(SMALL, heldout=None)), "parts")
    rows = np.arange(60)
    for row, found in zip(range(60), Side(checkpoint, rows).best(rows, 5), strict=True):
        logits = checkpoint.decoder.pairs(np.full(60, row), rows)
        barred = [row, *checkpoint.graph.neighbors(row).tolist()]
        best = np.sort(np.delete(logits, barred))[::-1][:5]
        assert logits[found] == pytest.approx(best, abs=1e-4)


def test_models_of_two_kinds_are_refused(publish: Publish) -> None:
    """The message says what both are."""
    with pytest.raises(DataError, match=r"expected a model of links between .*, found one of directed links"):
        compare(publish(SMALL), publish(Small.directed()))
