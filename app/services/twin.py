"""The encoder of a loaded model in numpy, where its checkpoint has all that it takes."""

from app.errors import UnsupportedByModelError
from models import twins
from models.checkpoint import Checkpoint, KnownGraph
from models.csr import Ints
from models.twins import ENCODERS, Twin
from models.walks import ENTRIES, Walks


def make_twin(checkpoint: Checkpoint) -> Twin:
    """The encoder of a checkpoint.

    Raises:
        UnsupportedByModelError: it isn't one of graphs, its features aren't stored, or its weights don't fit.
    """
    manifest, graph, features = checkpoint.manifest, checkpoint.graph, checkpoint.features
    kind = manifest.encoder
    if kind not in ENCODERS:
        raise UnsupportedByModelError(
            f"model: expected an encoder of links ({', '.join(ENCODERS)}), found {kind!r}, which sees none"
        )
    if manifest.counts.features and features is None:
        raise UnsupportedByModelError(
            "model: expected stored features, found none; train without --no-store-features to ask this"
        )
    walks, dim = Walks(graph.indptr, graph.indices, graph.weights), manifest.counts.dim
    try:
        hops, stretches = int(manifest.config["hops"]), checkpoint.stretches
        return twins.make_twin(kind, checkpoint.weights, features, walks, dim=dim, hops=hops, stretches=stretches)
    except (KeyError, ValueError) as error:
        raise UnsupportedByModelError(f"model: expected weights of its encoder, {kind}, found: {error}") from None


def require_small_ball(graph: KnownGraph, near: Ints) -> None:
    """Refuse to convolve around nodes with more links than a step of propagation would follow.

    Raises:
        UnsupportedByModelError: they have.
    """
    links = int((graph.indptr[near + 1] - graph.indptr[near]).sum())
    if links > ENTRIES:
        raise UnsupportedByModelError(
            f"model: expected at most {ENTRIES:,} links around a node to run a gcn on, found {links:,}"
        )
