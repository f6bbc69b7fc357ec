"""Leaving links out of a ball beside computing the ball of the graph without them."""

import numpy as np
import pytest

from latentlink.models.inference.encoders import NumpyGCN
from latentlink.models.inference.encoders.khop import Changes
from latentlink.models.inference.encoders.leave_out import Ball
from tests.models.inference.encoders.test_encoders import Made, N


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("layout", ["none", "dense"])
def test_leaving_links_out_is_computing_without_them(layout: str, weighted: bool) -> None:
    """For every node of the graph: one of its links, one of another node, several at once, and none."""
    made = Made(6, layout, weighted=weighted, encoder="gcn", hidden=6, dim=3)
    twin, random = NumpyGCN(made.weights, made.features, made.walks), np.random.default_rng(0)
    for node in range(N):
        ball = Ball(twin, node)
        own = made.edges[(made.edges == node).any(axis=1)]
        others = made.edges[random.permutation(len(made.edges))[:4]]
        for links in (own[:1], own, others[:1], np.unique(np.concatenate([own, others]), axis=0), own[:0]):
            weights = made.weight_of(links)
            expected = twin.seen(node, made.walks.changed(Changes(links, -weights))) @ twin.head
            np.testing.assert_allclose(ball.without(links, weights), expected, atol=1e-6)


def test_parts_add_up_to_the_inner_product() -> None:
    """Of the node and its neighbours, before anything is left out."""
    made = Made(6, "sparse", encoder="gcn", hidden=6, dim=3)
    ball, z = Ball(NumpyGCN(made.weights, made.features, made.walks), 3), np.array([0.5, -2, 1])
    assert ball.parts(z).sum() == pytest.approx(made.mu[3] @ z, abs=1e-5)
