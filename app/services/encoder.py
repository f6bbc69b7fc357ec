"""The encoder of a loaded model in numpy, where its checkpoint has all that it takes."""

from dataclasses import dataclass

from latentlink.app.errors import UnsupportedByModelError
from latentlink.models.arrays import Float32, Int64, Ints
from latentlink.models.checkpoint import Checkpoint, Manifest
from latentlink.models.inference import encoders
from latentlink.models.inference.encoders import (
    ENCODERS,
    LinkColumns,
    NewNodeGroup,
    NoEncoder,
    NumpyEncoder,
    NumpyGCN,
)
from latentlink.models.inference.encoders.khop import KHop
from latentlink.models.recipes import BIASED, GIVEN, is_module

LARGEST_WORK = 500_000_000  # numbers that one step of a request may multiply, of about 1 ns each


@dataclass(frozen=True)
class Embedded:
    """A new node with its vector.

    Attributes:
        z: float32 (D,).
        logvar: float32 (D₁,), log σ² of the posterior of its dense columns; None for a model that isn't variational.
        approximate: whether features or propagation paths that the encoder uses were missing.
        linked: int64 (m,), known rows that it is linked to, rising.
        group: the new nodes that are embedded together with it.
        members: their places among all of the request, rising.
        at: its place in the group.
    """

    z: Float32
    logvar: Float32 | None
    approximate: bool
    linked: Int64
    group: NewNodeGroup
    members: list[int]
    at: int


def make_numpy_encoder(checkpoint: Checkpoint) -> NumpyEncoder:
    """The encoder of a checkpoint.

    Raises:
        UnsupportedByModelError: it isn't one of graphs that the service can run, or of links with a direction, its features
            aren't stored, or its weights don't fit.
    """
    manifest, graph, features = checkpoint.manifest, checkpoint.graph, checkpoint.features
    if manifest.directed:
        raise UnsupportedByModelError(
            "model: expected links without direction, to embed or to explain a node by its links, found a directed model; "
            "score and neighbors answer for known nodes, and node lists their links"
        )
    kind = manifest.encoder
    if not manifest.dense:
        return NoEncoder()
    if is_foreign(manifest):
        what = "vectors that were given" if kind == GIVEN else "a torch module"
        raise UnsupportedByModelError(
            f"model: expected an encoder that the service can run ({', '.join(ENCODERS)}), to embed new nodes or to explain its "
            f"part of a logit, found {kind!r}, {what}; publish it again with the new nodes, or train a model with one of these"
        )
    if kind not in (*ENCODERS, BIASED):
        raise UnsupportedByModelError(
            f"model: expected an encoder of links ({', '.join(ENCODERS)}), found {kind!r}, which sees none"
        )
    if manifest.counts.features and features is None:
        raise UnsupportedByModelError(
            "model: expected stored features, found none; train without --no-store-features for this request"
        )
    if (hops := manifest.config.hops) is None:
        raise UnsupportedByModelError(f"model: expected the hops of its encoder, {kind}, found none; train again")
    khop, dim = KHop(graph.indptr, graph.indices, graph.weights), manifest.dense
    try:
        row_scales = checkpoint.row_scales
        return encoders.make_numpy_encoder(
            kind, checkpoint.weights, features, khop, dim=dim, hops=hops, row_scales=row_scales
        )
    except (KeyError, ValueError) as error:
        raise UnsupportedByModelError(f"model: expected weights of its encoder, {kind}, found: {error}") from None


def is_foreign(manifest: Manifest) -> bool:
    """Whether the dense columns are of an encoder that the service can't run: a torch module, or one that nobody knows."""
    return manifest.dense > 0 and (is_module(manifest.encoder) or manifest.encoder == GIVEN)


def make_link_columns(checkpoint: Checkpoint) -> LinkColumns:
    """The columns of a checkpoint that follow from the links of a node."""
    return LinkColumns.of(checkpoint.manifest.parts, checkpoint.weights, checkpoint.mu, checkpoint.graph.indptr)


def require_small_subgraph(encoder: NumpyGCN, *around: Ints, more: int = 0, spare: int = 0) -> None:
    """Refuse to convolve around nodes where that would take longer than a request may be held up.

    Args:
        encoder: the numpy encoder.
        around: for each node its known neighbours.
        more: links between new nodes.
        spare: what else is to be computed.

    Raises:
        UnsupportedByModelError: it would.
    """
    work = spare + sum(encoder.embedding_work(neighbors, 2 * more) for neighbors in around)
    if work > LARGEST_WORK:
        links = sum(map(encoder.khop.links, around))
        raise UnsupportedByModelError(
            f"model: expected at most {LARGEST_WORK:,} multiplications to run a gcn around a node, "
            f"found {work:,} for {links:,} links; other encoders have no such bound"
        )
