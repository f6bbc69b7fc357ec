"""All embeddings in two dimensions, for a picture: near ones near each other (UMAP, McInnes et al. 2018), by the extra `umap`."""

import warnings
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from models.csr import Float32
from models.errors import DataError
from models.principal_map import principal_map

_NEIGHBORS = 15  # the library's own default


def umap_map(mu: Float32, seed: int) -> Float32:
    """float32 (N, 2), N ≥ 3: rows of `mu`, float32 (N, D), of small angles between them lie close to each other.

    Angles, since links are inner products. It begins with the principal components, not with random places, so that what is far
    apart stays so (Kobak & Linderman 2021). One thread and one seed: equal embeddings have equal maps on one machine.

    Raises:
        DataError: the extra `umap` isn't installed.
    """
    random = np.random.RandomState(np.random.MT19937(seed))  # the library takes no Generator, and no int of 63 bits
    layout = require_umap()(
        n_neighbors=min(_NEIGHBORS, len(mu) - 1),
        metric="cosine",
        disconnection_distance=np.inf,  # else vectors that point away from all others have no place
        init=_start(mu, random),
        random_state=random,
        n_jobs=1,
    )
    with threadpool_limits(1):
        points: Float32 = layout.fit_transform(mu).astype(np.float32, copy=False)
    return points


def require_umap() -> Any:
    """The class `umap.UMAP`; its import takes seconds.

    Raises:
        DataError: the extra `umap` isn't installed, or doesn't fit what else is.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)  # for a class that nobody asks for
        try:
            from umap import UMAP
        except ImportError as error:
            raise DataError(
                f"--map umap: expected the package umap-learn, found: {error}; "
                "install the extra `umap`: pip install '.[umap]', or take --map pca"
            ) from None
    return UMAP


def _start(mu: Float32, random: np.random.RandomState) -> Float32:
    """The principal components, a little apart: equal points would move as one, and an axis of zeros can't be scaled."""
    points = principal_map(mu)
    return points + random.normal(0, 1e-4 * (np.abs(points).max() or 1), points.shape).astype(np.float32)
