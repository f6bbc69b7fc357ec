"""The parts whose sum is a logit: the columns of each kind, and shared links."""

from latentlink.app.schemas.explanations import LogitParts
from latentlink.app.services.encoder import Embedded
from latentlink.models.arrays import Float32
from latentlink.models.checkpoint import Checkpoint


def parts_of(checkpoint: Checkpoint, source: int, target: int) -> LogitParts:
    """The parts of the logit of two rows; none for a model whose columns are all dense."""
    linked = checkpoint.graph.neighbors(source)
    return _parts(checkpoint, checkpoint.mu[source], target, checkpoint.decoder.shared_part(linked, target))


def parts_of_new_node(checkpoint: Checkpoint, one: Embedded, target: int) -> LogitParts:
    """The parts of the logit of a new node with a row."""
    return _parts(checkpoint, one.z, target, checkpoint.decoder.shared_part(one.linked, target, more=1))


def besides_dense(parts: LogitParts) -> float:
    """What all parts but the dense columns add; 0 without such parts."""
    return sum((parts.get("spectral", 0.0), parts.get("bias", 0.0), parts.get("shared_links", 0.0)), 0.0)


def _parts(checkpoint: Checkpoint, z: Float32, target: int, shared: float) -> LogitParts:
    parts, weights = checkpoint.manifest.parts, checkpoint.column_weights
    found: LogitParts = {}
    if parts is None or weights is None:
        return found
    terms = z.astype("float64") * weights * checkpoint.mu[target]
    dense, others = terms[: parts.dense], terms[parts.dense :]
    if parts.dense:
        found["dense"] = float(dense.sum())
    if parts.spectral:
        found["spectral"] = float(others[: parts.spectral].sum())
    if parts.bias:
        found["bias"] = float(others[parts.spectral :].sum())
    if parts.shared_links:
        found["shared_links"] = shared
    return found
