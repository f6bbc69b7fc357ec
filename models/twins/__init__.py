"""The graph encoders in numpy, a few nodes at a time: to explain a link, and to embed who was not there, without torch.

Held to `models.encoders` by a congruence test. A twin reads a checkpoint's weights, features and graph where they are mapped.
"""

from models.csr import Float32
from models.twins.convolution import GCNTwin
from models.twins.features import Features, Weights, products
from models.twins.grown import Grown, embed_strangers
from models.twins.propagation import PropagationTwin, Reached, block_widths, shares
from models.twins.strangers import Stranger, Strangers
from models.walks import Walks

Twin = PropagationTwin | GCNTwin

ENCODERS = ("normalized", "linear", "gcn")


def make_twin(
    kind: str,
    weights: Weights,
    features: Features,
    walks: Walks,
    *,
    dim: int,
    hops: int,
    stretches: Float32 | None = None,
) -> Twin:
    """The encoder `kind`, one of `ENCODERS`; arguments and errors as of `PropagationTwin` and `GCNTwin`.

    Raises:
        KeyError: a weight is missing.
        ValueError: the weights do not fit.
    """
    if kind == "gcn":
        return GCNTwin(weights, features, walks)
    return PropagationTwin(weights, features, walks, kind=kind, dim=dim, hops=hops, stretches=stretches)


__all__ = [
    "ENCODERS",
    "Features",
    "GCNTwin",
    "Grown",
    "PropagationTwin",
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
