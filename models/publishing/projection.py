"""All embeddings in two dimensions, for a picture: the plane in which they spread most (PCA)."""

import numpy as np

from latentlink.models.arrays import Float32

_BLOCK = 65_536  # rows at a time, so that no float64 copy of the whole table is made


def principal_map(mu: Float32) -> Float32:
    """float32 (N, 2): the rows of `mu`, float32 (N, D), along the two directions of largest variance.

    The sign of each direction is that of its largest coefficient, so that equal embeddings have equal maps. Where D = 1 the
    second number is 0.
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
