"""The map that keeps near ones near; what needs the library itself is skipped without it."""

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.csr import Float32
from models.errors import DataError
from models.principal_map import principal_map
from models.umap_map import require_umap, umap_map


class Asked:
    """Stands in for `umap.UMAP`: keeps what it was asked for, and leaves the points where they begin."""

    options: dict[str, Any]

    def __init__(self, **options: Any) -> None:
        type(self).options = options

    def fit_transform(self, _mu: Float32) -> Any:
        """The first places, in another dtype."""
        return self.options["init"].astype(np.float64)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> type[Asked]:
    """The stand-in, in the place of the library."""
    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Asked))
    return Asked


@pytest.fixture
def real() -> None:
    """The library, or the test is skipped."""
    # Not "umap", whose import warns of what `require_umap` knows to be harmless.
    pytest.importorskip("numba", reason="the extra umap is not installed")
    require_umap()


def _groups(n: int = 60, dim: int = 8) -> Float32:
    """Three groups of n directions, of lengths between 1 and 100."""
    random = np.random.default_rng(0)
    rays = np.repeat(np.eye(3, dim) * 5, n, axis=0) + random.normal(0, 0.5, (3 * n, dim))
    return (rays * random.uniform(0.2, 20, (3 * n, 1))).astype(np.float32)


def test_it_asks_for_angles_one_thread_and_a_seed(asked: type[Asked]) -> None:
    """What makes it fit an inner product, and the same bytes from the same seed, however large the seed is."""
    points = umap_map(_groups(), 2**63 - 1)
    assert points.dtype == np.float32
    assert points.shape == (180, 2)
    assert (asked.options["metric"], asked.options["n_jobs"], asked.options["n_neighbors"]) == ("cosine", 1, 15)
    drawn = asked.options["random_state"].random(3)
    umap_map(_groups(), 2**63 - 1)
    assert (asked.options["random_state"].random(3) == drawn).all()
    umap_map(_groups(), 0)
    assert (asked.options["random_state"].random(3) != drawn).all()


@pytest.mark.usefixtures("asked")
def test_it_begins_with_the_principal_components() -> None:
    """Each point within a thousandth of the picture's size, and no two on one place."""
    mu = np.repeat(_groups(), 2, axis=0)
    points, expected = umap_map(mu, 0), principal_map(mu)
    np.testing.assert_allclose(points, expected, atol=1e-3 * np.abs(expected).max())
    assert len(np.unique(points, axis=0)) == len(mu)


def test_it_asks_for_no_more_neighbours_than_there_are(asked: type[Asked]) -> None:
    """Of five nodes each has four."""
    umap_map(_groups()[:5], 0)
    assert asked.options["n_neighbors"] == 4


@pytest.mark.parametrize("found", [None, SimpleNamespace()], ids=["missing", "broken"])
def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, found: object) -> None:
    """An import that fails names the extra, and what is there without it."""
    monkeypatch.setitem(sys.modules, "umap", found)
    with pytest.raises(DataError, match=r"^--map umap: expected .* pip install '\.\[umap\]', or take --map pca$"):
        require_umap()


@pytest.mark.usefixtures("real")
def test_neighbours_by_angle_are_neighbours_on_the_map() -> None:
    """Of three groups of directions each point has its nearest in its own, though their lengths are mixed."""
    points = umap_map(_groups(), 0)
    distances = np.linalg.norm(points[:, None] - points, axis=2) + np.diag(np.full(180, np.inf))
    assert (distances.argmin(axis=1) // 60 == np.arange(180) // 60).all()


@pytest.mark.usefixtures("real")
@pytest.mark.parametrize("n", [60, 1500], ids=["exact neighbours", "approximate neighbours"])
def test_a_seed_gives_the_same_bytes(n: int) -> None:
    """Twice the same, and another map from another seed; from 4,096 nodes on neighbours are searched at random."""
    mu = _groups(n)
    first = umap_map(mu, 1).tobytes()
    assert umap_map(mu, 1).tobytes() == first
    assert umap_map(mu, 2).tobytes() != first


@pytest.mark.usefixtures("real")
@pytest.mark.parametrize("case", ["few", "one number", "equal", "zeros", "opposite"])
def test_every_node_has_a_place(case: str) -> None:
    """Finite float32 (N, 2) for tables that are hard to draw."""
    tables = {
        "few": _groups()[:5],
        "one number": np.arange(-20, 20, dtype=np.float32).reshape(-1, 1),
        "equal": np.ones((40, 4), np.float32),
        "zeros": np.concatenate([_groups(), np.zeros((20, 8), np.float32)]),
        "opposite": np.concatenate([np.repeat(np.eye(1, 8), 40, axis=0), -np.eye(1, 8)]).astype(np.float32),
    }
    points = umap_map(tables[case], 0)
    assert points.dtype == np.float32
    assert points.shape == (len(tables[case]), 2)
    assert np.isfinite(points).all()
