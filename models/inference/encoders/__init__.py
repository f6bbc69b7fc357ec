"""Numpy encoders: the forward pass of the graph encoders for a few nodes, to explain links and embed new nodes without torch.

They read the memory-mapped weights, features and graph of a checkpoint. Tests compare their embeddings with those of
`latentlink.models.nn.encoders`.
"""

from latentlink.models.arrays import Float32
from latentlink.models.inference.encoders.extended_graph import ExtendedGraph, embed_new_nodes
from latentlink.models.inference.encoders.features import Features, Weights, products
from latentlink.models.inference.encoders.gcn import NumpyGCN
from latentlink.models.inference.encoders.khop import KHop
from latentlink.models.inference.encoders.link_columns import Bias, LinkColumns, Spectral
from latentlink.models.inference.encoders.new_nodes import NewNode, NewNodeGroup
from latentlink.models.inference.encoders.nothing import NoEncoder
from latentlink.models.inference.encoders.propagation import Neighborhood, NumpyPropagation, block_widths, split_evenly
from latentlink.models.recipes import BIASED

GraphEncoder = NumpyPropagation | NumpyGCN
NumpyEncoder = GraphEncoder | NoEncoder

ENCODERS = ("normalized", "linear", "gcn")


def make_numpy_encoder(
    kind: str,
    weights: Weights,
    features: Features,
    khop: KHop,
    *,
    dim: int,
    hops: int,
    row_scales: Float32 | None = None,
) -> GraphEncoder:
    """The numpy encoder of a kind, `BIASED` or of `ENCODERS`; the arguments are those of `NumpyPropagation` and `NumpyGCN`.

    Raises:
        KeyError: a weight is missing.
        ValueError: the weights do not fit the features or each other.
    """
    if kind in ("gcn", BIASED):
        return NumpyGCN(weights, features, khop)
    return NumpyPropagation(weights, features, khop, kind=kind, dim=dim, hops=hops, row_scales=row_scales)


__all__ = [
    "ENCODERS",
    "Bias",
    "ExtendedGraph",
    "Features",
    "GraphEncoder",
    "LinkColumns",
    "Neighborhood",
    "NewNode",
    "NewNodeGroup",
    "NoEncoder",
    "NumpyEncoder",
    "NumpyGCN",
    "NumpyPropagation",
    "Spectral",
    "Weights",
    "block_widths",
    "embed_new_nodes",
    "make_numpy_encoder",
    "products",
    "split_evenly",
]
