"""The graph encoders in numpy, a few nodes at a time: to explain a link, and to embed who was not there, without torch.

Held to `models.nn.encoders` by a congruence test. A twin reads a checkpoint's weights, features and graph where they are mapped.
"""

from latentlink.models.arrays import Float32
from latentlink.models.inference.encoders.features import Features, Weights, products
from latentlink.models.inference.encoders.gcn import NumpyGCN
from latentlink.models.inference.encoders.grown_graph import Grown, embed_strangers
from latentlink.models.inference.encoders.khop import KHop
from latentlink.models.inference.encoders.new_nodes import Stranger, Strangers
from latentlink.models.inference.encoders.propagation import NumpyPropagation, Reached, block_widths, shares

Twin = NumpyPropagation | NumpyGCN

ENCODERS = ("normalized", "linear", "gcn")


def make_twin(
    kind: str,
    weights: Weights,
    features: Features,
    walks: KHop,
    *,
    dim: int,
    hops: int,
    stretches: Float32 | None = None,
) -> Twin:
    """The encoder `kind`, one of `ENCODERS`; arguments and errors as of `NumpyPropagation` and `NumpyGCN`.

    Raises:
        KeyError: a weight is missing.
        ValueError: the weights do not fit.
    """
    if kind == "gcn":
        return NumpyGCN(weights, features, walks)
    return NumpyPropagation(weights, features, walks, kind=kind, dim=dim, hops=hops, stretches=stretches)


__all__ = [
    "ENCODERS",
    "Features",
    "Grown",
    "NumpyGCN",
    "NumpyPropagation",
    "Reached",
    "Stranger",
    "Strangers",
    "Twin",
    "Weights",
    "block_widths",
    "embed_strangers",
    "make_twin",
    "products",
    "shares",
]
