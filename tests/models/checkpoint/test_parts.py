"""Checkpoints whose logits are sums of parts: format version 2."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlink.models.arrays import Array, Float32
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.errors import CheckpointError
from tests.models.checkpoint.helpers import MU, document, files, forge, publish_small
from tests.models.checkpoint.wrong_tensors import floats
from tests.parts import SPECTRAL, WEIGHTS, publish_parts

Z = np.concatenate([MU, np.ones((7, SPECTRAL + 2), np.float32)], axis=1)
COLUMNS = floats(1, -1, 0.5, -2, 1, 1, -1)
PARTS = {"dense": 2, "spectral": SPECTRAL, "bias": 2, "shared_links": True}
COUNTS = {"nodes": 7, "edges": 3, "features": 0, "dim": 7}


def _forge(
    home: Path,
    embeddings: Mapping[str, Array] | None = None,
    weights: Mapping[str, Array] | None = None,
    **changes: Any,
) -> Path:
    """A checkpoint with parts, some tensors and facts of it changed; a tensor without numbers is left out."""
    tensors = {"mu": Z, "column_weights": COLUMNS, **(embeddings or {})}
    own = files()["weights.safetensors"]
    assert not isinstance(own, str)
    parameters = {**own, **WEIGHTS, **(weights or {})}
    kept = [{name: tensor for name, tensor in part.items() if tensor.size} for part in (tensors, parameters)]
    changed = dict(zip(("embeddings.safetensors", "weights.safetensors"), kept, strict=True))
    return forge(home, changed, **{"parts": PARTS, "counts": COUNTS, **changes})


def _logit(z: Float32, weights: Float32, neighbors: list[set[int]], pair: tuple[int, int]) -> float:
    """By the definition, in pure Python."""
    i, j = pair
    products = sum(s * a * b for s, a, b in zip(weights.tolist(), z[i].tolist(), z[j].tolist(), strict=True))
    a, b, c = WEIGHTS["shared_links.weight"].tolist()
    degrees = [len(neighbors[u]) for u in neighbors[i] & neighbors[j]]
    return float(products + sum(a + b / np.log(k) + c / k for k in degrees))


def test_the_decoder_of_a_checkpoint_has_all_parts(tmp_path: Path) -> None:
    """Column weights, and shared links over the known graph: 0 and 2 share node 1."""
    checkpoint = open_checkpoint(_forge(tmp_path))
    neighbors = [set(checkpoint.graph.neighbors(row).tolist()) for row in range(7)]
    for pair in ((0, 2), (3, 4), (0, 1)):
        found = checkpoint.decoder.pairs(*np.array([pair]).T)
        assert found == pytest.approx(_logit(Z, COLUMNS, neighbors, pair))
    assert np.array_equal(checkpoint.dense, MU)


@pytest.mark.parametrize("parts", [{}, {"parts": None}])
def test_the_format_version_is_the_lowest_that_holds_the_parts(tmp_path: Path, parts: dict[str, Any]) -> None:
    """Without parts it is 1, which older readers open, and with them 2."""
    one = open_checkpoint(publish_small(tmp_path / "a"))
    two = publish_parts(tmp_path / "b", one, "parts")
    assert (one.manifest.format_version, two.manifest.format_version) == (1, 2)
    assert (one.column_weights, one.decoder.column_weights, one.decoder.shared) == (None, None, None)
    assert open_checkpoint(forge(tmp_path / "c", {}, **parts)).manifest.dense == 2


@pytest.mark.parametrize(
    ("embeddings", "weights", "changes", "message"),
    [
        ({"column_weights": COLUMNS[:6]}, {}, {}, r"column_weights: expected float32 \(7,\)"),
        ({"column_weights": COLUMNS[:0]}, {}, {}, "expected a tensor named 'column_weights'"),
        ({"column_weights": 20_000 * COLUMNS}, {}, {}, "column_weights: expected numbers below 10,000"),
        ({"logvar": Z}, {}, {}, r"logvar: expected float32 \(7, 2\)"),
        ({}, {}, {"model": "vgae"}, "expected a tensor named 'logvar'"),
        *(({}, {name: WEIGHTS[name][:0]}, {}, f"expected a tensor named '{name}'") for name in WEIGHTS),
        *(
            ({}, {name: np.append(value, value)}, {}, rf"{name}: expected float32 \({len(value)},\)")
            for name, value in WEIGHTS.items()
        ),
        *(({}, {name: value + np.inf}, {}, f"{name}: expected finite") for name, value in WEIGHTS.items()),
        ({}, {"shared_links.weight": floats(1, -1, 1)}, {}, "shared_links.weight: expected numbers that are not neg"),
        ({}, {"spectral.shift": floats(-1)}, {}, "spectral.shift: expected numbers that are not neg"),
        ({}, {"spectral.loops": floats(0.5)}, {}, "spectral.loops: expected 0 or 1"),
        ({}, {}, {"parts": {**PARTS, "dense": 3}}, "expected parts of counts.dim = 7"),
        ({}, {}, {"parts": {**PARTS, "bias": 1}}, "parts.bias"),
        ({}, {}, {"parts": {**PARTS, "spectral": -3}}, "parts.spectral"),
        ({}, {}, {"parts": {**PARTS, "dense": 0, "spectral": 5}}, r"gcn.mu.weight: expected float32 \(2, 0\)"),
        ({}, {}, {"parts": None, "format_version": 2}, "expected format_version 2 with parts"),
        ({}, {}, {"format_version": 1}, "expected format_version 2 with parts"),
    ],
)
def test_wrong_parts_are_refused(
    tmp_path: Path, embeddings: dict[str, Array], weights: dict[str, Array], changes: dict[str, Any], message: str
) -> None:
    """Columns, their weights and parameters that do not fit each other, with right digests."""
    with pytest.raises(CheckpointError, match=message):
        open_checkpoint(_forge(tmp_path, embeddings, weights, **changes))


def test_a_variational_model_may_have_no_dense_columns(tmp_path: Path) -> None:
    """Then there is no posterior."""
    parts, counts = {**PARTS, "dense": 0}, {**COUNTS, "dim": 5}
    changed = {"mu": Z[:, 2:], "column_weights": COLUMNS[2:]}
    path = _forge(tmp_path, changed, {"gcn.mu.weight": np.empty(0)}, parts=parts, counts=counts, model="vgae")
    checkpoint = open_checkpoint(path)
    assert (checkpoint.logvar, checkpoint.dense.shape) == (None, (7, 0))
    assert "parts" not in document()
