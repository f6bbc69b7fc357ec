"""Explanations against sums of dense matrices, and against graphs without the links that are left out."""

import numpy as np
import pytest

from latentlink.app.errors import InvalidRequestError, UnsupportedByModelError
from latentlink.app.services import encoder as numpy_encoder
from latentlink.app.services.explaining import decomposition, leave_one_out
from latentlink.app.services.explaining.sides import NodePart, Side
from latentlink.app.services.scorer import Scorer
from latentlink.models.arrays import Float64
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.inference.scoring import pair_logits, sigmoid
from tests.app.trained import GCN, SUMS, N, convolved, dense_adjacency, dense_features, propagation


@pytest.fixture(params=SUMS)
def checkpoint(request: pytest.FixtureRequest, trained: dict[str, Checkpoint]) -> Checkpoint:
    """One of each kind whose logits are sums."""
    return trained[request.param]


@pytest.fixture(params=GCN)
def without_sums(request: pytest.FixtureRequest, trained: dict[str, Checkpoint]) -> Checkpoint:
    """Graph convolutions."""
    return trained[request.param]


def _total(side: Side) -> float:
    """The sum of a side's parts."""
    assert side.own is not None
    assert side.rest is not None
    return side.own.contribution + sum(part.contribution for part in side.others) + side.rest


def test_each_side_adds_up_to_the_logit(checkpoint: Checkpoint) -> None:
    """For 150 random pairs, a node with itself, and whatever the number of others listed."""
    method, random = Scorer(checkpoint).explainer, np.random.default_rng(0)
    pairs = np.concatenate([random.integers(0, N, (150, 2)), [[0, 0]]])
    for (source, target), logit in zip(pairs.tolist(), pair_logits(checkpoint.mu, *pairs.T), strict=True):
        sides = list(method.sides(source, target, int(random.integers(1, 30))))
        assert [side.row for side in sides] == [source, target]
        assert [_total(side) for side in sides] == pytest.approx([logit, logit], abs=1e-4)


def test_parts_of_a_node_add_up_to_it(checkpoint: Checkpoint) -> None:
    """Its features, the rest of them and its learned embedding."""
    for side in Scorer(checkpoint).explainer.sides(0, 5, 8):
        for part in [*([side.own] if side.own else []), *side.others]:
            inner = [feature.contribution for feature in part.features]
            assert sum(inner) + (part.rest or 0) + (part.bias or 0) == pytest.approx(part.contribution, abs=1e-6)
            assert inner == sorted(inner, key=abs, reverse=True)


def _dense(checkpoint: Checkpoint, source: int, target: int) -> tuple[Float64, Float64]:
    """What each node (N,), and each of its features (N, F), adds to the logit: by the formula, with matrices in full."""
    config, weights, kind = checkpoint.manifest.config.model_dump(), checkpoint.weights, checkpoint.manifest.encoder
    rows, x = weights.get(f"{kind}.rows.weight"), dense_features(checkpoint)
    weight = weights.get(f"{kind}.features.weight", np.zeros((x.shape[1], config["dim"])))
    multiscale = kind == "normalized" and rows is None
    scales = range(config["hops"] + 1) if multiscale else [config["hops"]]
    a_hat = propagation(dense_adjacency(checkpoint))
    of_nodes, of_features = np.zeros(N), np.zeros(x.shape)
    for place, columns in enumerate(np.array_split(np.arange(config["dim"]), len(scales))):
        share = np.linalg.matrix_power(a_hat, scales[place])[source]
        u = x @ weight[:, columns] + (0 if rows is None else rows[:, columns])
        stretch = 1.0
        if kind == "normalized":
            lengths = np.maximum(np.linalg.norm(u, axis=1), 1e-12)  # a node without links and features has no length
            stretch = weights["normalized.scale"][place] / np.sqrt(len(scales)) / lengths
        z = checkpoint.mu[target, columns]
        of_nodes += share * stretch * (u @ z)
        of_features += (share * stretch)[:, None] * x * (weight[:, columns] @ z)
    return of_nodes, of_features


