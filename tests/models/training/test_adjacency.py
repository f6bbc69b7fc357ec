"""Â against torch-geometric's, whole and without some edges."""

import numpy as np
import pytest
import torch
from torch_geometric.nn.conv.gcn_conv import gcn_norm

from latentlink.models.nn.sparse import SparseMatrix
from latentlink.models.training.adjacency import Propagation

EDGES = np.array([[0, 1], [1, 2], [1, 3], [2, 4]])
WEIGHTS = np.array([0.5, 2.0, 1.0, 3.0], np.float32)


def _expected(edges: np.ndarray, weights: np.ndarray) -> torch.Tensor:
    index = torch.from_numpy(np.concatenate([edges, edges[:, ::-1]]).T.copy())
    (rows, columns), values = gcn_norm(index, torch.from_numpy(np.tile(weights, 2)), num_nodes=6)
    dense = torch.zeros(6, 6)
    dense[rows, columns] = values
    return dense


def _dense(matrix: SparseMatrix) -> torch.Tensor:
    return matrix @ torch.eye(6)


@pytest.mark.parametrize("weights", [WEIGHTS, None])
def test_normalization_equals_torch_geometric(weights: np.ndarray | None) -> None:
    """Â of a graph with an isolated node is that of PyG's gcn_norm; edges without weights weigh one."""
    expected = _expected(EDGES, np.ones(4, np.float32) if weights is None else weights)
    torch.testing.assert_close(_dense(Propagation(6, EDGES, weights).whole), expected)


@pytest.mark.parametrize("hidden", [[0], [1, 3], [0, 1, 2, 3], []])
def test_masked_edges_have_no_influence(hidden: list[int]) -> None:
    """Degrees are counted again without them, down to a graph of nothing but self-loops."""
    mask = np.isin(np.arange(4), hidden)
    part = Propagation(6, EDGES, WEIGHTS).without(mask)
    torch.testing.assert_close(_dense(part), _expected(EDGES[~mask], WEIGHTS[~mask]))
