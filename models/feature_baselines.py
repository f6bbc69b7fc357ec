"""What an AE has to beat on held-out rows: column means, and a PCA of the same dimension."""

from collections.abc import Callable

import numpy as np
from scipy import sparse

from models.csr import CSR, Float32, Int64
from models.reconstruction import Errors, error_sums, errors_of
from models.rows import Bool, Features, blocks, column_means, dense_rows
from models.scoring import Float64

_CLIPS = 10.0 ** -np.arange(1, 6.25, 0.25)


def feature_baselines(features: Features, train: Int64, test: Int64, binary: Bool, dim: int) -> dict[str, Errors]:
    """Reconstruction errors on the test rows of what is fitted to the training rows.

    What they say of a binary column is clipped to (ε, 1 − ε), with the ε that is best for each on the very test rows: an
    advantage that the model does not have. A sparse table is decomposed as it is, a dense one after its means are taken off.

    Args:
        features: (N, F), NaN where a cell is missing.
        train: int64 (m,), rows to fit to.
        test: int64 (t,), rows to report on.
        binary: bool (F,).
        dim: dimensions of the PCA, if there are as many rows.

    Returns:
        Errors of "column_means" and, where there are more columns than `dim`, of "pca": with as many dimensions as columns it
        gives back every row as it is.
    """
    means = column_means(features, train, binary)
    reconstructions = {"column_means": lambda x: np.broadcast_to(means, x.shape)}
    if dim < len(means):
        centre = np.zeros_like(means) if isinstance(features, CSR) else means
        reconstructions["pca"] = _pca(features, train, centre, dim)
    return {name: _errors(reconstruct, features, test, binary) for name, reconstruct in reconstructions.items()}


def _pca(features: Features, train: Int64, centre: Float32, dim: int) -> Callable[[Float32], Float32]:
    """Project rows onto the leading `dim` directions of the training rows and back; missing cells lie on the centre."""
    from sklearn.utils.extmath import randomized_svd  # a second to import, for models of features alone

    if isinstance(features, CSR):
        taken = features.take(train)
        rows = sparse.csr_array((np.nan_to_num(taken.data), taken.indices, taken.indptr), taken.shape)
    else:
        rows = np.nan_to_num(features[train] - centre)
    _, _, directions = randomized_svd(rows, min(dim, *rows.shape), random_state=0)  # (D, F)
    return lambda x: centre + np.nan_to_num(x - centre) @ directions.T @ directions


def _errors(reconstruct: Callable[[Float32], Float32], features: Features, rows: Int64, binary: Bool) -> Errors:
    """With the ε of least cross-entropy."""
    sums = np.zeros((len(_CLIPS), 2))
    for block in blocks(rows, len(binary)):
        x = dense_rows(features, block)
        guess = reconstruct(x).astype(np.float64)
        sums += [_sums(guess, x, binary, clip) for clip in _CLIPS]
    return errors_of(sums.min(axis=0), len(rows), binary)


def _sums(guess: Float64, x: Float32, binary: Bool, clip: float) -> Float64:
    output = guess.copy()
    p = np.clip(guess[:, binary], clip, 1 - clip)
    output[:, binary] = np.log(p) - np.log1p(-p)
    return error_sums(output, x, binary)
