"""Leaving links out of a subgraph beside computing the subgraph of the graph without them."""

import numpy as np
import pytest

from latentlink.models.inference.encoders import NumpyGCN
from latentlink.models.inference.encoders.khop import Changes
from latentlink.models.inference.encoders.leave_out import TwoHopSubgraph
from tests.models.inference.encoders.test_encoders import Made, N


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("layout", "cells"), [("none", 1), ("none", 2**16), ("dense", 12), ("dense", 2**16)])
def test_leaving_links_out_is_computing_without_them(
    layout: str, weighted: bool, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every node of the graph: one of its links, one of another node, several at once, and none; in blocks of any size."""
    monkeypatch.setattr("latentlink.models.inference.encoders.leave_out._CELLS", cells)
    made = Made(6, layout, weighted=weighted, encoder="gcn", hidden=6, dim=3)
    numpy_encoder, random = NumpyGCN(made.weights, made.features, made.khop), np.random.default_rng(0)
    for node in range(N):
        subgraph = TwoHopSubgraph(numpy_encoder, node)
        own = made.edges[(made.edges == node).any(axis=1)]
        others = made.edges[random.permutation(len(made.edges))[:4]]
        for links in (own[:1], own, others[:1], np.unique(np.concatenate([own, others]), axis=0), own[:0]):
            weights = made.weight_of(links)
            expected = numpy_encoder.aggregated(node, made.khop.changed(Changes(links, -weights))) @ numpy_encoder.head
            np.testing.assert_allclose(subgraph.without(links, weights), expected, atol=1e-6)


def test_parts_add_up_to_the_inner_product() -> None:
    """Of the node and its neighbours, before anything is left out."""
    made = Made(6, "sparse", encoder="gcn", hidden=6, dim=3)
    subgraph, z = TwoHopSubgraph(NumpyGCN(made.weights, made.features, made.khop), 3), np.array([0.5, -2, 1])
    assert subgraph.parts(z).sum() == pytest.approx(made.mu[3] @ z, abs=1e-5)
