"""Features from embeddings: the decoder of AE and VAE in numpy, completion of missing cells, samples and reconstruction errors.

The decoder is x̂ = z W + ReLU(z V + c) U + b: logits for binary columns, values for the others. It needs no torch, so that any
reader of a checkpoint can complete and sample features. A test compares it with the trained decoder.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from latentlink.models.arrays import Bool, Float32
from latentlink.models.facts.metrics import Metrics
from latentlink.models.graph.features import blocks
from latentlink.models.inference.scoring import sigmoid

Weights = Mapping[str, Float32]

KINDS = "decoder.binary"


def is_binary(weights: Weights) -> Bool:
    """Which columns the decoder returns logits for, bool (F,)."""
    return np.asarray(weights[KINDS] != 0)


def decode(weights: Weights, z: Float32) -> Float32:
    """The decoder's output for embeddings (m, D), float32 (m, F): logits of binary columns, values of the others."""
    hidden = np.maximum(z @ weights["decoder.hidden.weight"] + weights["decoder.hidden.bias"], 0)
    output = z @ weights["decoder.linear.weight"] + hidden @ weights["decoder.output.weight"] + weights["decoder.bias"]
    return np.asarray(output, np.float32)


def expected(weights: Weights, z: Float32) -> Float32:
    """Expected features of embeddings (m, D), float32 (m, F): probabilities of binary columns, values of the others."""
    return _expected(decode(weights, z), is_binary(weights))


def completed(weights: Weights, z: Float32, known: Float32) -> Float32:
    """`known`, float32 (m, F), with each NaN replaced by the expected feature of the embedding in z, (m, D)."""
    return np.where(np.isnan(known), expected(weights, z), known)


def samples(weights: Weights, n: int, rng: np.random.Generator) -> Iterator[Float32]:
    """Samples of n feature rows, in blocks float32 (m, F), from z ~ N(0, I) (Kingma & Welling 2013).

    Binary columns are drawn from their probabilities; the others are the means of the decoder, without noise.
    """
    dim, n_features = weights["decoder.linear.weight"].shape
    binary = is_binary(weights)
    for rows in blocks(np.arange(n), n_features):
        x = expected(weights, rng.standard_normal((len(rows), dim), np.float32))
        x[:, binary] = rng.random((len(rows), int(binary.sum())), np.float32) < x[:, binary]
        yield x


def reconstruction_texts(metrics: Metrics) -> Iterator[tuple[str, str]]:
    """Name and text of each reconstruction error of the test rows, the model's first; none for a model of links."""
    for name, errors in metrics.reconstruction.items():
        parts = {"cross-entropy": errors.bce, "squared error": errors.squared_error}
        shown = ", ".join(f"{part} {value:.4f}" for part, value in parts.items() if value is not None)
        yield {"model": "reconstruction", "pca": "PCA"}.get(name, name.replace("_", " ")), f"{shown} a row"


def _expected(output: Float32, binary: Bool) -> Float32:
    output[:, binary] = sigmoid(output[:, binary].astype(np.float64))
    return output
