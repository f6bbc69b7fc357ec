"""A checkpoint whose logits are sums of parts, made of another one without training."""

from pathlib import Path

import numpy as np

from latentlink.models.arrays import Array
from latentlink.models.checkpoint import Checkpoint, open_checkpoint, publish
from latentlink.models.checkpoint.tensors import map_tensors
from latentlink.models.facts.published import Counts, ModelFacts, Parts

DENSE_WEIGHT = 2.0
SPECTRAL = 3
WEIGHTS = {
    "shared_links.weight": np.array([0.25, 0.5, 1.5], np.float32),
    "spectral.scale": np.array([1.25, -2.0, 0.5], np.float32),
    "spectral.shift": np.array([2.0], np.float32),
    "spectral.loops": np.array([1.0], np.float32),
    "bias.degree": np.array([0.3], np.float32),
    "bias.constant": np.array([-0.75], np.float32),
}


def bias_columns(degrees: Array) -> Array:
    """(b + 1) / √2 and (b − 1) / √2 of b = g log(1 + d) + c, float32 (m, 2)."""
    bias = 0.3 * np.log1p(degrees) - 0.75
    return np.asarray(np.stack([bias + 1, bias - 1], axis=1) / np.sqrt(2), np.float32)


def publish_parts(
    store: Path, checkpoint: Checkpoint, name: str, *, dense: bool = True, shared_links: bool = True
) -> Checkpoint:
    """A model with all parts: the dense columns are the checkpoint's, or none, the others are random."""
    random, n = np.random.default_rng(11), len(checkpoint.mu)
    files: dict[str, dict[str, Array]] = {
        file: dict(map_tensors(checkpoint.path / file)) for file in checkpoint.manifest.files if "safetensors" in file
    }
    files.pop("index.safetensors", None)
    embeddings, weights = files["embeddings.safetensors"], files["weights.safetensors"]
    own = checkpoint.mu if dense else checkpoint.mu[:, :0]
    spectral = random.normal(0, 0.5, (n, SPECTRAL)).astype(np.float32)
    embeddings["mu"] = np.concatenate([own, spectral, bias_columns(np.diff(checkpoint.graph.indptr))], axis=1)
    weighted = np.append(np.full(own.shape[1], DENSE_WEIGHT), random.choice([-1.5, 0.5, 1], SPECTRAL))
    embeddings["column_weights"] = np.append(weighted, [1, -1]).astype(np.float32)
    if not dense:
        for tensors, absent in ((embeddings, ("logvar", "stretches")), (weights, tuple(weights))):
            for tensor in absent:
                tensors.pop(tensor, None)
    weights |= {key: value for key, value in WEIGHTS.items() if shared_links or not key.startswith("shared")}
    parts = Parts(dense=own.shape[1], spectral=SPECTRAL, bias=2, shared_links=shared_links)
    counts = Counts(**{**checkpoint.manifest.counts.document(), "dim": embeddings["mu"].shape[1]})
    facts = {field: getattr(checkpoint.manifest, field) for field in ModelFacts.model_fields}
    texts = {file: (checkpoint.path / file).read_text() for file in checkpoint.manifest.files if file not in files}
    texts = {file: text for file, text in texts.items() if file.endswith(".json")}
    facts |= {"parts": parts, "counts": counts, "index": None}
    return open_checkpoint(publish(store, name, ModelFacts(**facts), {**files, **texts}))