def test_contributions_are_the_formula_s(checkpoint: Checkpoint) -> None:
    """Of every node and its features, the largest first, as dense matrices give them."""
    side, _ = Scorer(checkpoint).explainer.sides(0, 5, 100)
    of_nodes, of_features = _dense(checkpoint, 0, 5)
    listed: list[NodePart] = [part for part in (side.own, *side.others) if part]
    for part in listed:
        assert part.contribution == pytest.approx(of_nodes[part.row], abs=1e-5)
        for feature in part.features:
            assert feature.contribution == pytest.approx(of_features[part.row, feature.column], abs=1e-5)
        if part.features:
            assert abs(part.features[0].contribution) == pytest.approx(np.abs(of_features[part.row]).max(), abs=1e-5)
    assert {part.row for part in listed} >= set(np.flatnonzero(np.abs(of_nodes) > 1e-7).tolist())
    sizes = [abs(part.contribution) for part in side.others]
    assert sizes == sorted(sizes, reverse=True)


def test_nodes_that_are_not_searched_are_in_the_rest(checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for five nodes of a hub's neighbourhood the answer isn't exact, has those, and still adds up."""
    monkeypatch.setattr(decomposition, "_REACHING", 5)
    side, _ = Scorer(checkpoint).explainer.sides(0, 5, 100)
    assert not side.exact
    assert len(side.others) in (4, 5)
    assert _total(side) == pytest.approx(checkpoint.mu[0] @ checkpoint.mu[5], abs=1e-4)


def test_a_link_left_out_changes_the_logit_by_the_reported_fall(without_sums: Checkpoint) -> None:
    """Each neighbour of a hub and of one of its own neighbours, and all at once, beside the graph without."""
    whole = dense_adjacency(without_sums)
    x = dense_features(without_sums)
    z = convolved(without_sums, whole, x)
    for side, (row, other) in zip(Scorer(without_sums).explainer.sides(0, 5, 100), [(0, 5), (5, 0)], strict=True):
        assert {part.row for part in side.others} == set(without_sums.graph.neighbors(row).tolist())
        assert (side.own, side.rest, side.exact) == (None, None, True)
        none = whole.copy()
        for part in side.others:
            without = whole.copy()
            without[row, part.row] = without[part.row, row] = none[row, part.row] = none[part.row, row] = 0
            changed = convolved(without_sums, without, x)
            assert part.contribution == pytest.approx(z[row] @ z[other] - changed[row] @ changed[other], abs=1e-5)
        changed = convolved(without_sums, none, x)
        before, after = sigmoid(np.array([z[row] @ z[other], changed[row] @ changed[other]]))
        assert side.fidelity == pytest.approx(before - after, abs=1e-5)


def test_a_two_hop_subgraph_too_large_to_recompute_is_refused(
    without_sums: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time is bounded; the error has both numbers."""
    monkeypatch.setattr(numpy_encoder, "LARGEST_WORK", 5_000)
    with pytest.raises(UnsupportedByModelError, match=r"at most 5,000 multiplications .* found [\d,]+ for \d+ links"):
        Scorer(without_sums).explainer.sides(0, 5, 10)


def test_more_left_out_than_there_is_time_for_is_refused(
    without_sums: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error has the largest limit that is answered: it is, and one more isn't."""
    method, graph = Scorer(without_sums).explainer, without_sums.graph
    monkeypatch.setattr(leave_one_out, "LARGEST_WORK", method.side_work(graph.neighbors(0), graph.neighbors(5), 4))
    assert len(next(method.sides(0, 5, 4)).others) == 4
    with pytest.raises(InvalidRequestError) as refused:
        method.sides(0, 5, 5)
    assert [(error.field, error.expected[:9], error.found) for error in refused.value.errors] == [
        ("limit", "at most 4", "5")
    ]


def test_a_node_without_links_explains_itself(checkpoint: Checkpoint) -> None:
    """All of its logit is its own."""
    side, _ = Scorer(checkpoint).explainer.sides(N - 1, 5, 10)
    assert side.own is not None
    assert not side.others
    assert side.own.contribution == pytest.approx(_total(side))
