"""Eigenvectors of large symmetric matrices: those of the largest eigenvalues, or of the largest by size, of either sign.

Subspace iteration with a Chebyshev filter (Zhou et al. 2006): a polynomial that is bounded by 1 on eigenvalues that are not
wanted and grows fast above. On sparse graphs many eigenvalues are close to 1 or equal; there a Lanczos method
(`scipy.sparse.linalg.eigsh`) takes several times as long and misses copies of equal ones.
"""

from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse

from latentlink.models.arrays import Float64, Int64
from latentlink.models.graph.csr import CSR

Product = Callable[[Float64], Float64]
"""A symmetric matrix (n, n) times columns (n, w)."""

_SPARE = 16  # vectors beside the wanted ones, with which these converge


Effort = Sequence[int]
"""The degree of the polynomial of each round of filtering."""

ROUGH: Effort = (12, 12, 12)  # residuals |Mu − λu| fall below 10⁻² on most graphs
FINE: Effort = (8, 24, 48, 48, 48)  # below 10⁻⁴, also of eigenvalues that are 10⁻³ apart, as in road and power networks


def search_work(n: int, entries: int, rank: int, effort: Effort) -> int:
    """About how many multiply-adds `leading_eigenvectors` takes of a matrix (n, n) with so many entries."""
    width = rank + _SPARE
    return width * (len(effort) * width * n + sum(effort) * entries)


def normalized_adjacency(
    adjacency: CSR, linked: Int64, loops: float = 1.0, shift: float = 0.0
) -> tuple[sparse.csr_array, Float64]:
    """M (A + loops I) M of some nodes, (m, m), and the diagonal of M = (D + shift + loops)^(-1/2), float64 (m,).

    Args:
        adjacency: symmetric (N, N), whose weights are not used.
        linked: int64 (m,), the nodes with links.
        loops: weight of self-loops; with 1, and a shift of 0, the matrix is the Â of graph convolutions.
        shift: added to each degree.
    """
    ones = np.ones(len(adjacency.indices))
    links = sparse.csr_array((ones, adjacency.indices, adjacency.indptr), adjacency.shape)[linked][:, linked]
    scale = 1 / np.sqrt(np.diff(adjacency.indptr)[linked] + loops + shift)
    scaled = sparse.diags_array(scale)
    return sparse.csr_array(scaled @ (links + loops * sparse.eye_array(len(linked))) @ scaled), scale


def search_bytes(n: int, rank: int) -> int:
    """About how many bytes `leading_eigenvectors` holds at once: eight times its columns, as the filter needs them."""
    return 8 * 8 * n * (rank + _SPARE)


def leading_eigenvectors(
    product: Product, n: int, rank: int, effort: Effort, *, by_size: bool = False
) -> tuple[Float64, Float64]:
    """The largest eigenvalues, or those of the largest size, (rank,), and their eigenvectors (n, rank).

    Equal arguments have equal results.

    Args:
        product: with the matrix, whose eigenvalues are in [−1, 1].
        n: rows of the matrix.
        rank: how many, at most n.
        effort: of the search.
        by_size: whether an eigenvalue below 0 counts by its size; then the square of the matrix is filtered.
    """
    start = np.random.default_rng(0).standard_normal((n, min(rank + _SPARE, n)))
    values, vectors = _ritz(product, start, by_size=by_size)
    if len(values) < n:
        below = 0.0
        for degree in effort:
            mapped = _mapped(product, below, by_size=by_size)
            filtered = _filtered(mapped, vectors, degree // 2 if by_size else degree)
            values, vectors = _ritz(product, filtered, by_size=by_size)
            below = float(abs(values[0]) if by_size else values[0])
    return values[-rank:], vectors[:, -rank:]


def _ritz(product: Product, columns: Float64, *, by_size: bool) -> tuple[Float64, Float64]:
    """The best eigenvalues, rising, and eigenvectors within the span of some columns (Rayleigh–Ritz)."""
    basis = np.linalg.qr(columns)[0]
    values, rotation = np.linalg.eigh(basis.T @ product(basis))
    order = np.argsort(np.abs(values), kind="stable") if by_size else slice(None)
    return values[order], basis @ rotation[:, order]


def _mapped(product: Product, below: float, *, by_size: bool) -> Product:
    """The matrix with [−1, below] mapped to [−1, 1], or its square with [0, below²] mapped so."""
    if by_size:
        half = max(below**2, 1e-4) / 2
        return lambda x: np.asarray(product(product(x)) / half - x)
    center, half = (below - 1) / 2, (below + 1) / 2
    return lambda x: np.asarray((product(x) - center * x) / half)


def _filtered(product: Product, x: Float64, degree: int) -> Float64:
    """The Chebyshev polynomial T of a matrix times x, by products with it: Tₖ₊₁ = 2 t Tₖ − Tₖ₋₁; columns have length 1."""
    last, now = x, product(x)
    for _ in range(degree - 1):
        last, now = now, 2 * product(now) - last
    # What is wanted has grown by orders of magnitude, each column by its own.
    return np.asarray(now / np.linalg.norm(now, axis=0))
