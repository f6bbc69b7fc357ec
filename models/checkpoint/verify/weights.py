"""Check the vectors and the parameters of a checkpoint against its counts and against each other."""

from collections.abc import Iterator, Mapping

import numpy as np

from latentlink.models.arrays import Array
from latentlink.models.checkpoint.manifest import Manifest
from latentlink.models.checkpoint.verify import require, require_numbers
from latentlink.models.errors import CheckpointError
from latentlink.models.facts.published import Parts
from latentlink.models.inference.intervals import WIDEST
from latentlink.models.inference.scoring import HEAVIEST

_PROPAGATION = {
    "features.weight": "FD",
    "rows.weight": "ND",
    "logvar.weight": "DD",
    "logvar.bias": "D",
    "scale": "V",
    "isolated_scale": "1",
}
_SHAPES: Mapping[str, str] = {
    **{f"{kind}.{name}": axes for kind in ("linear", "normalized") for name, axes in _PROPAGATION.items()},
    "gcn.hidden.weight": "IH",
    "gcn.mu.weight": "HD",
    "gcn.logvar.weight": "HD",
    "gcn.hidden.bias": "H",
    "gcn.mu.bias": "D",
    "gcn.logvar.bias": "D",
    "decoder.linear.weight": "DF",
    "decoder.hidden.weight": "DG",
    "decoder.hidden.bias": "G",
    "decoder.output.weight": "GF",
    "decoder.bias": "F",
    "decoder.binary": "F",
    "shared_links.weight": "3",
    "spectral.scale": "S",
    "spectral.shift": "1",
    "spectral.loops": "1",
    "bias.degree": "1",
    "bias.constant": "1",
    "relations.weight": "RD",
}
"""Axes: nodes N, relations R, features F, dense columns D, spectral columns S, inputs I (features, or nodes without), lengths
V ≤ D, hidden units H and G, and numbers."""


_OF_TARGETS = {"mu": "target", "logvar": "target_logvar"}


def verify_embeddings(tensors: Mapping[str, Array], manifest: Manifest) -> None:
    """Check that all tensors are finite float32: `mu` (N, D), `map` (N, 2), and the row scales `stretches` (N, V).

    A variational model must have `logvar` (N, D₁) of its D₁ dense columns, unless it has none; one with parts has
    `column_weights` (D,). A directed one has `target` beside `mu`, and `target_logvar` beside `logvar`; no other has them. One
    with relations has `mu` alone.

    Raises:
        CheckpointError: a tensor is not so.
        KeyError: a tensor is missing.
    """
    n, dim, dense = manifest.counts.nodes, manifest.counts.dim, manifest.dense
    shapes: dict[str, tuple[int | None, ...]] = {"mu": (n, dim)}
    if (dense and manifest.model in ("vae", "vgae")) or "logvar" in tensors:
        shapes["logvar"] = (n, dense)
    shapes |= {_OF_TARGETS[name]: shape for name, shape in shapes.items() if manifest.targets}
    if manifest.relations and "logvar" in tensors:
        raise CheckpointError("embeddings.safetensors: expected no logvar in a model with relations, found it")
    for name, beside in _OF_TARGETS.items():
        if beside in tensors and beside not in shapes:
            raise CheckpointError(
                f"embeddings.safetensors: expected {beside} only beside {name} in a directed model without relations, found it"
            )
    if manifest.parts is not None:
        shapes["column_weights"] = (dim,)
    if "map" in tensors:
        shapes["map"] = (n, 2)
    if "stretches" in tensors:
        shapes["stretches"] = (n, None)
    for name, shape in shapes.items():
        require_numbers(f"embeddings.safetensors, {name}", tensors[name], shape)
    if "column_weights" in shapes:
        _require_light("embeddings.safetensors, column_weights", tensors["column_weights"])
    for name in ("logvar", "target_logvar"):
        if name in shapes:
            widest = float(tensors[name].max(initial=-np.inf))
            require(f"embeddings.safetensors, {name}", widest < WIDEST, f"numbers below {WIDEST:g}", f"{widest:g}")


def verify_weights(tensors: Mapping[str, Array], manifest: Manifest) -> None:
    """Check that all parameters are finite float32, and those with a known name of their shape.

    A missing one is no error here: an answer that needs it says so.

    Raises:
        CheckpointError: a parameter is not so.
        KeyError: one of the parts of a logit, or the weights of relations, are missing.
    """
    counts = manifest.counts
    roles = 2 if manifest.targets else 1  # an encoder of directed links maps the features of each role
    nodes, features = roles * counts.nodes, roles * counts.features
    sizes = {"N": nodes, "F": features, "D": manifest.dense, "I": features or nodes}
    sizes |= {"S": 0 if manifest.parts is None else manifest.parts.spectral, "1": 1, "3": 3}
    sizes["R"] = len(manifest.relations)
    for name, tensor in tensors.items():
        axes = _SHAPES.get(name)
        if axes is not None and len(axes) == tensor.ndim:  # what the counts don't give must be alike in all tensors
            sizes = {**dict(zip(axes, tensor.shape, strict=True)), **sizes}
        shape = tensor.shape if axes is None else tuple(sizes.get(axis) for axis in axes)
        require_numbers(f"weights.safetensors, {name}", tensor, shape)
    if "V" in sizes and not 1 <= sizes["V"] <= manifest.dense:
        raise CheckpointError(
            f"weights.safetensors, scale: expected 1 to {manifest.dense:,} lengths, found {sizes['V']:,}"
        )
    for name in parameters_of(manifest.parts):
        _verify_part(name, tensors[name])
    if manifest.relations:
        _require_light("weights.safetensors, relations.weight", tensors["relations.weight"])


def parameters_of(parts: Parts | None) -> Iterator[str]:
    """The names of the parameters that the parts of a logit have beside those of the encoder."""
    if parts is not None:
        yield from ["shared_links.weight"] if parts.shared_links else []
        yield from ["spectral.scale", "spectral.shift", "spectral.loops"] if parts.spectral else []
        yield from ["bias.degree", "bias.constant"] if parts.bias else []


def _require_light(what: str, weights: Array) -> None:
    """Raise CheckpointError unless weights of columns are below `HEAVIEST`."""
    largest = float(np.abs(weights).max(initial=0))
    require(what, largest < HEAVIEST, f"numbers below {HEAVIEST:,}", f"{largest:g}")


def _verify_part(name: str, tensor: Array) -> None:
    what = f"weights.safetensors, {name}"
    if name in ("shared_links.weight", "spectral.shift"):
        require(what, bool((tensor >= 0).all()), "numbers that are not negative", f"{tensor.min():g}")
    if name == "spectral.loops":
        require(what, bool(np.isin(tensor, (0, 1)).all()), "0 or 1", f"{tensor[0]:g}")
