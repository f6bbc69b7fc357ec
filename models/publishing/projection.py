"""The map of a model: its embeddings projected to two dimensions by PCA."""

import numpy as np

from latentlink.models.arrays import Float32

_BLOCK = 65_536  # rows at a time, so that no float64 copy of the whole table is made


def principal_map(mu: Float32) -> Float32:
    """Project `mu`, float32 (N, D), onto its two principal components: float32 (N, 2).

    The largest coefficient of each component is positive, so that equal embeddings have equal maps. For D = 1 the second
    column is 0.
    """
    n, dim = mu.shape
    blocks = [slice(start, start + _BLOCK) for start in range(0, n, _BLOCK)]
    mean = mu.mean(axis=0, dtype=np.float64)
    scatter = np.zeros((dim, dim))
    for block in blocks:
        centred = mu[block] - mean
        scatter += centred.T @ centred
    axes = np.zeros((dim, 2))
    _, vectors = np.linalg.eigh(scatter)  # variances rise
    for i in range(min(2, dim)):
        vector = vectors[:, -1 - i]
        axes[:, i] = vector * np.sign(vector[np.abs(vector).argmax()])
    return np.concatenate([(mu[block] - mean) @ axes for block in blocks]).astype(np.float32)
