"""Check the parameters of a checkpoint against its counts and against each other."""

from collections.abc import Mapping

from latentlink.models.arrays import Array
from latentlink.models.checkpoint.manifest import Manifest
from latentlink.models.checkpoint.verify import require_numbers
from latentlink.models.errors import CheckpointError

_PROPAGATION = {
    "features.weight": "FD",
    "rows.weight": "ND",
    "logvar.weight": "DD",
    "logvar.bias": "D",
    "scale": "V",
}
_SHAPES: Mapping[str, str] = {
    **{f"{kind}.{name}": axes for kind in ("linear", "normalized") for name, axes in _PROPAGATION.items()},
    "gcn.hidden.weight": "IH",
    "gcn.mu.weight": "HD",
    "gcn.logvar.weight": "HD",
    "decoder.linear.weight": "DF",
    "decoder.hidden.weight": "DG",
    "decoder.hidden.bias": "G",
    "decoder.output.weight": "GF",
    "decoder.bias": "F",
    "decoder.binary": "F",
}
"""Axes: nodes N, features F, dimensions D, inputs I (features, or nodes without), lengths V ≤ D, hidden units H and G."""


def verify_weights(tensors: Mapping[str, Array], manifest: Manifest) -> None:
    """Check that all parameters are finite float32, and those with a known name of their shape.

    A missing one is no error here: an answer that needs it says so.

    Raises:
        CheckpointError: a parameter is not so.
    """
    counts = manifest.counts
    sizes = {"N": counts.nodes, "F": counts.features, "D": counts.dim, "I": counts.features or counts.nodes}
    for name, tensor in tensors.items():
        axes = _SHAPES.get(name)
        if axes is not None and len(axes) == tensor.ndim:  # what the counts don't give must be alike in all tensors
            sizes = {**dict(zip(axes, tensor.shape, strict=True)), **sizes}
        shape = tensor.shape if axes is None else tuple(sizes.get(axis) for axis in axes)
        require_numbers(f"weights.safetensors, {name}", tensor, shape)
    if not 1 <= sizes.get("V", 1) <= counts.dim:
        raise CheckpointError(f"weights.safetensors, scale: expected 1 to {counts.dim:,} lengths, found {sizes['V']:,}")
