"""Reconstruction errors on held-out rows, of the model and of two baselines: column means and PCA of equal dimension."""

from collections.abc import Callable

import numpy as np
from scipy import sparse

from latentlink.models.arrays import Bool, Float32, Float64, Int64
from latentlink.models.facts.metrics import ReconstructionErrors
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import Features, blocks, column_means, dense_rows
from latentlink.models.inference.decoder import Weights, decode, is_binary
from latentlink.models.inference.scoring import sigmoid

_CLIPS = 10.0 ** -np.arange(1, 6.25, 0.25)


def feature_baselines(
    features: Features, train: Int64, test: Int64, binary: Bool, dim: int
) -> dict[str, ReconstructionErrors]:
    """Reconstruction errors of the baselines on the test rows, fitted to the training rows.

    Probabilities of binary columns are clipped to (ε, 1 − ε), with the ε that is best for each baseline on the test rows: an
    advantage that the model does not have. Dense tables are centred before the PCA, sparse ones are not.

    Args:
        features: (N, F), NaN where a cell is missing.
        train: int64 (m,), rows to fit to.
        test: int64 (t,), rows to report on.
        binary: bool (F,).
        dim: dimensions of the PCA, at most the number of rows.

    Returns:
        Errors of "column_means" and, where there are more columns than `dim`, of "pca", which with as many dimensions as columns
        would reproduce every row.
    """
    means = column_means(features, train, binary)
    reconstructions = {"column_means": lambda x: np.broadcast_to(means, x.shape)}
    if dim < len(means):
        centre = np.zeros_like(means) if isinstance(features, CSR) else means
        reconstructions["pca"] = _pca(features, train, centre, dim)
    return {name: _errors(reconstruct, features, test, binary) for name, reconstruct in reconstructions.items()}


def _pca(features: Features, train: Int64, centre: Float32, dim: int) -> Callable[[Float32], Float32]:
    """Project rows onto the leading `dim` directions of the training rows and back; missing cells take the centre's value."""
    from sklearn.utils.extmath import randomized_svd  # takes a second to import; only models of features need it

    if isinstance(features, CSR):
        taken = features.take(train)
        rows = sparse.csr_array((np.nan_to_num(taken.data), taken.indices, taken.indptr), taken.shape)
    else:
        rows = np.nan_to_num(features[train] - centre)
    _, _, directions = randomized_svd(rows, min(dim, *rows.shape), random_state=0)  # (D, F)
    return lambda x: centre + np.nan_to_num(x - centre) @ directions.T @ directions


def _errors(
    reconstruct: Callable[[Float32], Float32], features: Features, rows: Int64, binary: Bool
) -> ReconstructionErrors:
    """Reconstruction errors with the ε of least cross-entropy."""
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


def reconstruction_errors(weights: Weights, mu: Float32, features: Features, rows: Int64) -> ReconstructionErrors:
    """Errors of some rows, decoded from their mu.

    Args:
        weights: parameters of the decoder.
        mu: float32 (N, D).
        features: (N, F), NaN where a cell is missing.
        rows: int64 (m,).
    """
    binary = is_binary(weights)
    sums = np.zeros(2)
    for block in blocks(rows, len(binary)):
        sums += error_sums(decode(weights, mu[block]), dense_rows(features, block), binary)
    return errors_of(sums, len(rows), binary)


def error_sums(output: Float32 | Float64, x: Float32, binary: Bool) -> Float64:
    """Cross-entropy of binary columns and squared error of the others, summed over all known cells: float64 (2,).

    −x log σ(s) − (1 − x) log(1 − σ(s)) = softplus(s) − x s. The training rows decide which columns are binary. A held-out cell of
    a binary column may be another number, where cross-entropy is unbounded: its squared error counts instead.
    """
    s, target = output[:, binary].astype(np.float64), x[:, binary]
    binary_cells = np.isin(target, (0, 1))
    bce = np.where(binary_cells, np.logaddexp(0, s) - target * s, 0)
    odd = ~binary_cells & ~np.isnan(target)
    squared = np.square(output[:, ~binary].astype(np.float64) - x[:, ~binary])
    return np.array([bce.sum(), np.nansum(squared) + np.square(sigmoid(s[odd]) - target[odd]).sum()])


def errors_of(sums: Float64, n_rows: int, binary: Bool) -> ReconstructionErrors:
    """Means over rows of the sums that `error_sums` returns."""
    bce, squared = (sums / n_rows).tolist()
    return ReconstructionErrors(
        bce=bce if binary.any() else None, squared_error=squared if squared or not binary.all() else None
    )
