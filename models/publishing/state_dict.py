"""Publish the weights of a GAE or VGAE that was trained with PyTorch Geometric: two GCNConv layers, as in its example."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch

from latentlink.models.arrays import Float32, Int64
from latentlink.models.errors import DataError, python_names
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.publishing.vectors import publish_embedded
from latentlink.models.recipes import BIASED
from latentlink.models.training.adjacency import Propagation
from latentlink.models.training.given_split import GivenSplit, given_split
from latentlink.models.training.inputs import Inputs
from latentlink.models.training.options import valid_config
from latentlink.models.wording import listed

_LAYERS = {"conv1": "hidden", "conv_mu": "mu", "conv2": "mu", "conv_logstd": "logvar"}
_FORM = "conv1, conv_mu (or conv2) and for a VGAE conv_logstd, each with lin.weight and bias"


@python_names()
def publish_state_dict(
    name: str,
    graph: Graph,
    state: Mapping[str, Any],
    *,
    split: GivenSplit | None = None,
    parts: str = "auto",
    store: str | PathLike[str] = "checkpoints",
    seed: int = 0,
    activate: bool = True,
) -> Path:
    """Publish the weights of PyTorch Geometric's GAE or VGAE as a new version of the model `name`; its directory.

    The service runs this encoder: it embeds new nodes and explains links.

    Args:
        name: of the model.
        graph: N nodes, links without direction and the features that the encoder takes; without features these are the identity.
        state: `model.state_dict()` with the layers of its example: conv1, then conv_mu (or conv2) and, of a VGAE, conv_logstd.
        split: as of `publish_vectors`; vectors are then those of its training links.
        parts: as `--parts` of a training.
        store: the directory of all checkpoints.
        seed: of samples.
        activate: whether the version is served.

    Raises:
        DataError: the weights are others, or don't fit the graph; or as `publish_vectors`.
        CheckpointError: the store can't be written to.
    """
    weights = gcn_weights(state, graph.n_features or graph.n_nodes)
    model, dim = "vgae" if "gcn.logvar.weight" in weights else "gae", weights["gcn.mu.weight"].shape[1]
    config = valid_config(
        {"encoder": BIASED, "model": model, "dim": dim, "hops": 2, "parts": parts, "seed": seed, "refit": False}
    )
    store = Path(store)
    found = given_split(store, split, graph)
    path, _ = publish_embedded(
        store, name, graph, lambda edges: embed(graph, weights, edges), config, found, activate=activate
    )
    return path


def gcn_weights(state: Mapping[str, Any], n_inputs: int) -> dict[str, Float32]:
    """A state of PyTorch Geometric under the names of a checkpoint; log σ² is 2 log σ.

    Args:
        state: tensors by their names, with `encoder.` before them or without.
        n_inputs: F, or N without features.

    Raises:
        DataError: it has other layers, or sizes that don't fit.
    """
    weights: dict[str, Float32] = {}
    for name, tensor in state.items():
        layer, _, kind = name.removeprefix("encoder.").partition(".")
        if layer not in _LAYERS or kind not in ("lin.weight", "bias"):
            raise DataError(
                f"state_dict: expected {_FORM}, found {name!r}; publish the vectors of another encoder instead"
            )
        array = _array(name, tensor, 1 if kind == "bias" else 2)
        place = _LAYERS[layer]
        public = f"gcn.{place}.{kind.removeprefix('lin.')}"
        if public in weights:
            raise DataError(f"state_dict: expected conv_mu or conv2, found both, up to {name!r}; leave one out")
        weights[public] = np.ascontiguousarray(array.T * (1 + (place == "logvar")))
    hidden, mu = weights.get("gcn.hidden.weight"), weights.get("gcn.mu.weight")
    if hidden is None or mu is None:
        raise DataError(f"state_dict: expected {_FORM}, found {listed(map(repr, state), 6) or 'nothing'}")
    if hidden.shape != (n_inputs, len(mu)):
        raise DataError(
            f"state_dict: expected conv1 of {n_inputs:,} inputs, the features of the graph or without any its nodes, and as many "
            f"outputs as conv_mu has inputs, {len(mu):,}, found {hidden.shape[0]:,} and {hidden.shape[1]:,}"
        )
    expected = {"hidden": hidden.shape, "mu": mu.shape, "logvar": mu.shape}
    for public, array in weights.items():
        _, place, kind = public.split(".")
        if array.shape != expected[place][2 - array.ndim :] or f"gcn.{place}.weight" not in weights:
            raise DataError(
                f"state_dict: expected layers that fit each other, found a {kind} {array.shape[::-1]} of {place}; {_FORM}"
            )
    return weights


def _array(name: str, tensor: Any, ndim: int) -> Float32:
    """A tensor as float32, of so many axes."""
    array = tensor.detach().cpu().float().numpy() if isinstance(tensor, torch.Tensor) else None
    if array is None or array.ndim != ndim or not np.isfinite(array).all():
        found = type(tensor).__name__ if array is None else f"shape {array.shape}, or numbers that are not finite"
        raise DataError(f"state_dict: expected a tensor of finite numbers with {ndim} axes in {name!r}, found {found}")
    return np.asarray(array, np.float32)


def embed(graph: Graph, weights: Mapping[str, Float32], edges: Int64) -> Embeddings:
    """Â ReLU(Â X W + b) Wₖ + bₖ of all nodes, by some edges, int64 (e,), indices into the graph's."""
    known = None if graph.weights is None else graph.weights[edges]
    propagation = Propagation(graph.n_nodes, graph.edges[edges], known).whole
    tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
    x, hidden = Inputs(graph.features).whole, tensors["gcn.hidden.weight"]
    entered = propagation @ (hidden if x is None else x @ hidden)
    between = propagation @ torch.relu(entered + tensors.get("gcn.hidden.bias", torch.zeros(1)))
    heads = [
        (between @ tensors[f"gcn.{name}.weight"] + tensors.get(f"gcn.{name}.bias", torch.zeros(1))).numpy()
        for name in ("mu", "logvar")
        if f"gcn.{name}.weight" in tensors
    ]
    return Embeddings(heads[0], heads[1] if len(heads) > 1 else None, dict(weights), graph.edges[edges], known)
